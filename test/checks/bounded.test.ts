import { describe, expect, it } from 'vitest';
import { celExpression } from '../../src/checks/objects/cel.ts';
import { fieldPath, labelSelector, valuesAt } from '../../src/checks/objects/fields.ts';
import { podLogs } from '../../src/checks/workloads/pod-logs.ts';
import { TooCostly, withBudget } from '../../src/kernel/budget.ts';
import { parseForbidden } from '../../src/kube/forbidden.ts';
import { parseRefusal } from '../../src/kube/refusal-message.ts';
import { swan } from '../helpers/fake-view.ts';
import { judge } from '../helpers/judge.ts';

/** What the grader allows. */
const steps = 12_000_000;
const many = { items: Array.from({ length: 50_000 }, (_, n) => String(n)), text: 'a'.repeat(2_000) };
const few = { items: ['a', 'b', 'c'], text: 'a', nested: [{ items: ['a'] }] };

const judged = (source: string, object: object) =>
  withBudget(steps, () => celExpression.parse(source).holds(object)).catch((error: unknown) =>
    error instanceof TooCostly ? 'too costly' : String(error),
  );

describe('CEL over an object that a learner made large', () => {
  it.each([
    'object.items.all(x, object.items.exists(y, y == x + "!") || x != "")',
    'object.items.all(x, !object.items.exists(y, y == x + "!"))',
    'object.items.map(x, object.items.filter(y, y > x)).size() > 0',
    'object.items.map(x, x > "0", object.items.exists_one(y, y > x)).size() > 0',
    // Each round fails, and such loops go on after an error.
    'object.items.all(x, object.items.all(y, object.nothing == y))',
    'object.items.exists(x, object.items.exists(y, object.nothing == y) || object.nothing == x)',
    'object.items.exists(x, object.text.matches("^(a|a|" + x + ")*!$"))',
    'object.items.all(x, object.text.contains(x + "!") == false && object.items == object.items && x in object.items)',
    'object.items.all(x, object.items.all(y, object.items.all(z, z != x + y)))',
  ])('%s is given up', async (source) => {
    const begin = performance.now();
    expect(await judged(source, many)).toBe('too costly');
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(await judged(source, few)).toBeTypeOf('boolean');
  });

  it('that is cheap for each of many objects costs what all of them cost', async () => {
    const { holds } = celExpression.parse('object.items.all(x, x.matches("^[0-9]+$"))');
    const all = async (times: number) => {
      for (let i = 0; i < times; i++) holds(many);
    };
    await expect(withBudget(steps, () => all(1))).resolves.toBeUndefined();
    await expect(withBudget(steps, () => all(100))).rejects.toBeInstanceOf(TooCostly);
  });

  it('compiles no pattern that a learner made large', async () => {
    const begin = performance.now();
    for (const pattern of ['a'.repeat(1_000_000), 'a{1000}'.repeat(10_000), 'a{1000}'.repeat(100)])
      expect(await judged('object.text.matches(object.pattern)', { text: 'a', pattern })).not.toBe(true);
    expect(performance.now() - begin).toBeLessThan(5_000);
  });
});

describe('CEL over an object', () => {
  const object = {
    ...{ items: ['a', 'b', 'c'], nested: [{ items: ['a'] }], whole: 3, part: 1.5, nothing: null, large: 1e300 },
    ...{ memory: '1Gi', address: '10.0.0.7', labels: { 'app.kubernetes.io/name': 'web' } },
  };

  it.each([
    'object.items.all(x, x > "")',
    '!object.items.all(x, x == "a")',
    'object.items.exists(x, x == "c")',
    '!object.items.exists(x, x == "d")',
    'object.items.exists_one(x, x == "b")',
    'object.items.filter(x, x != "b") == ["a", "c"]',
    'object.items.map(x, x + "!") == ["a!", "b!", "c!"]',
    'object.items.map(x, x != "b", x + "!") == ["a!", "c!"]',
    'object.nested.all(n, n.items.all(i, i.matches("^(a|a)*$")))',
    'has(object.missing) || object.items.size() == 3',
    // An error on one side does not matter if the other decides.
    'object.missing == 1 || object.whole == 3',
    'object.?missing.orValue("none") == "none"',
    'object.nothing == null',
    'object.labels["app.kubernetes.io/name"] == "web"',
    // Numbers of JSON are ints where they are whole, and compare with doubles.
    'object.whole / 2 == 1 && double(object.whole) / 2.0 == 1.5 && object.whole == 3.0 && object.whole > 2.5',
    'object.part * 2.0 == 3.0 && type(object.part) == double && type(object.whole) == int',
    'object.large > 1 && type(object.large) == double',
    'quantity(object.memory).isGreaterThan(quantity("512Mi"))',
    'cidr("10.0.0.0/8").containsIP(object.address) && ip(object.address).family() == 4',
    'object.items.join(",").split(",").size() == 3',
    'semver("1.35.1").isGreaterThan(semver("1.34.0"))',
  ])('%s holds', async (source) => {
    expect(await judged(source, object)).toBe(true);
  });

  it.each([
    'object.missing',
    'object.missing == 1',
    'object.whole == "3"',
    'object.items[7] == "a"',
    'object.constructor == 1',
    'has(object.__proto__) || has(object.constructor)',
  ])('%s does not', async (source) => {
    expect(await judged(source, object)).toBe(false);
  });

  it.each([
    [
      'object.spec.replicas ==',
      "ERROR: <input>:1:24: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(',",
    ],
    ['objekt.a == 1', "ERROR: <input>:1:1: undeclared reference to 'objekt' (in container '')"],
    ['object.a.sizes() == 1', "ERROR: <input>:1:15: undeclared reference to 'sizes' (in container '')"],
    ['object.a == 1 &&\n  object.b.matches("(?=a)")', 'ERROR: <input>:2:20: invalid matches argument'],
    ['a == 1 && b == 1', "(in container ''); ERROR: <input>:1:11: undeclared reference to 'b'"],
    ['object.a.map(x, x)', 'must evaluate to bool but got list(dyn)'],
    ["object.a.find('(')== ''", 'error parsing regexp: missing closing )'],
  ])('%s is refused when it is read', (source, message) => {
    const said = celExpression.safeParse(source).error?.issues[0]?.message;
    expect(said).toContain(`not a CEL expression: `);
    expect(said).toContain(message);
    expect(said).not.toContain('\n');
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
    ['spec.list[*].ports[0]', [80]],
    ['spec.list[7].name', []],
    ['spec.size[0]', []],
    ['spec.list[0]..*', ['x', [80], 80]],
    ['spec.list.[1].name', ['y']],
    ['spec["labels"].*', ['web']],
    ['spec.constructor', []],
    ['spec.list.length', []],
    ['__proto__', []],
  ])('%s lead where they led', (path, values) => {
    const spec = {
      list: [{ name: 'x', ports: [80] }, { name: 'y' }],
      labels: { 'app.kubernetes.io/name': 'web' },
      size: 3,
    };
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
