import { describe, expect, it } from 'vitest';
import { sizeOf, spend, TooCostly, withBudget } from '../../src/kernel/budget.ts';
import { Pattern } from '../../src/kernel/pattern.ts';

describe('a pattern', () => {
  it('that backtracking engines hang on is answered', () => {
    expect(new Pattern('^(a|a)*$').test(`${'a'.repeat(4_000)}!`)).toBe(false);
    expect(new Pattern('^(a|a)*$').test('a'.repeat(4_000))).toBe(true);
    expect(new Pattern('(x+x+)+y').test('x'.repeat(4_000))).toBe(false);
  });

  it.each([
    ['^a(?=b)', /looks ahead or behind.*contradicts, lacks/],
    ['^a(?!b)', /looks ahead or behind/],
    ['(?<=a)b', /looks ahead or behind/],
    ['(a)\\1', /refers back.*write the text out/],
    ['(?<n>a)\\k<n>', /refers back/],
    ['a++', /no pattern backtracks/],
    ['(?>a)b', /no pattern backtracks/],
    ['\\u263a', /\\x\{263a\}/],
    ['(', /missing closing \)/],
    ['a{1001}', /repeat count/],
    ['(a{30}){30}b{200}', /too large/],
    ['a'.repeat(1_001), /more than 1000 characters/],
  ])('%s is refused with what to write instead', (source, words) => {
    expect(() => new Pattern(source)).toThrow(words);
  });

  it.each(['[(?=)+]', '[*+]+', '\\(\\?=', '(?i)done', '\\d+\\.\\d', '^pod "[^"]+" deleted|^No'])(
    '%s is taken: it only looks like what RE2 has not',
    (source) => {
      expect(new Pattern(source).source).toBe(source);
    },
  );
});

describe('a budget', () => {
  const pattern = new Pattern('^(a|a)*$');
  const look = (times: number) => () => {
    for (let n = 0; n < times; n++) pattern.test('a'.repeat(1_000));
    return 'done';
  };

  it('ends work that goes beyond it, and says what was spent', async () => {
    const spent: number[] = [];
    await expect(withBudget(1_000_000, look(10), (steps) => spent.push(steps))).resolves.toBe('done');
    await expect(withBudget(10_000, look(10), (steps) => spent.push(steps))).rejects.toBeInstanceOf(TooCostly);
    expect(spent[0]).toBeGreaterThan(10_000);
    expect(spent[1]).toBeLessThan(spent[0] ?? 0);
  });

  it('holds across what is waited for, and only for its own work', async () => {
    const slow = withBudget(10, async () => {
      await Promise.resolve();
      spend(11);
    });
    await expect(withBudget(10, async () => spend(9))).resolves.toBeUndefined();
    await expect(slow).rejects.toBeInstanceOf(TooCostly);
    expect(() => spend(1e9)).not.toThrow();
  });

  it('knows how large a value is', () => {
    expect(sizeOf({ a: [1, 2, 'x'.repeat(80)] })).toBe(15);
    expect(sizeOf(Array.from({ length: 100 }), 10)).toBeLessThan(20);
  });
});
