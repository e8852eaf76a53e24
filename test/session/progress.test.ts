import { appendFileSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ManualClock } from '../../src/kernel/clock.ts';
import type { AttemptEvent } from '../../src/session/events.ts';
import {
  foldProgress,
  ProgressLog,
  type ProgressRecord,
  progressFile,
  progressRecordsOf,
  readProgress,
} from '../../src/session/progress.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const common = { version: 1, pack: 'p', scenario: 'a', seed: 1 } as const;

function began(attempt: string, t: number): ProgressRecord {
  return { ...common, attempt, t, type: 'began' };
}

function solved(attempt: string, t: number, score: number, worked: number): ProgressRecord {
  return { ...common, attempt, t, type: 'solved', score, max: 100, worked, hints: 0, sawSolution: false };
}

async function openLog(folder: string, { clock = new ManualClock(), log = (_: string): void => undefined } = {}) {
  return ProgressLog.open(folder, { clock, log });
}

it('is the best of all tries, in whatever order they were written', () => {
  const records = [
    began('one', 1),
    solved('one', 5, 90, 4_000),
    began('two', 10),
    solved('two', 20, 100, 9_000),
    began('three', 30),
  ];
  const expected = { solved: true, best: { score: 100, max: 100 }, bestTime: 4_000, hints: 0, tries: 3, lastAt: 30 };
  expect(foldProgress(records).get('p/a')).toEqual(expected);
  expect(foldProgress(records.toReversed()).get('p/a')).toEqual(expected);
  expect(foldProgress([began('one', 1)]).get('p/a')).toEqual({ solved: false, tries: 1, lastAt: 1 });
});

it('is read from the log of an attempt of any version: each try, with its own time', () => {
  const events: AttemptEvent[] = [
    { t: 0, type: 'created', version: 1, id: 'one', scenario: { ...common, id: 'a' }, title: 'A', minutes: 5 },
    { t: 10, type: 'activated' },
    { t: 20, type: 'hint', index: 0, price: 5 },
    { t: 40, type: 'solved', score: 95, max: 100 },
    { t: 50, type: 'resetting' },
    { t: 60, type: 'activated' },
    { t: 70, type: 'stopped' },
  ];
  expect(progressRecordsOf(events)).toEqual([
    began('one', 10),
    { ...solved('one', 40, 95, 30), hints: 1, level: 2 },
    began('one', 60),
    { ...common, attempt: 'one', t: 70, type: 'ended', worked: 10 },
  ]);
  expect(progressRecordsOf([])).toEqual([]);
});

it('is on the disk once it was appended, and counts once however often it is told', async () => {
  const folder = temporaryFolder();
  expect(await readProgress(folder)).toEqual(new Map());
  const log = await openLog(folder);
  await log.append([began('one', 1), solved('one', 5, 100, 4_000)]);
  await log.append([began('one', 1)]);
  expect(readFileSync(progressFile(folder), 'utf8').split('\n')).toHaveLength(3);
  expect((await readProgress(folder)).get('p/a')).toMatchObject({ solved: true, tries: 1 });
  expect(log.of({ pack: 'p', id: 'a' })?.solved).toBe(true);
  const again = await openLog(folder);
  await again.append([solved('one', 5, 100, 4_000)]);
  expect(again.of({ pack: 'p', id: 'a' })).toEqual(log.of({ pack: 'p', id: 'a' }));
  expect(readFileSync(progressFile(folder), 'utf8').split('\n')).toHaveLength(3);
});

it('takes the lines of two writers, each whole', async () => {
  const folder = temporaryFolder();
  const logs = await Promise.all([openLog(folder), openLog(folder)]);
  await Promise.all(
    logs.flatMap((log, writer) => Array.from({ length: 25 }, (_, n) => log.append([began(`${writer}`, n)]))),
  );
  expect((await readProgress(folder)).get('p/a')?.tries).toBe(50);
});

it('loses nothing to a torn line: what follows begins a line of its own', async () => {
  const folder = temporaryFolder();
  await (await openLog(folder)).append([solved('one', 5, 100, 4_000)]);
  appendFileSync(progressFile(folder), '{"version":1,"t":9,"ty');
  const damage: string[] = [];
  const log = await openLog(folder, { log: (line) => damage.push(line) });
  expect(damage).toEqual([expect.stringContaining('progress.jsonl:2: this line is damaged')]);
  await log.append([began('two', 10)]);
  expect((await readProgress(folder)).get('p/a')).toMatchObject({ solved: true, tries: 1, lastAt: 10 });
});

it('passes over lines of a later version', async () => {
  const folder = temporaryFolder();
  const lines = [{ ...solved('one', 5, 100, 4_000), version: 2 }, { ...began('one', 1), type: 'reviewed' }, 7, null];
  writeFileSync(progressFile(folder), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect(await readProgress(folder)).toEqual(new Map());
});

it('tries again what could not be written, and says so once', async () => {
  const folder = temporaryFolder();
  const clock = new ManualClock();
  const reported: string[] = [];
  const log = await openLog(folder, { clock, log: (line) => reported.push(line) });
  // Nothing can be appended to a folder.
  mkdirSync(join(folder, 'progress.jsonl'));
  await log.append([began('one', 1)]);
  await log.append([solved('one', 5, 100, 4_000)]);
  expect(reported).toEqual([expect.stringContaining('progress cannot be written')]);
  rmdirSync(join(folder, 'progress.jsonl'));
  await clock.advance(1_000);
  await log.close();
  expect((await readProgress(folder)).get('p/a')).toMatchObject({ solved: true, tries: 1 });
});
