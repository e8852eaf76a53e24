/** Indexed Jobs: which indexes are done, which failed for good, which are to be tried (KEP-2214, KEP-3850). */
import type { Job, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { parseIndexes } from './index-ranges.ts';
import { backOff, endedAt, hasFailed, indexOf, isTracked } from './job-pods.ts';
import { countsAsFailure, matchFailurePolicy } from './job-policies.ts';

const failureCountKey = 'batch.kubernetes.io/job-index-failure-count';
const ignoredCountKey = 'batch.kubernetes.io/job-index-ignored-failure-count';

export interface Indexes {
  /** Counted in earlier syncs. */
  known: ReadonlySet<number>;
  succeeded: Set<number>;
  /** Undefined without backoffLimitPerIndex. */
  failed: Set<number> | undefined;
  /** With backoffLimitPerIndex: the last failed Pod of each index that has no other Pod; it stays until it is replaced. */
  waiting: ReadonlyMap<number, Stored<Pod>>;
}

/** The state of all indexes; `active` are the Pods that run. */
export function observeIndexes(job: Job, all: readonly Stored<Pod>[], active: readonly Stored<Pod>[]): Indexes {
  const completions = job.spec?.completions ?? 0;
  const known = parseIndexes(job.status?.completedIndexes, completions);
  const succeeded = new Set(known);
  for (const pod of valid(all, completions)) {
    if (pod.status?.phase === 'Succeeded') succeeded.add(indexOf(pod) ?? 0);
  }
  if (job.spec?.backoffLimitPerIndex === undefined) return { known, succeeded, failed: undefined, waiting: new Map() };
  const failed = parseIndexes(job.status?.failedIndexes, completions);
  for (const pod of valid(all, completions)) if (isFinal(job, pod)) failed.add(indexOf(pod) ?? 0);
  const running = new Set(active.map(indexOf));
  const waiting = new Map<number, Stored<Pod>>();
  for (const pod of valid(all, completions)) {
    const index = indexOf(pod) ?? 0;
    if (!hasFailed(job, pod) || succeeded.has(index) || failed.has(index) || running.has(index)) continue;
    const other = waiting.get(index);
    if (!other || isLater(pod, other)) waiting.set(index, pod);
  }
  return { known, succeeded, failed, waiting };
}

/** Pods that are not counted yet and whose index is one of the Job's. */
function valid(all: readonly Stored<Pod>[], completions: number): Stored<Pod>[] {
  return all.filter((pod) => isTracked(pod) && hasValidIndex(pod, completions));
}

export function hasValidIndex(pod: Pod, completions: number): boolean {
  return (indexOf(pod) ?? completions) < completions;
}

function isLater(pod: Stored<Pod>, other: Stored<Pod>): boolean {
  return failuresOf(pod) >= failuresOf(other) && endedAt(pod) >= endedAt(other);
}

/** Its index will not be tried again. */
function isFinal(job: Job, pod: Stored<Pod>): boolean {
  if (!hasFailed(job, pod)) return false;
  const match = matchFailurePolicy(job, pod);
  if (match?.action === 'FailIndex') return true;
  return match?.action !== 'Ignore' && numberOf(pod, failureCountKey) >= (job.spec?.backoffLimitPerIndex ?? 0);
}

/** The lowest `count` indexes that have no Pod and need one. `taken`: Pods that are still in the way. */
export function pendingIndexes(
  { succeeded, failed }: Indexes,
  taken: readonly Stored<Pod>[],
  count: number,
  completions: number,
): number[] {
  const busy = new Set(taken.map(indexOf));
  const result: number[] = [];
  for (let index = 0; index < completions && result.length < count; index++) {
    if (!succeeded.has(index) && !failed?.has(index) && !busy.has(index)) result.push(index);
  }
  return result;
}

/** Of `indexes` those that need not wait; if all must, how long (ms) until the first may go on. */
export function dueIndexes(
  indexes: readonly number[],
  { waiting }: Indexes,
  now: number,
): { due: number[]; wait: number } {
  const waits = indexes.map((index) => {
    const last = waiting.get(index);
    return last ? backOff({ count: failuresOf(last) + 1, last: endedAt(last) }, now) : 0;
  });
  const due = indexes.filter((_, i) => waits[i] === 0);
  return { due, wait: due.length > 0 || indexes.length === 0 ? 0 : Math.min(...waits) };
}

/** How often the index of the new Pod has failed: its annotations go on where those of `last` are. */
export function failureAnnotations(job: Job, last: Stored<Pod> | undefined): Record<string, string> {
  let failures = last ? numberOf(last, failureCountKey) : 0;
  let ignored = last ? numberOf(last, ignoredCountKey) : 0;
  if (last && countsAsFailure(job, last)) failures++;
  else if (last) ignored++;
  return { [failureCountKey]: String(failures), ...(ignored > 0 && { [ignoredCountKey]: String(ignored) }) };
}

function failuresOf(pod: Stored<Pod>): number {
  return numberOf(pod, failureCountKey) + numberOf(pod, ignoredCountKey);
}

function numberOf({ metadata }: Stored<Pod>, key: string): number {
  return Number.parseInt(metadata.annotations?.[key] ?? '', 10) || 0;
}
