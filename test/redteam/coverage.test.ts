import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkTypes } from '../../src/checks/registry.ts';
import { Catalog } from '../../src/scenario/catalog.ts';
import { readAttempts } from './steps.ts';

const root = join(import.meta.dirname, '..', '..');
const scenarios = [
  new Catalog(join(root, 'scenarios')).scenario('in-cluster-api-access/forbidden-deployment'),
  ...new Catalog(join(root, 'fixtures', 'packs')).scenarios().filter((scenario) => scenario.pack.id === 'samples'),
];

it('each sample has attacks and unusual solutions, and no others there are', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.yaml'));
  expect(files.sort()).toEqual(scenarios.flatMap(({ id }) => [`${id}.attacks.yaml`, `${id}.right.yaml`]).sort());
  expect(scenarios.length).toBeGreaterThanOrEqual(11);
});

it('each type of check is attacked at least five times, and there are enough of both kinds', () => {
  const aimed = new Map<string, number>([...checkTypes.keys()].map((type) => [type, 0]));
  let right = 0;
  for (const { id, checks } of scenarios) {
    for (const { name, caught } of readAttempts(`${id}.attacks.yaml`)) {
      expect(caught, `${id}: ${name}`).not.toEqual([]);
      const types = caught.map((checkId) => checks.find((check) => check.id === checkId)?.type);
      expect(types, `${id}: ${name}`).not.toContain(undefined);
      for (const type of new Set(types)) aimed.set(type ?? '', (aimed.get(type ?? '') ?? 0) + 1);
    }
    right += readAttempts(`${id}.right.yaml`).length;
  }
  for (const [type, count] of aimed) expect(count, type).toBeGreaterThanOrEqual(5);
  expect(right).toBeGreaterThanOrEqual(40);
});
