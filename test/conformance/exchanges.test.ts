import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replayFile } from '../../scripts/conformance/replay.ts';

const folder = resolve('../shared/truth/exchanges');

/** Files without long streams; the whole is `npm run conformance -- exchanges`. */
describe.skipIf(!existsSync(folder))('recorded exchanges', () => {
  it.each([
    ['protocol', undefined],
    ['list', undefined],
    ['metadata', undefined],
    ['delete', undefined],
    ['authz', 'q'],
    ['expired', undefined],
    ['ssa', 'u'],
    ['crd', undefined],
  ])('of %s agree in 98 of 100 (renamed: %s)', async (topic, rename) => {
    const { agree, of, differ } = await replayFile(join(folder, `${topic}.jsonl`), rename);
    expect(agree / of, JSON.stringify(differ, undefined, 2)).toBeGreaterThanOrEqual(0.98);
  });
});
