import { describe, expect, it } from 'vitest';
import { replayExchanges } from '../../scripts/conformance/replay.ts';

/** Topics without long streams; the whole is `npm run conformance -- exchanges`. */
describe('recorded exchanges', () => {
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
    const { agree, of, differ } = await replayExchanges(topic, rename);
    expect(agree / of, JSON.stringify(differ, undefined, 2)).toBeGreaterThanOrEqual(0.98);
  });
});
