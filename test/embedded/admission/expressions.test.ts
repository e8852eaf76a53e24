import { describe, expect, it } from 'vitest';
import { compileExpression, policyScopes, typesOf } from '../../../src/embedded/resources/admission/expressions.ts';
import { Authorizer, type Question } from '../../../src/kube/cel/library/authorizer.ts';
import { fromJson } from '../../../src/kube/cel/values.ts';

const types = typesOf({ authorizer: true });
const object = { n: 3, f: 1.5, t: 'aXbX', list: [3, 1, 2], q: '1Gi', map: { a: 'b' }, nothing: null };

function evaluate(source: string, json: object = object): unknown {
  const compiled = compileExpression(source, types);
  if ('problem' in compiled) return compiled.problem;
  const authorizer = new Authorizer(({ verb }: Question) => ({ allowed: verb === 'get', reason: verb }));
  const values = new Map<string, unknown>([
    ['object', fromJson(json)],
    ['authorizer', authorizer],
  ]);
  const outcome = compiled.program.run(values, 1_000_000);
  return 'error' in outcome ? outcome.error : outcome.value;
}

describe('expressions of policies', () => {
  it.each([
    ["object.t.matches('[A-Z]')", true],
    ["object.t.find('X.')", 'Xb'],
    ["object.t.findAll('X') == ['X', 'X']", true],
    ["object.t.replace('X', '-', 1)", 'a-bX'],
    ["'%s has %d of %.1f'.format([object.t, object.n, object.f])", 'aXbX has 3 of 1.5'],
    ['[3, 1, 2].sum()', 6n],
    ['[3, 1, 2].isSorted()', false],
    ["quantity(object.q) == quantity('1024Mi')", true],
    ["quantity('1').add(2).isGreaterThan(quantity('2'))", true],
    ["cidr('10.0.0.0/8').containsIP('10.9.9.9')", true],
    ["isIP('10.0.0.300')", false],
    ["url('https://a.example.com:8443/p?x=1').getPort()", '8443'],
    ["authorizer.group('').resource('pods').check('get').allowed()", true],
    ["authorizer.path('/healthz').check('post').reason()", 'post'],
    ['object.?missing.orValue(7)', 7n],
    ['has(object.map.a) && !has(object.map.b)', true],
    ['object.nothing == null', true],
  ])('evaluate %s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  it.each([
    ['object.missing', 'no such key: missing'],
    ['object.list[9]', 'index out of bounds: 9'],
    ['object.n / 0', 'division by zero'],
  ])('fail at %s', (source, message) => {
    expect(evaluate(source)).toBe(message);
  });

  it.each([
    ['objekt.n', "undeclared reference to 'objekt' (in container '')"],
    ["'a' + 1 == 2", "found no matching overload for '_+_' applied to '(string, int)'"],
    ['request.verb == 1', "undefined field 'verb'"],
    ['params.x', "undeclared reference to 'params' (in container '')"],
  ])('do not compile: %s', (source, expected) => {
    expect(evaluate(source)).toContain(expected);
  });

  it('know the types of the variables before them', () => {
    const { variables } = policyScopes({
      variables: [
        { name: 'count', expression: 'size(object.list)' },
        { name: 'wrong', expression: "variables.count + 'a'" },
        { name: 'later', expression: 'variables.last' },
        { name: 'last', expression: 'variables.count > 1' },
      ],
    });
    const problems = variables.map(({ expression }) => ('problem' in expression ? expression.problem : undefined));
    expect(problems).toEqual([
      undefined,
      expect.stringContaining("applied to '(int, string)'"),
      expect.stringContaining("undefined field 'last'"),
      undefined,
    ]);
  });

  it('give up loops that would take for ever', () => {
    const big = { list: Array.from({ length: 2000 }, (_, i) => i), t: 'a'.repeat(30) };
    const nested = 'object.list.all(a, object.list.all(b, !object.list.exists(c, a + b + c < 0)))';
    expect(evaluate(nested, big)).toBe('operation cancelled: actual cost limit exceeded');
    expect(evaluate("object.t.matches('^(a+)+$') && !object.t.matches('^(a+)+b$')", big)).toBe(true);
  });
});
