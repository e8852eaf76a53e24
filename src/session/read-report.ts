import { UserError } from '../kernel/errors.ts';
import type { Paths } from '../kernel/paths.ts';
import type { Catalog } from '../scenario/catalog.ts';
import {
  attemptIds,
  attemptsFolder,
  hasBegun,
  neverBegan,
  newestAttempt,
  readAttemptLog,
  unknownAttempt,
} from './attempt-logs.ts';
import { referenceOf } from './comparison.ts';
import { requireUnlocked } from './exam/lock.ts';
import { foldAttempt } from './fold.ts';
import { progressKey, readProgress, renamedKeys } from './progress.ts';
import { type AttemptReport, isWhole, reportOf } from './report.ts';
import { scenarioAt } from './scenario-ref.ts';

export interface ReadReportOptions {
  paths: Paths;
  catalog: Catalog;
  /** Version and build of the kubedrill that writes it. */
  version: string;
  /** Default: the attempt that was started last. */
  id?: string | undefined;
}

/** The report of an attempt from what is on the disk, running or ended; a UserError if there is none. */
export async function readReport({ paths, catalog, version, id: wanted }: ReadReportOptions): Promise<AttemptReport> {
  const folder = attemptsFolder(paths);
  const id = wanted ?? (await newestAttempt(folder));
  if (id === undefined) throw new UserError({ what: 'there is no attempt yet', next: 'kubedrill start <scenario>' });
  const events = await readAttemptLog(folder, id);
  const [first] = events;
  if (first?.type !== 'created') throw unknownAttempt(id, attemptIds(folder));
  if (!hasBegun(events)) throw neverBegan(id, events);
  const fold = foldAttempt(events);
  if (fold) requireUnlocked(fold);
  const scenario = scenarioAt(catalog, first.scenario);
  const achieved = await readProgress(paths.state, renamedKeys([scenario.pack]));
  const created = reportOf(events, scenario, version, {
    best: achieved.get(progressKey({ pack: scenario.pack.id, id: scenario.id }))?.bestTime,
    reference: referenceOf(scenario),
  });
  if (!created || !isWhole(created)) throw unknownAttempt(id, attemptIds(folder));
  return created;
}
