import { describe, expect, it } from 'vitest';
import { parallelOn, parseParallel } from '../../src/commands/parallel.ts';

const GiB = 1024 ** 3;

describe('clusters at the same time', () => {
  it('are a whole number from 1 to 256', () => {
    expect(parseParallel('1')).toBe(1);
    expect(parseParallel('256')).toBe(256);
  });

  it.each(['', 'x', '0', '-1', '1.5', '2x', '257', '1e2', ' 4'])('are not %j', (text) =>
    expect(() => parseParallel(text)).toThrow('from 1 to 256, as in --parallel 8'),
  );

  it('are as many embedded ones as the cores bear', () => {
    expect(parallelOn('embedded', { cores: 2, freeBytes: 16 * GiB })).toBe(72);
    expect(parallelOn('embedded', { cores: 64, freeBytes: 512 * GiB })).toBe(256);
  });

  it('are fewer where memory is short, and at least one', () => {
    expect(parallelOn('embedded', { cores: 8, freeBytes: GiB })).toBe(12);
    expect(parallelOn('embedded', { cores: 8, freeBytes: 0 })).toBe(1);
  });

  it('are few where a cluster is a machine or somebody else’s', () => {
    expect(parallelOn('kind')).toBe(2);
    expect(parallelOn('kubeconfig')).toBe(1);
  });
});
