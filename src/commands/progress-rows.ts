import { systemClock } from '../kernel/clock.ts';
import type { ScenarioEntry } from '../scenario/overview.ts';
import { foldProgress, readProgressRecords, renamedKeys } from '../session/progress.ts';
import { type ScenarioListRow, scenarioRows } from '../session/scenario-rows.ts';
import type { Services } from './services.ts';

/** Scenarios as lists show them: with what was achieved, and when they are due again. */
export async function rowsWithProgress(
  { paths }: Pick<Services, 'paths'>,
  entries: readonly ScenarioEntry[],
): Promise<ScenarioListRow[]> {
  const renamed = renamedKeys(entries.map((entry) => entry.pack));
  const records = await readProgressRecords(paths.state);
  const achieved = foldProgress(records, renamed);
  // Who has tried nothing has nothing to repeat, and does not wait for what says so.
  if (records.length === 0) return scenarioRows(entries, achieved);
  const { reviewsOf } = await import('../session/review.ts');
  return scenarioRows(entries, achieved, reviewsOf(entries, records, systemClock.now(), renamed));
}
