import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/kube/meta.ts';
import { Catalog } from '../../src/scenario/catalog.ts';
import { loadPack, loadScenario } from '../../src/scenario/load.ts';
import type { Scenario } from '../../src/scenario/types.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const root = join(import.meta.dirname, '..', '..');
const catalog = new Catalog(join(root, 'scenarios'));
const seeds = Array.from({ length: 21 }, (_, seed) => seed);

/** What set-up makes by its manifests. */
function objectsOf(scenario: Scenario): KubeObject[] {
  return scenario.setup
    .filter((script) => script.kind === 'manifest')
    .flatMap((script) => parseAllDocuments(script.text).map((document) => document.toJS() as KubeObject));
}

/** `ClusterRole view` of all that a cluster has before anybody did anything. */
function ofTheCluster(): string[] {
  const facts = join(root, 'fixtures', 'kubernetes');
  return ['bootstrap', 'rbac'].flatMap((part) =>
    readdirSync(join(facts, part)).flatMap((file) => {
      const content = JSON.parse(readFileSync(join(facts, part, file), 'utf8')) as
        | KubeObject[]
        | { items: KubeObject[] };
      return (Array.isArray(content) ? content : content.items).map((o) => `${o.kind} ${o.metadata?.name}`);
    }),
  );
}

describe('what seeds draw', () => {
  const known = ofTheCluster();

  const scenarios = catalog.scenarios().map(({ pack, id }) => {
    let drawn: Scenario[] | undefined;
    return { id, drawn: () => (drawn ??= seeds.map((seed) => loadScenario(pack, id, seed))) };
  });

  it.each(scenarios)('$id: the names of another attempt are others, all of them', (one) => {
    const [familiar, ...drawn] = one.drawn();
    if (!familiar) throw new Error('there is no seed 0');
    expect(Object.keys(familiar.variables).length).toBeGreaterThan(familiar.namespaces.length);
    const others = drawn.filter((s) => s.namespaces[0] !== familiar.namespaces[0]);
    expect(new Set(others.map((s) => s.namespaces[0])).size).toBeGreaterThan(1);
    for (const { variables } of others) {
      for (const [name, value] of Object.entries(variables)) {
        // One of a few small numbers may be the same again.
        if (!/^\d$/.test(value)) expect.soft(value, `@{${name}}`).not.toBe(familiar.variables[name]);
      }
    }
  });

  it.each(scenarios)('$id: no object gets the name of another one', ({ drawn }) => {
    for (const scenario of drawn()) {
      const objects = objectsOf(scenario);
      const names = objects.map(({ kind, metadata }) => [kind, metadata?.namespace, metadata?.name].join(' '));
      expect(names).toEqual([...new Set(names)]);
      const wide = objects.filter((o) => !o.metadata?.namespace).map((o) => `${o.kind} ${o.metadata?.name}`);
      expect(known.filter((name) => wide.includes(name))).toEqual([]);
      for (const { metadata } of objects) expect(metadata?.name).toMatch(/^[a-z0-9][a-z0-9.-]{0,61}[a-z0-9]$/);
    }
  });
});

describe('variables that go together', () => {
  /** The flagship with other variables. */
  function declared(variables: string): (seed: number) => Record<string, string> {
    const folder = join(temporaryFolder(), 'pack');
    cpSync(join(root, 'scenarios', 'in-cluster-api-access'), folder, { recursive: true });
    const file = join(folder, 'forbidden-deployment', 'scenario.yaml');
    const text = readFileSync(file, 'utf8').replace(/^variables:\n( .*\n)+/m, `variables:\n${variables}`);
    writeFileSync(file, text);
    return (seed) => loadScenario(loadPack(folder, false), 'forbidden-deployment', seed).variables;
  }
  const namespace = '  namespace: { default: a, others: [b, c] }\n';
  const replicas = '  replicas: { default: "1" }\n';

  it('are drawn from the same place, others for themselves', () => {
    const draw = declared(
      `  program: { default: p, others: [q, r], with: namespace }\n${namespace}${replicas}  free: { default: x, others: [y, z] }\n`,
    );
    const drawn = seeds.map(draw);
    expect(drawn[0]).toEqual({ program: 'p', namespace: 'a', replicas: '1', free: 'x' });
    const places = drawn.map(({ program = '', namespace: of = '' }) => ['pqr'.indexOf(program), 'abc'.indexOf(of)]);
    expect(places.every(([program, of]) => program === of)).toBe(true);
    expect(new Set(places.map(([place]) => place)).size).toBe(3);
    expect(new Set(drawn.map(({ namespace: of, free }) => `${of}${free}`)).size).toBeGreaterThan(3);
  });

  it('name one that is drawn by itself, and have as many values', () => {
    const wrong = (variables: string) => () => declared(`${namespace}${replicas}${variables}`)(0);
    expect(wrong('  program: { default: p, others: [q, r], with: namespaces }\n')).toThrow(
      'expected a variable that is drawn by itself: namespace, replicas',
    );
    expect(
      wrong('  one: { default: p, others: [q, r], with: namespace }\n  program: { default: p, with: one }\n'),
    ).toThrow('expected a variable that is drawn by itself');
    expect(wrong('  program: { default: p, others: [q], with: namespace }\n')).toThrow(
      /scenario\.yaml:\d+:\d+: expected as many as namespace has: 2/,
    );
  });
});
