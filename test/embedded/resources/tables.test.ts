import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtinResources } from '../../../src/embedded/resources/index.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { apiVersionOf } from '../../../src/kube/meta.ts';

interface Pair {
  /** `apps/v1/deployments`. */
  resource: string;
  recordTime: string;
  object: Stored;
  cells: unknown[];
  conditions?: unknown[];
}

const pairs = readFileSync(new URL('../../../fixtures/kubernetes/tables/pairs.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Pair);

/** Seconds of an age as Tables show it; undefined if the word is none. */
function ageOf(word: string): number | undefined {
  if (!/^(\d+[smhdy])+$/.test(word)) return undefined;
  const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, y: 31_536_000 };
  let seconds = 0;
  for (const [, count, unit = ''] of word.matchAll(/(\d+)([smhdy])/g)) seconds += Number(count) * (units[unit] ?? 0);
  return seconds;
}

/** Recorded times are whole seconds, and the recorder read its clock after the answer. */
const ageTolerance = 2;

function sameWord(expected: string, actual: string): boolean {
  if (expected === actual) return true;
  const [one, other] = [ageOf(expected.replace(/^\(/, '')), ageOf(actual.replace(/^\(/, ''))];
  return one !== undefined && other !== undefined && Math.abs(one - other) <= ageTolerance;
}

function sameCell(expected: unknown, actual: unknown): boolean {
  if (typeof expected !== 'string' || typeof actual !== 'string') return expected === actual;
  const [words, others] = [expected.split(' '), actual.split(' ')];
  return words.length === others.length && words.every((word, i) => sameWord(word, others[i] ?? ''));
}

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
