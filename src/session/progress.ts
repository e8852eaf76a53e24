import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock, Timer } from '../kernel/clock.ts';
import { EnvironmentError } from '../kernel/errors.ts';
import { readTextIfThere } from '../kernel/files.ts';
import { ownValue } from '../kernel/own.ts';
import type { Pack } from '../scenario/types.ts';
import { levelUsed } from './coach.ts';
import { type CoachLevel, coachLevels } from './coach-level.ts';
import type { AttemptEvent, ScenarioRef } from './events.ts';
import { isLocked } from './exam/lock.ts';
import { type AttemptFold, applyEvent, foldAttempt } from './fold.ts';

/**
 * One line of `progress.jsonl`: what of an attempt is a fact of the past, whatever becomes of the attempt. `t` is
 * milliseconds since 1970 and, with `attempt` and `type`, names the event: a line that was written twice counts once.
 * Kinds and fields are only ever added to version 1.
 */
export type ProgressRecord = {
  version: 1;
  t: number;
  pack: string;
  scenario: string;
  seed: number;
  attempt: string;
} & (
  | {
      /** A try began: set-up or a reset had ended. */
      type: 'began';
    }
  | {
      /** A try was solved, for the first time. */
      type: 'solved';
      score: number;
      max: number;
      /** Milliseconds that the clock ran. */
      worked: number;
      /** How many hints the attempt had taken by then. */
      hints: number;
      /** Whether the solutions had been looked at by then. */
      sawSolution: boolean;
      /** The highest coach level that the attempt had been helped at by then; missing in older lines. */
      level?: CoachLevel;
    }
  | {
      /** An attempt was ended before its last try was solved; `worked` on that. */
      type: 'ended';
      worked: number;
    }
);

/** All that was achieved at one scenario, over all attempts and their resets. */
export interface ScenarioProgress {
  solved: boolean;
  /** Of the solved tries, the highest. */
  best?: { score: number; max: number };
  /** Milliseconds that the fastest solved try took. */
  bestTime?: number;
  /** Of the solved tries, the lowest coach level that one needed; missing where that was not recorded. */
  level?: CoachLevel;
  /** Of the solved tries, the fewest hints that one had taken. */
  hints?: number;
  /** Tries begun: attempts, and their resets. */
  tries: number;
  /** When a try was last begun or solved, milliseconds since 1970. */
  lastAt: number;
}

/** What was achieved with one seed of a scenario. */
export type SeedProgress = ScenarioProgress & { seed: number };

/** By `<pack>/<scenario>`. */
export type Progress = ReadonlyMap<string, ScenarioProgress>;

const version = 1;
const newline = '\n'.charCodeAt(0);

/** How often a file that could not be written is tried again, milliseconds. */
const diskRetry = 1_000;

/** The key of a scenario in `Progress`. */
export function progressKey({ pack, id }: Pick<ScenarioRef, 'pack' | 'id'>): string {
  return `${pack}/${id}`;
}

/** Former keys of scenarios, with those they have now. */
export type RenamedKeys = ReadonlyMap<string, string>;

/** The keys that scenarios of these packs had before. */
export function renamedKeys(packs: readonly Pick<Pack, 'id' | 'renamed'>[]): RenamedKeys {
  return new Map(
    packs.flatMap(({ id, renamed }) =>
      Object.entries(renamed).map(([former, now]) => [`${id}/${former}`, `${id}/${now}`]),
    ),
  );
}

/** Where progress is kept; `folder` is kubedrill's state folder. */
export function progressFile(folder: string): string {
  return join(folder, 'progress.jsonl');
}

/**
 * What was achieved so far. `folder` is kubedrill's state folder; no daemon is needed. Lines that are damaged (a crash
 * tears the last one) or of a later version are skipped, nothing where there is no file. Rejects with the error of the
 * file system.
 */
export async function readProgress(folder: string, renamed?: RenamedKeys): Promise<Progress> {
  return foldProgress(await readRecords(progressFile(folder)), renamed);
}

/** Each thing that was achieved, in the order of the file; `readProgress` is what follows from them. */
export function readProgressRecords(folder: string): Promise<ProgressRecord[]> {
  return readRecords(progressFile(folder));
}

