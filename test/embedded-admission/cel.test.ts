import { describe, expect, it } from 'vitest';
import { AuthorizerValue, CelFailure, compile } from '../../src/embedded/admission/cel/engine.ts';
import { toCel } from '../../src/embedded/admission/cel/values.ts';

const variables = { object: 'dyn', authorizer: 'kubernetes.authorization.Authorizer' };
const object = toCel({ n: 3, f: 1.5, t: 'aXbX', list: [3, 1, 2], q: '1Gi', map: { a: 'b' }, nothing: null });

function evaluate(source: string): unknown {
  const compiled = compile(source, variables);
  if ('problem' in compiled) return compiled.problem;
  try {
    const answer = (verb: string) => ({ allowed: verb === 'get', reason: verb });
    return compiled.program.run({ object, authorizer: new AuthorizerValue((_question, verb) => answer(verb)) });
  } catch (error) {
    if (error instanceof CelFailure) return error.message;
    throw error;
  }
}

describe('CEL', () => {
  it.each([
    ["object.t.matches('[A-Z]')", true],
    ["object.t.find('X.')", 'Xb'],
    ["object.t.findAll('X')", ['X', 'X']],
    ["object.t.replace('X', '-')", 'a-b-'],
    ["object.t.replace('X', '-', 1)", 'a-bX'],
    ["'%s has %d of %.1f'.format([object.t, object.n, object.f])", 'aXbX has 3 of 1.5'],
    ['object.list.sum()', 6n],
    ['object.list.min() + object.list.max()', 4n],
    ['object.list.isSorted()', false],
    ['object.list.indexOf(2)', 2n],
    ["quantity(object.q) == quantity('1024Mi')", true],
    ["quantity('1500m').isInteger()", false],
    ["quantity('1').add(2).isGreaterThan(quantity('2'))", true],
    ["isQuantity('1Gb')", false],
    ["cidr('10.0.0.0/8').containsIP('10.9.9.9')", true],
    ["cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", true],
    ["ip('::1').isLoopback()", true],
    ["isIP('10.0.0.300')", false],
    ["url('https://a.example.com:8443/p?x=1').getPort()", '8443'],
    ["isURL('example')", false],
    ["authorizer.group('').resource('pods').check('get').allowed()", true],
    ["authorizer.path('/healthz').check('post').reason()", 'post'],
    ['object.?missing.orValue(7)', 7n],
    ['has(object.map.a) && !has(object.map.b)', true],
    ['object.nothing == null', true],
  ])('evaluates %s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  it.each([
    ['object.missing', 'no such key: missing'],
    ['object.list[9]', 'index out of bounds: 9'],
    ['object.n / 0', 'division by zero'],
    ["object.t.matches('[')", 'error parsing regexp: missing closing ]: `[`'],
    ['[].min()', 'min called on empty list'],
  ])('fails at %s', (source, message) => {
    expect(evaluate(source)).toBe(message);
  });

  it.each([
    [
      'object.n <==',
      ["1:12: Syntax error: token recognition error at: '='", "1:13: Syntax error: mismatched input '<EOF>'"],
    ],
    ['objekt.n', ["1:1: undeclared reference to 'objekt' (in container '')"]],
    ['shout(object.t)', ["1:6: undeclared reference to 'shout' (in container '')"]],
    ["object.n == 1 &&\n  'a' + 1 == 2", ["2:7: found no matching overload for '_+_' applied to '(string, int)'"]],
    ['!1', ["found no matching overload for '!_' applied to '(int)'"]],
  ])('does not compile %j', (source, expected) => {
    const compiled = compile(source, variables);
    for (const text of expected) expect(compiled).toEqual({ problem: expect.stringContaining(text) });
  });

  it('gives up loops and patterns that would take for ever', () => {
    const big = toCel({ list: Array.from({ length: 2000 }, (_, i) => i), t: 'a'.repeat(30) });
    const run = (source: string) => {
      const compiled = compile(source, { object: 'dyn' });
      return 'program' in compiled ? compiled.program.run({ object: big }) : compiled;
    };
    const nested = 'object.list.all(a, object.list.all(b, !object.list.exists(c, a + b + c < 0)))';
    expect(() => run(nested)).toThrow('operation cancelled: actual cost limit exceeded');
    expect(run("object.t.matches('^(a+)+$') && !object.t.matches('^(a+)+b$')")).toBe(true);
  });
});
