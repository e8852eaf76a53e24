import { expect, it } from 'vitest';
import type { AppendLog } from '../../src/kernel/append-log.ts';
import { ManualClock } from '../../src/kernel/clock.ts';
import type { AttemptEvent } from '../../src/session/events.ts';
import { type AttemptFold, foldAttempt } from '../../src/session/fold.ts';
import { Recorder } from '../../src/session/recorder.ts';

const created: AttemptEvent = {
  ...{ t: 0, type: 'created', version: 1, id: 'one', title: 'One', minutes: 5 },
  ...{ scenario: { pack: 'mine', id: 'first', seed: 0 }, on: { provider: 'embedded' } },
};

/** A recorder whose disk is full for as long as `disk.full`. */
function recording() {
  const disk = { full: false, tries: 0, written: [] as AttemptEvent[] };
  const waiting: AttemptEvent[] = [];
  const flush = async () => {
    disk.tries++;
    if (disk.full) throw new Error('ENOSPC');
    disk.written.push(...waiting.splice(0));
  };
  const log = {
    file: 'events.jsonl',
    append: (event: AttemptEvent) => {
      waiting.push(event);
      return flush();
    },
    flush,
    close: async () => undefined,
  };
  const clock = new ManualClock();
  const stop = new AbortController();
  const reported: string[] = [];
  const fold = foldAttempt([created]) as AttemptFold;
  const recorder = new Recorder(log as Partial<AppendLog<AttemptEvent>> as AppendLog<AttemptEvent>, fold, {
    clock,
    signal: stop.signal,
    onTrouble: (reason) => reported.push(reason),
    onWritten: async () => void reported.push('written'),
  });
  return { recorder, disk, clock, stop, reported, fold };
}

it('takes an event into the fold at once, and writes it', async () => {
  const { recorder, disk, fold, reported } = recording();
  const written = recorder.record({ type: 'step', text: 'pulling images' });
  expect(fold.step).toBe('pulling images');
  await written;
  expect(disk.written).toMatchObject([{ type: 'step', text: 'pulling images' }]);
  expect(reported).toEqual(['written']);
});

it('tries again what could not be written, until it can be, and tells of both', async () => {
  const { recorder, disk, clock, fold, reported } = recording();
  disk.full = true;
  await recorder.record({ type: 'solution' });
  expect(fold.sawSolution).toBe(true);
  expect(reported).toEqual(['events.jsonl cannot be written: ENOSPC']);
  await clock.advance(1_000);
  expect(reported).toHaveLength(2);
  disk.full = false;
  await clock.advance(1_000);
  expect(reported.at(-1)).toBe('written');
  expect(disk.written).toMatchObject([{ type: 'solution' }]);
});

it('tries nothing again once the attempt is closed', async () => {
  const { recorder, disk, clock, stop, reported } = recording();
  disk.full = true;
  await recorder.record({ type: 'solution' });
  stop.abort();
  await recorder.record({ type: 'stopped' });
  await recorder.close();
  await clock.advance(10_000);
  expect(reported).toHaveLength(1);
  expect(disk.tries).toBe(2);
});
