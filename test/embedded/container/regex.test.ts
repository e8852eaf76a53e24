import { beforeEach, describe, expect, it } from 'vitest';
import { TooMuchWork, takeUnpaid } from '../../../src/embedded/container/kernel/work.ts';
import { compile } from '../../../src/embedded/container/regex/compile.ts';
import { Matcher } from '../../../src/embedded/container/regex/matcher.ts';
import { MeteredRegExp } from '../../../src/embedded/container/regex/metered-regexp.ts';
import { parse } from '../../../src/embedded/container/regex/parse.ts';
import fc from '../../helpers/fast-check.ts';

beforeEach(() => {
  takeUnpaid();
});

const { source } = fc.letrec<{ source: string }>((tie) => ({
  source: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('a', 'b', 'A', '.', '[ab]', '[^a]', '\\w', '\\d', '^', '$', '\\b', '\\B', '\\1', 'x{2}'),
    fc.tuple(tie('source'), tie('source')).map(([a, b]) => a + b),
    fc.tuple(tie('source'), tie('source')).map(([a, b]) => `(${a}|${b})`),
    fc
      .tuple(tie('source'), fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{0,2}?'))
      .map(([a, sign]) => `(?:${a})${sign}`),
    tie('source').map((a) => `(${a})`),
    fc
      .tuple(fc.constantFrom('(?=', '(?!', '(?<=', '(?<!', '(?<n>', '(?:'), tie('source'))
      .map(([open, a]) => `${open}${a})`),
  ),
}));
const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'x', '1', ' ', '\n', 'é'), maxLength: 9 });

const isExpression = (text: string) => {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
};

/** Start of the match, the match, its groups, by our own matcher. */
function own(expression: string, flags: string, text: string): (string | number | undefined)[] | undefined {
  const parsed = parse(expression, flags);
  const found = new Matcher(compile(parsed), text).search(0, false, undefined);
  if (!found) return undefined;
  const groups = Array.from({ length: parsed.groups + 1 }, (_, n) => {
    const [start = -1, end = -1] = [found[2 * n], found[2 * n + 1]];
    return start < 0 || end < 0 ? undefined : text.slice(start, end);
  });
  return [found[0], ...groups];
}

describe('our own matcher', () => {
  it('finds what the language says', () => {
    fc.assert(
      fc.property(source.filter(isExpression), fc.constantFrom('', 'i', 'm', 's'), texts, (expression, flags, text) => {
        takeUnpaid();
        const match = new RegExp(expression, flags).exec(text);
        expect(own(expression, flags, text)).toEqual(match ? [match.index, ...match] : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it('goes on with a round that was given up when it was empty in an earlier one', () => {
    takeUnpaid();
    expect(own('(?:((a|(?:.)*?)))*', '', 'bx')).toEqual([0, 'bx', 'x', 'x']);
  });

  it('takes steps that grow with the text where nothing refers back', () => {
    for (const expression of ['^(a+)+$', '(a|a)*$b', '(a*)*b', 'a*a*a*a*b', '^(a|aa)+$']) {
      takeUnpaid();
      own(expression, '', `${'a'.repeat(2000)}!`);
      const short = takeUnpaid();
      own(expression, '', `${'a'.repeat(4000)}!`);
      expect(takeUnpaid(), expression).toBeLessThan(3 * short + 100);
    }
  });

  it('gives up where something refers back and there is no end', () => {
    expect(() => own('^(a|aa)+\\1b', '', 'a'.repeat(200))).toThrow(TooMuchWork);
  });
});

describe('an expression of a script', () => {
  const long = `${'a'.repeat(60_000)}!`;

  it.each([
    ['a large count', 'a{70000}'],
    ['rounds of nothing', '(?:){1000000000}'],
    ['counts in counts', '((a{1,300}){300}){300}'],
    ['deep groups', `${'('.repeat(5000)}a${')'.repeat(5000)}`],
    ['a long text', 'a'.repeat(70_000)],
  ])('is none when it is too big: %s', (_, source) => {
    expect(() => new MeteredRegExp(source)).toThrow(new SyntaxError('Regular expression too big'));
  });

  it('is matched in a long text whatever its shape', () => {
    expect(new MeteredRegExp('^(a+)+$').exec(long)).toBeNull();
    expect(new MeteredRegExp('^(a|aa)+!$', 'i').exec('A'.repeat(3000).concat('!'))?.[1]).toBe('A');
    expect(new MeteredRegExp('(a{40}){40}').exec(long)?.index).toBe(0);
  });

  it('replaces and splits as the language does, by either way', () => {
    const heavy = '(a|a)*,\\s*';
    for (const text of ['aa, a,a', 'a,a', ',', '']) {
      const [plain, metered] = [new RegExp(heavy, 'gi'), new MeteredRegExp(heavy, 'gi')];
      // Of so long a text V8 would not come back: the end is all that matters.
      const far = text + 'b'.repeat(30_000);
      expect(far.replace(metered, '<$&>')).toBe(text.replace(plain, '<$&>') + 'b'.repeat(30_000));
      expect(text.split(new MeteredRegExp(heavy, 'i'))).toEqual(text.split(new RegExp(heavy, 'i')));
      const pieces = text.split(new RegExp(heavy, 'i'));
      expect(far.split(new MeteredRegExp(heavy, 'i'))).toEqual([
        ...pieces.slice(0, -1),
        `${pieces.at(-1)}${'b'.repeat(30_000)}`,
      ]);
    }
  });

  it('says in a syntax error what the language says', () => {
    expect(() => new MeteredRegExp('(a')).toThrow('Unterminated group');
  });
});