/** All records as they are kept, a line each; damaged lines are left out. `folder` is kubedrill's state folder. */
export async function progressText(folder: string): Promise<string> {
  const records = await readRecords(progressFile(folder));
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

/** The records of a text that `progressText` made, or the number of the first line, from 1, that is none. */
export function parseProgress(text: string): { records: ProgressRecord[] } | { line: number } {
  const records: ProgressRecord[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const value = parseLine(line);
    if (!isRecord(value)) return { line: index + 1 };
    records.push(value);
  }
  return { records };
}

/** Folds records, in whatever order two processes wrote them. */
export function foldProgress(records: readonly ProgressRecord[], renamed?: RenamedKeys): Map<string, ScenarioProgress> {
  const progress = new Map<string, ScenarioProgress>();
  for (const record of uniqueRecords(records).values()) takeRecord(progress, record, renamed);
  return progress;
}

/** The same, of each scenario by the seeds that it was tried with, in the order of the seeds. */
export function foldSeeds(records: readonly ProgressRecord[], renamed?: RenamedKeys): Map<string, SeedProgress[]> {
  const byScenario = Map.groupBy(uniqueRecords(records).values(), (record) => keyOfRecord(record, renamed));
  return new Map(
    [...byScenario].map(([key, own]) => [
      key,
      [...Map.groupBy(own, ({ seed }) => seed)]
        .map(([seed, tries]) => ({ seed, ...tries.reduce(withRecord, nothingYet) }))
        .sort((a, b) => a.seed - b.seed),
    ]),
  );
}

/** Which scenario a record is of, by the name that it has now. */
export function keyOfRecord({ pack, scenario }: ProgressRecord, renamed: RenamedKeys = new Map()): string {
  const recorded = progressKey({ pack, id: scenario });
  return renamed.get(recorded) ?? recorded;
}

const nothingYet: ScenarioProgress = { solved: false, tries: 0, lastAt: 0 };

function takeRecord(progress: Map<string, ScenarioProgress>, record: ProgressRecord, renamed?: RenamedKeys): void {
  const key = keyOfRecord(record, renamed);
  progress.set(key, withRecord(progress.get(key) ?? nothingYet, record));
}

function withRecord(before: ScenarioProgress, record: ProgressRecord): ScenarioProgress {
  const entry = { ...before, lastAt: Math.max(before.lastAt, record.t) };
  if (record.type === 'began') return { ...entry, tries: entry.tries + 1 };
  if (record.type === 'ended') return entry;
  const { score, max, worked, level, hints } = record;
  const isBest = !entry.best || score * entry.best.max > entry.best.score * max;
  return {
    ...entry,
    solved: true,
    ...(isBest && { best: { score, max } }),
    bestTime: Math.min(entry.bestTime ?? worked, worked),
    ...(level !== undefined && { level: Math.min(entry.level ?? level, level) as CoachLevel }),
    hints: Math.min(entry.hints ?? hints, hints),
  };
}

/** What of an event is progress; `fold` has taken the event in already. */
export function progressRecordOf(fold: AttemptFold, event: AttemptEvent): ProgressRecord | undefined {
  const { scenario, id: attempt } = fold;
  const common = {
    version,
    t: event.t,
    pack: scenario.pack,
    scenario: scenario.id,
    seed: scenario.seed,
    attempt,
  } as const;
  if (event.type === 'activated') return { ...common, type: 'began' };
  const { worked, hints, sawSolution } = fold;
  if (event.type === 'stopped' && fold.activatedAt !== undefined && fold.solvedAt === undefined)
    return { ...common, type: 'ended', worked };
  if (event.type !== 'solved') return undefined;
  const { score, max } = event;
  const level = levelUsed(fold);
  return { ...common, type: 'solved', score, max, worked, hints: hints.length, sawSolution, level };
}

/** What of an attempt's log is progress: nothing while it is part of an exam that goes on. */
export function progressRecordsOf(events: readonly AttemptEvent[]): ProgressRecord[] {
  const whole = foldAttempt(events);
  if (!whole || isLocked(whole)) return [];
  const [created, ...rest] = events;
  const fold = created && foldAttempt([created]);
  if (!fold) return [];
  return rest.flatMap((event) => {
    applyEvent(fold, event);
    return progressRecordOf(fold, event) ?? [];
  });
}

export interface ProgressLogOptions {
  clock: Clock;
  log(line: string): void;
  /** Former keys of scenarios. Default: none. */
  renamed?: RenamedKeys;
}

/**
 * The progress file for those who write it. Other processes may append, too: each record is one write at the end of the
 * file (O_APPEND), on the disk before `append` resolves.
 */
export class ProgressLog {
  readonly #file: string;
  readonly #options: ProgressLogOptions;
  /** By name: all that are in the file, or wait for it. */
  readonly #records: Map<string, ProgressRecord>;
  readonly #progress: Map<string, ScenarioProgress>;
  #waiting: ProgressRecord[] = [];
  #writing: Promise<void> = Promise.resolve();
  #retry: Timer | undefined;

  private constructor(file: string, records: readonly ProgressRecord[], options: ProgressLogOptions) {
    this.#file = file;
    this.#options = options;
    this.#records = uniqueRecords(records);
    this.#progress = foldProgress(records, options.renamed);
  }

  /** `folder` is kubedrill's state folder. A file that can't be read is logged; what is appended is appended to it. */
  static async open(folder: string, options: ProgressLogOptions): Promise<ProgressLog> {
    const file = progressFile(folder);
    const onDamage = (line: number) => options.log(`${file}:${line}: this line is damaged and is skipped`);
    const records = await readRecords(file, onDamage).catch((error: Error): ProgressRecord[] => {
      options.log(`progress cannot be read: ${error.message}`);
      return [];
    });
    return new ProgressLog(file, records, options);
  }

  /** What was achieved at a scenario, as far as this process knows. */
  of(scenario: Pick<ScenarioRef, 'pack' | 'id'>): ScenarioProgress | undefined {
    return this.#progress.get(progressKey(scenario));
  }

  /**
   * Keeps those of `records` that are new. Resolves when they are on the disk, or when they could not be written: that is
   * logged, and they are tried again until they can.
   */
  append(records: readonly ProgressRecord[]): Promise<void> {
    for (const record of records) {
      if (this.#records.has(nameOf(record))) continue;
      this.#records.set(nameOf(record), record);
      takeRecord(this.#progress, record, this.#options.renamed);
      this.#waiting.push(record);
    }
    return this.#write();
  }

  /** Writes what waits, if it can be written; nothing is tried again afterwards. */
  async close(): Promise<void> {
    await this.#write();
    this.#retry?.cancel();
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeWaiting());
    return this.#writing;
  }

  async #writeWaiting(): Promise<void> {
    const records = this.#waiting;
    if (records.length === 0) return;
    try {
      await appendLines(
        this.#file,
        records.map((record) => JSON.stringify(record)),
      );
      this.#waiting = this.#waiting.slice(records.length);
    } catch (error) {
      if (!this.#retry) this.#options.log(`progress cannot be written: ${(error as Error).message}`);
      this.#retry?.cancel();
      this.#retry = this.#options.clock.after(diskRetry, () => void this.#write());
      return;
    }
    this.#retry = undefined;
  }
}

function nameOf({ attempt, type, t }: ProgressRecord): string {
  return `${attempt} ${type} ${t}`;
}

/** By name: what was written twice counts once. */
export function uniqueRecords(records: readonly ProgressRecord[]): Map<string, ProgressRecord> {
  return new Map(records.map((record) => [nameOf(record), record]));
}

async function readRecords(
  file: string,
  onDamage: (line: number) => void = () => undefined,
): Promise<ProgressRecord[]> {
  const text = (await readTextIfThere(file)) ?? '';
  return text.split('\n').flatMap((line, index) => {
    if (line === '') return [];
    const value = parseLine(line);
    if (value === undefined) onDamage(index + 1);
    return isRecord(value) ? [value] : [];
  });
}

/** Undefined: it is no JSON. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The fields of each kind of record that are numbers. */
const numbersOf: Readonly<Record<string, readonly string[]>> = {
  began: ['t', 'seed'],
  solved: ['t', 'seed', 'score', 'max', 'worked', 'hints'],
  ended: ['t', 'seed', 'worked'],
};

function isRecord(value: unknown): value is ProgressRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  const numbers = ownValue(numbersOf, String(record.type));
  return (
    record.version === version &&
    numbers !== undefined &&
    (record.level === undefined || (coachLevels as readonly unknown[]).includes(record.level)) &&
    ['pack', 'scenario', 'attempt'].every((field) => typeof record[field] === 'string') &&
    numbers.every((field) => typeof record[field] === 'number')
  );
}

/** One write, so that lines of several processes don't mix. What a crash left of a line is ended before it. */
async function appendLines(file: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'a+', 0o600);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1, newline);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    const bytes = Buffer.from(`${last[0] === newline ? '' : '\n'}${lines.map((line) => `${line}\n`).join('')}`);
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten < bytes.length) {
      throw new EnvironmentError({ what: `${file} was written in part only`, next: 'make room on the disk' });
    }
    await handle.datasync();
    if (size === 0) await syncFolder(dirname(file));
  } finally {
    await handle.close();
  }
}

/** The name of a new file is on the disk once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
