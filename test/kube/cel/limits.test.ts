import { describe, expect, it } from 'vitest';
import { compile, type Program } from '../../../src/kube/cel/program.ts';
import { dyn } from '../../../src/kube/cel/types.ts';
import { fromJson } from '../../../src/kube/cel/values.ts';

const variables = new Map([['self', dyn]]);

function program(source: string): Program {
  const compiled = compile(source, { variables });
  if (typeof compiled === 'string') throw new Error(compiled);
  return compiled;
}

const run = (source: string, self: unknown, limit = 1_000_000) =>
  program(source).run(new Map([['self', fromJson(self)]]), limit);

/** Milliseconds that the work took. */
function took(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

describe('expressions of users end soon', () => {
  const many = Array.from({ length: 2000 }, (_, i) => `item ${i}`);

  it('loops within loops are given up', () => {
    const source = 'self.all(x, self.all(y, self.all(z, x != y + z)))';
    const ms = took(() => {
      const outcome = run(source, many);
      expect(outcome).toMatchObject({ error: 'operation cancelled: actual cost limit exceeded', costExceeded: true });
    });
    expect(ms).toBeLessThan(5000);
  });

  const text = 'a'.repeat(1000);
  it.each([
    ['a string added to itself', `self${'.map(x, x + x)'.repeat(40)}.size() == 1`, [text]],
    ['a string formatted', `self${".map(x, '%s%s%s'.format([x, x, x]))".repeat(30)}.size() == 1`, [text]],
    ['a string replaced', "self.replace('', self).replace('', self).size() == 1", 'a'.repeat(50_000)],
    ['a list joined', `(self${' + self'.repeat(500)}).sort().size() == 1`, many.concat(many)],
    ['a list flattened', `[self${', self'.repeat(5000)}].flatten().size() == 1`, many.concat(many)],
    ['a list without its duplicates', 'self.distinct().size() == 1', Array.from({ length: 100_000 }, (_, i) => i)],
    ['a range', 'lists.range(900000).map(x, x).map(x, x).size() == 1', null],
    ['a map built up', 'lists.range(500000).transformMap(i, x, x).size() == 1', null],
    ['all compared with all', 'lists.range(100000).all(i, self.a == self.b)', { a: { x: many }, b: { x: [...many] } }],
    [
      'a large expression in a loop',
      'lists.range(900).exists(i, self.matches("^(a{1,100}){1,10}$"))',
      'a'.repeat(3000),
    ],
  ])('what makes much of little is given up: %s', (_, source, self) => {
    const ms = took(() => expect(run(source, self)).toMatchObject({ costExceeded: true }));
    expect(ms).toBeLessThan(10_000);
  });

  it('regular expressions take linear time', () => {
    const ms = took(() => {
      expect(run('self.matches("^(a+)+$")', `${'a'.repeat(5000)}!`)).toMatchObject({ value: false });
    });
    expect(ms).toBeLessThan(2000);
  });

  it.each([
    ['brackets', '('.repeat(50_000)],
    ['selections', `self${'.a'.repeat(45_000)}`],
    ['sums', `1${'+1'.repeat(45_000)}`],
    ['signs', '-'.repeat(99_999)],
    ['macros', 'self.all(x,'.repeat(8_000)],
    ['length', 'a'.repeat(200_000)],
  ])('too much of the same: %s', (_, source) => {
    expect(compile(source, { variables })).toContain('ERROR: <input>:');
  });

  it('long chains of conditions are fine', () => {
    expect(run(`true${' && true'.repeat(10_000)}`, null)).toMatchObject({ value: true });
  });

  it('whatever is written gets an answer', () => {
    const words = [
      'self',
      'a',
      '.',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      ',',
      '?',
      ':',
      '+',
      '-',
      '!',
      '==',
      '&&',
      'in',
      '1',
      '2u',
      '"x"',
    ];
    words.push(
      'all',
      'map',
      'has',
      'null',
      '.?',
      'optional.of',
      '`',
      '"',
      "'",
      '\\',
      '&',
      'duration("1h")',
      '.format([',
      '%',
    );
    let seed = 11;
    const pick = (n: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % n;
    };
    for (let i = 0; i < 3000; i++) {
      const source = Array.from({ length: 1 + pick(10) }, () => words[pick(words.length)]).join(
        pick(3) === 0 ? ' ' : '',
      );
      const compiled = compile(source, { variables });
      if (typeof compiled === 'string') continue;
      compiled.estimate(() => undefined);
      expect(compiled.run(new Map([['self', fromJson({ a: [1] })]]), 10_000)).toHaveProperty('cost');
    }
  });
});

describe('costs', () => {
  it.each([
    ['1 + 1', 1],
    ['self', 1],
    ['self.a', 2],
    ['has(self.a)', 1],
    ['[self.a]', 12],
    ['[1, 2]', 0],
    ['{"a": self.a}', 32],
    ['self.s.contains("b")', 3],
    ['self.s.matches("^a")', 3],
    ['self.l.all(x, x > 0)', 15],
  ])('%s costs %i', (source, cost) => {
    expect(run(source, { a: 1, s: 'abc', l: [1, 2, 3] }).cost).toBe(cost);
  });
});
