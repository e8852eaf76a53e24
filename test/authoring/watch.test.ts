import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Change, watchPacks } from '../../src/authoring/watch.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const samples = join(import.meta.dirname, '..', '..', 'fixtures', 'packs', 'samples');

/** Watches a pack of two scenarios. `next` resolves with what is reported next. */
function watched() {
  const folder = join(temporaryFolder(), 'mine');
  for (const part of ['pack.yaml', 'broken-image', 'closed-door']) {
    cpSync(join(samples, part), join(folder, part), { recursive: true });
  }
  const over = new AbortController();
  const reported: Change[][] = [];
  let arrived: () => void = () => undefined;
  const ended = watchPacks({
    folders: [folder],
    clock: systemClock,
    signal: over.signal,
    onChange: async (changes) => {
      reported.push(changes);
      arrived();
    },
  }).catch((reason: unknown) => reason);
  const next = async () => {
    if (reported.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
    return reported.shift();
  };
  return { folder, over, ended, next };
}

it('tells which scenarios changed, came or went, and ends when it is told to', async () => {
  const { folder, over, ended, next } = watched();
  const pack = { folder, pack: true };
  writeFileSync(join(folder, 'closed-door', 'task.md'), 'Open it.\n');
  expect(await next()).toEqual([{ folder, scenario: 'closed-door' }]);
  // Written, but as it was: not worth a word.
  const file = join(folder, 'broken-image', 'task.md');
  writeFileSync(file, readFileSync(file));
  writeFileSync(join(folder, 'pack.yaml'), 'kind: Pack\n');
  expect(await next()).toEqual([pack]);
  cpSync(join(samples, 'fast-disk'), join(folder, 'fast-disk'), { recursive: true });
  expect(await next()).toEqual([pack, { folder, scenario: 'fast-disk' }]);
  rmSync(join(folder, 'broken-image'), { recursive: true });
  expect(await next()).toEqual([pack]);
  over.abort('enough');
  expect(await ended).toBe('enough');
});

it('says that there is nothing to watch any more', async () => {
  const { folder, ended } = watched();
  rmSync(folder, { recursive: true });
  expect(await ended).toMatchObject({ text: { what: `${folder} cannot be watched` } });
});
