import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppendLog } from '../../kernel/append-log.ts';
import { UserError } from '../../kernel/errors.ts';
import { didYouMean } from '../../kernel/nearest.ts';
import type { SittingEvent } from './events.ts';
import { foldSitting, goesOn, type SittingFold } from './fold.ts';

/** What a sitting may be called; a name is part of a path. */
const idPattern = /^[a-z0-9-]+$/;

/** The folder of all sittings, those that go on and those that are over; `state` is kubedrill's state folder. */
export function sittingsFolder({ state }: { state: string }): string {
  return join(state, 'exams');
}

/** The ids of all sittings, in no order. */
export function sittingIds(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((id) => idPattern.test(id)) : [];
}

export function sittingLog(folder: string, id: string): string {
  return join(folder, id, 'events.jsonl');
}

/** A sitting by id; undefined if there is none. Rejects with an EnvironmentError that names a damaged line. */
export async function readSitting(folder: string, id: string): Promise<SittingFold | undefined> {
  return idPattern.test(id) ? foldSitting(await AppendLog.read<SittingEvent>(sittingLog(folder, id))) : undefined;
}

/** All sittings that can be read, the newest first. */
export async function readSittings(folder: string): Promise<SittingFold[]> {
  // Whoever asks for a damaged one by its id is notified what is wrong with it.
  const read = sittingIds(folder).map((id) => readSitting(folder, id).catch(() => undefined));
  const folds = (await Promise.all(read)).filter((fold) => fold !== undefined);
  return folds.sort((a, b) => b.createdAt - a.createdAt);
}

/** The one that goes on, or undefined. */
export async function runningSitting(folder: string): Promise<SittingFold | undefined> {
  return (await readSittings(folder)).find(goesOn);
}

/** An id that no sitting has. */
export function unknownSitting(folder: string, id: string): UserError {
  return new UserError({
    what: `there is no sitting ${id}`,
    ...didYouMean(id, sittingIds(folder)),
    next: 'kubedrill exam list',
  });
}
