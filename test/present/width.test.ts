import { describe, expect, it } from 'vitest';
import { cut, fitTo, printable, widthOf } from '../../src/present/width.ts';
import fc from '../helpers/fast-check.ts';

describe('fitTo', () => {
  it('fills with spaces and cuts with an ellipsis', () => {
    expect(fitTo('abc', 5)).toBe('abc  ');
    expect(fitTo('abcdef', 5)).toBe('abcd…');
    expect(fitTo('日本語', 5)).toBe('日本…');
    expect(fitTo('日本語', 4)).toBe('日… ');
  });

  it('takes exactly the width, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        expect(widthOf(fitTo(printable(text).replaceAll('\n', ' '), width))).toBe(width);
      }),
    );
  });
});

describe('cut', () => {
  it('leaves what fits alone', () => {
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('abc', 0)).toBe('');
  });
});

describe('printable', () => {
  it('drops escape sequences and control characters, keeps newlines', () => {
    expect(printable('\u001b]0;title\u0007a\u001b[31mb\u001b[0m\r\nc\u0000\u009bd')).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/,
    );
    expect(printable('a\nb\tc')).toBe('a\nb  c');
  });
});
