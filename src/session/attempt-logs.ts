import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppendLog } from '../kernel/append-log.ts';
import { UserError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';
import type { Paths } from '../kernel/paths.ts';
import type { AttemptEvent } from './events.ts';

/** What an attempt may be called; a name is part of a path. */
const idPattern = /^[a-z0-9-]+$/;

/** The folder of all attempts, running or ended. */
export function attemptsFolder(paths: Pick<Paths, 'state'>): string {
  return join(paths.state, 'attempts');
}

/** The ids of all attempts that a log is kept of, in no order. */
export function attemptIds(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((id) => idPattern.test(id)) : [];
}

/** The log of an attempt; empty if there is none of that id. Rejects with an EnvironmentError that names a damaged line. */
export async function readAttemptLog(folder: string, id: string): Promise<AttemptEvent[]> {
  return idPattern.test(id) ? AppendLog.read<AttemptEvent>(join(folder, id, 'events.jsonl')) : [];
}

/** Whether the learner ever had the lab: a start that failed, was cancelled or is under way is no attempt to go on with. */
export function hasBegun(events: readonly AttemptEvent[]): boolean {
  return events.some((event) => event.type === 'activated');
}

/** The attempt that was started last, running or (unless `running`) ended; undefined if none ever began. */
export async function newestAttempt(folder: string, { running = false } = {}): Promise<string | undefined> {
  const begun = await Promise.all(
    attemptIds(folder).map(async (id) => {
      const events = await readAttemptLog(folder, id);
      const hasEnded = events.some((event) => event.type === 'stopped');
      return hasBegun(events) && !(running && hasEnded) ? [{ id, startedAt: events[0]?.t ?? 0 }] : [];
    }),
  );
  return begun.flat().sort((a, b) => b.startedAt - a.startedAt)[0]?.id;
}

/** An id that no attempt has, running or ended. */
export function unknownAttempt(id: string, known: readonly string[]): UserError {
  return new UserError({ what: `there is no attempt ${id}`, ...didYouMean(id, known), next: 'kubedrill status' });
}

/** An attempt that nobody can go on with or be graded for: its start failed, and only its log is kept. */
export function neverBegan(id: string, events: readonly AttemptEvent[]): UserError {
  const failed = events.findLast((event) => event.type === 'failed');
  return new UserError({
    what: `the attempt ${id} never began`,
    ...(failed && { why: [failed.what, failed.why].filter(Boolean).join(': ') }),
    next: failed?.next ?? 'kubedrill status',
  });
}
