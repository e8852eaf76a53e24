import { describe, expect, it } from 'vitest';
import { celExpression } from '../../src/checks/cel.ts';
import { fieldPath, labelSelector, valuesAt } from '../../src/checks/fields.ts';
import { podLogs } from '../../src/checks/pod-logs.ts';
import { TooCostly, withBudget } from '../../src/kernel/budget.ts';
import { parseForbidden } from '../../src/kube/forbidden.ts';
import { parseRefusal } from '../../src/kube/refusal-message.ts';
import { swan } from '../helpers/fake-view.ts';
import { judge } from '../helpers/judge.ts';

/** What the grader allows. */
const steps = 12_000_000;
const many = { items: Array.from({ length: 50_000 }, (_, n) => String(n)), text: 'a'.repeat(2_000) };
const few = { items: ['a', 'b', 'c'], text: 'a', nested: [{ items: ['a'] }] };

const run = (source: string, object: object) =>
  withBudget(steps, () => celExpression.parse(source).run(object)).catch((error: unknown) =>
    error instanceof TooCostly ? 'too costly' : String(error),
  );

describe('CEL over an object that a learner made large', () => {
  it.each([
    'object.items.all(x, object.items.exists(y, y == x + "!") || x != "")',
    'object.items.all(x, object.items.exists(y, y == x + "!"))',
    'object.items.map(x, object.items.filter(y, y > x)).size() > 0',
    'object.items.map(x, x > "0", object.items.exists_one(y, y > x)).size() > 0',
    // Each round fails, and such loops go on after an error.
    'object.items.all(x, object.items.all(y, object.nothing == y))',
    'object.items.exists(x, object.items.exists(y, object.nothing == y) || object.nothing == x)',
    'object.items.exists(x, object.text.matches("^(a|a|" + x + ")*!$"))',
    'object.items.all(x, object.text.contains(x + "!") == false && object.items == object.items && x in object.items)',
  ])('%s is given up', async (source) => {
    expect(await run(source, many)).toBe('too costly');
    expect(await run(source, few)).not.toBe('too costly');
  });

  it('means what it means without the counting', async () => {
    for (const [source, value] of [
      ['object.items.all(x, x > "")', true],
      ['object.items.all(x, x == "a")', false],
      ['object.items.exists(x, x == "c")', true],
      ['object.items.exists(x, x == "d")', false],
      ['object.items.exists_one(x, x == "b")', true],
      ['object.items.filter(x, x != "b")', ['a', 'c']],
      ['object.items.map(x, x + "!")', ['a!', 'b!', 'c!']],
      ['object.items.map(x, x != "b", x + "!")', ['a!', 'c!']],
      ['object.nested.all(n, n.items.all(i, i.matches("^(a|a)*$")))', true],
      ['has(object.nothing) || object.items.size() == 3', true],
    ] as const)
      expect([source, await run(source, few)]).toEqual([source, value]);
  });

  it('is refused when it is read if its pattern or its depth is none', () => {
    const said = (source: string) => celExpression.safeParse(source).error?.issues[0]?.message;
    expect(said('object.text.matches("(?=a)")')).toContain('looks ahead or behind');
    expect(said('object.a.all(x, x.all(y, y.all(z, z)))')).toContain('more than 2 loops');
  });
});

describe('paths', () => {
  it.each(['a..b..c', 'a[*]^[*]^[*]', 'a[?(@.x)]', '$..*', 'a.~', "a['x^']", `a${'.b'.repeat(300)}`])(
    '%s are refused: they multiply what is looked at, or run code',
    (path) => {
      expect(fieldPath.safeParse(path).error?.issues[0]?.message).toContain('.. once at most');
    },
  );

  it.each([
    ['spec.list[*].name', ['x', 'y']],
    ['spec.list[0].name', ['x']],
    ['spec.list[-1:].name', ['y']],
    ["spec.labels['app.kubernetes.io/name']", ['web']],
    ['.spec.size', [3]],
    ['spec..name', ['x', 'y']],
  ])('%s lead where they led', (path, values) => {
    const spec = { list: [{ name: 'x' }, { name: 'y' }], labels: { 'app.kubernetes.io/name': 'web' }, size: 3 };
    expect(valuesAt({ spec }, fieldPath.parse(path))).toEqual(values);
  });

  it('and selectors have an end', () => {
    expect(labelSelector.safeParse('a,'.repeat(2_000)).success).toBe(false);
  });
});

it('a log of lines that hang backtracking engines is judged', async () => {
  const spec = {
    ...{ workload: 'deployment/api-client', namespace: 'project-swan', shows: 'nothing' },
    ...{ matches: '^(a|a)*$', contradicts: '^(b|b)*$' },
  };
  const logs = Array.from({ length: 2_000 }, (_, n): [number, string] => [2_000 - n, `${'a'.repeat(46)}!`]);
  expect(await judge(podLogs, spec, { objects: swan(), logs })).toMatchObject({ status: 'fail' });
  // Each line costs once, however often the log is judged.
  const again = [...logs, [0, 'a'] as [number, string]];
  expect(await judge(podLogs, spec, { objects: swan(), logs: again })).toMatchObject({ status: 'pass' });
});

it('messages of any length are taken apart by their beginning and end', () => {
  const denied = 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "x"';
  expect(parseForbidden(`${denied}${'a'.repeat(1_000_000)}`)).toMatchObject({ user: 'jane', verb: 'list' });
  expect(parseForbidden('a'.repeat(1_000_000))).toBeUndefined();
  expect(parseRefusal(`${'violates PodSecurity "'.repeat(50_000)}`)).toBeUndefined();
});
