import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtinResources } from '../../src/embedded/resources/index.ts';
import type { Stored } from '../../src/kube/meta.ts';
import { apiVersionOf } from '../../src/kube/meta.ts';

interface Pair {
  /** `apps/v1/deployments`. */
  resource: string;
  recordTime: string;
  object: Stored;
  cells: unknown[];
  conditions?: unknown[];
}

const pairs = readFileSync(new URL('../../fixtures/kubernetes/tables/pairs.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Pair);

/** A cell that shows an age, which the recording's clock rounds differently by up to two seconds. */
const age = /^(\d+[smhdy])+$/;
const sameCell = (expected: unknown, actual: unknown) =>
  expected === actual ||
  (typeof expected === 'string' && typeof actual === 'string' && looseAges(expected) === looseAges(actual));
const looseAges = (text: string) =>
  text
    .split(' ')
    .map((word) => (age.test(word.replace(/^\(/, '')) ? '#' : word))
    .join(' ');

describe('table rows', () => {
  for (const definition of builtinResources) {
    const name = `${apiVersionOf(definition)}/${definition.resource}`;
    const own = pairs.filter((pair) => pair.resource === name);
    if (own.length === 0) continue;
    it(`prints ${name} as kube-apiserver does (${own.length} recorded rows)`, () => {
      for (const { object, recordTime, cells, conditions } of own) {
        const actual = definition.cells(object, Date.parse(recordTime));
        const differs = cells.length !== actual.length || cells.some((cell, i) => !sameCell(cell, actual[i]));
        if (differs) expect(actual, object.metadata.name).toEqual(cells);
        // Rows of IPAddresses have an age that no column names: Kubernetes' own slip.
        const extra = definition.resource === 'ipaddresses' ? 1 : 0;
        expect(actual).toHaveLength(definition.columns.length + extra);
        expect(definition.rowConditions?.(object) ?? null).toEqual(conditions ?? null);
      }
    });
  }
});
