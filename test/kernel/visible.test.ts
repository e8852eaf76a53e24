import { describe, expect, it } from 'vitest';
import { isVisible, markdownLine, visible, visibleJson, visibleLine } from '../../src/kernel/visible.ts';
import { onlyStyled } from '../../src/present/width.ts';
import fc from '../helpers/fast-check.ts';

/** What no text may hold that is shown. */
const unseen =
  /[\p{Cs}\p{Zl}\p{Zp}\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u;

describe('text from elsewhere', () => {
  it.each([
    ['\u001b]52;c;eA==\u0007', '␛]52;c;eA==␇'],
    ['\u009b2J\u0085', '\\x9b2J\\x85'],
    ['\u001b[31mred\u001b[0m\u001b[\u001b[0m2J', 'red␛[2J'],
    ['a\u202eb\u2066c\u200bd\ufeff\u00ad', 'a\\u202eb\\u2066c\\u200bd\\ufeff\\xad'],
    ['a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['\ud800x\udc00', '\\ud800x\\udc00'],
    ['\u{e0041}\u3164', '\\u{e0041}\\u3164'],
    ['one\r\ntwo\tthree\rfour', 'one\ntwo\tthree␍four'],
  ])('%j is shown as what it is', (text, shown) => {
    expect([visible(text), isVisible(text)]).toEqual([shown, false]);
  });

  it.each(['a\n\tb', 'héllo a\u0301', '日本語', '✔️ 👨‍👩‍👧 👩🏽‍💻', 'می‌خواهم', 'क्‍ष', '␛'])(
    '%j stays as it is',
    (text) => {
      expect(visible(text)).toBe(text);
    },
  );

  it('hides nothing, whatever it is', () => {
    const any = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
    fc.assert(
      fc.property(any, (text) => {
        expect(visible(text)).not.toMatch(unseen);
        expect(visibleLine(text)).not.toMatch(/[\n\t]/);
        expect(onlyStyled(text).replace(/\u001b\[\d+m/g, '')).not.toMatch(unseen);
        expect(visibleJson(text)).not.toMatch(unseen);
        expect(JSON.parse(visibleJson(text))).toBe(text);
      }),
    );
  });

  it('lets styles of the program’s own through, none that hides or blinks', () => {
    expect(onlyStyled('\u001b[31ma\u001b[39m')).toBe('\u001b[31ma\u001b[39m');
    expect(onlyStyled('\u001b[8mhidden\u001b[5m\u001b[38;5;0m')).toBe('hidden');
    expect(onlyStyled('\u001b[31m\u001b[2J')).toBe('\u001b[31m␛[2J');
  });

  it('is no markup in Markdown', () => {
    expect(markdownLine('<img src=x> [a](b) | *c* `d` &lt;\n# e')).toBe(
      '&lt;img src=x&gt; \\[a\\](b) \\| \\*c\\* \\`d\\` &amp;lt; # e',
    );
    expect(['# a', '- a', '1. a', '1.0.0', '-5'].map(markdownLine)).toEqual([
      '\\# a',
      '\\- a',
      '1\\. a',
      '1.0.0',
      '-5',
    ]);
  });
});
