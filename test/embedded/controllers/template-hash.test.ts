import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { safeEncode, templateHash } from '../../../src/embedded/controllers/workloads/template-hash.ts';
import type { PodTemplateSpec } from '../../../src/kube/api.gen.ts';

interface Pair {
  hash: string;
  template: PodTemplateSpec;
  collisionCount?: number;
}

const file = new URL('../../../fixtures/kubernetes/template-hashes.jsonl', import.meta.url);
const pairs = readFileSync(file, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Pair);

describe('pod-template-hash', () => {
  it.each(pairs)('is $hash as on a real cluster', ({ hash, template, collisionCount }) => {
    expect(templateHash(template, collisionCount)).toBe(hash);
  });

  it('does not depend on the order of keys', () => {
    const template = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
    const other = { spec: { containers: [{ image: 'x', name: 'c' }] }, metadata: { labels: { b: '2', a: '1' } } };
    expect(templateHash(other)).toBe(templateHash(template));
  });

  it('takes empty lists and maps for none, as protobuf does', () => {
    const template = { spec: { containers: [{ name: 'c' }] } };
    const empty = { spec: { containers: [{ name: 'c', command: [], env: [] }], nodeSelector: {} } };
    expect(templateHash(empty)).toBe(templateHash(template));
  });

  it('is written with letters that form no words', () => expect(safeEncode('0123456789')).toBe('456789bcdf'));
});
