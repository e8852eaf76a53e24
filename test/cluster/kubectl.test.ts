import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureKubectl } from '../../src/cluster/kubectl/kubectl.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

describe('a kubectl', () => {
  it('is not fetched because Ctrl-C has ended the one that was asked for its version', async () => {
    const folder = temporaryFolder();
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    // The terminal sends it to all of its foreground.
    writeFileSync(join(bin, 'kubectl'), '#!/bin/sh\nkill -INT $$\n', { mode: 0o755 });
    const interrupted = new AbortController();
    const steps: string[] = [];
    const options = {
      cache: join(folder, 'cache'),
      env: { PATH: [bin, process.env.PATH].join(delimiter) },
      signal: interrupted.signal,
    };
    const ensured = ensureKubectl(options, (step) => steps.push(step));
    interrupted.abort(new Error('interrupted'));
    await expect(ensured).rejects.toThrow('interrupted');
    expect(steps).toEqual([]);
    expect(existsSync(options.cache)).toBe(false);
  });

  it('is no longer fetched after Ctrl-C, and nothing half-done stays', async () => {
    const folder = temporaryFolder();
    const interrupted = new AbortController();
    const steps: string[] = [];
    const options = { cache: join(folder, 'cache'), env: { PATH: '' }, signal: interrupted.signal };
    const ensured = ensureKubectl(options, (step) => {
      steps.push(step);
      interrupted.abort(new Error('interrupted'));
    });
    await expect(ensured).rejects.toThrow('interrupted');
    expect(steps).toEqual(['fetching kubectl from the official release']);
    expect(existsSync(options.cache)).toBe(false);
  });
});
