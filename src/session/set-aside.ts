import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppendLog } from '../kernel/append-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { EnvironmentError, type ErrorText } from '../kernel/errors.ts';
import { replaceFile } from '../kernel/files.ts';
import type { Scenario } from '../scenario/types.ts';
import { describeAttempt } from './attempt-state.ts';
import { checkView } from './coach.ts';
import type { AttemptEvent } from './events.ts';
import { lockedState } from './exam/lock.ts';
import { type AttemptFold, foldAttempt } from './fold.ts';
import { asVerdict, reportOf } from './report.ts';
import type { AttemptState } from './types.ts';

/** An attempt that is not taken up, and why; all that it has come to is shown as its log tells it. */
export interface SetAside {
  fold: AttemptFold;
  scenario: Scenario;
  /** As of its last event. */
  state: AttemptState;
  error: EnvironmentError;
}

/** Reads an attempt that is set aside. Throws if its log does not hold one. */
export function setAside(events: readonly AttemptEvent[], scenario: Scenario, reason: ErrorText): SetAside {
  const fold = foldAttempt(events);
  const report = reportOf(events, scenario);
  if (!fold || !report) throw new EnvironmentError({ what: 'the log of the attempt holds none' });
  const { score, max, solved } = report;
  const state = lockedState(fold, {
    ...describeAttempt(scenario, fold, fold.lastEventAt),
    phase: 'failed',
    failure: reason,
    running: false,
    verdicts: report.checks.map((check) => checkView(asVerdict(check), fold)),
    score,
    max,
    solved,
    wasSolved: solved,
  });
  return { fold, scenario, state, error: new EnvironmentError(reason) };
}

const markSchema = z.object({
  what: z.string(),
  why: z.string().optional(),
  next: z.string().optional(),
});

/** Where it is marked. */
export const markFile = (folder: string) => join(folder, 'set-aside.json');

/** Marks an attempt, by its folder: it is not taken up until somebody asks for that. */
export async function markSetAside(folder: string, reason: ErrorText): Promise<void> {
  if (existsSync(folder)) await replaceFile(markFile(folder), JSON.stringify(reason));
}

/** Why an attempt was marked; undefined: it was not. */
export async function readMark(folder: string): Promise<ErrorText | undefined> {
  let text: string;
  try {
    text = await readFile(markFile(folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = markSchema.safeParse(jsonOf(text));
  return parsed.success ? parsed.data : { what: 'the attempt is set aside', why: `${markFile(folder)} is damaged` };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema refuses it.
    return undefined;
  }
}

/** Notes the end of an attempt that nobody has open. */
export async function noteStopped(file: string, clock: Clock): Promise<void> {
  const { log } = await AppendLog.open<AttemptEvent>(file);
  await log.append({ t: clock.now(), type: 'stopped' });
  await log.close();
}
