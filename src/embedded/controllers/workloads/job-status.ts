/** How a Job stands: what its Pods add up to, whether it has failed or succeeded, and the conditions that say so. */
import type { Job, JobCondition, JobStatus, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { timestamp } from '../../registry/metadata.ts';
import { isActive, isReady } from '../pod-control.ts';
import { hasValidIndex, type Indexes, observeIndexes } from './job-indexes.ts';
import { addFailures, type Failures, hasFailed, isIndexed, isTerminating, isTracked } from './job-pods.ts';
import { countsAsFailure, matchFailurePolicy, matchSuccessPolicy } from './job-policies.ts';

export type Verdict = Required<Pick<JobCondition, 'type' | 'reason' | 'message'>>;

/** One sync's view of a Job; numbers follow what the sync does. */
export interface JobRun {
  job: Stored<Job>;
  now: number;
  pods: readonly Stored<Pod>[];
  activePods: readonly Stored<Pod>[];
  active: number;
  ready: number;
  terminating: number;
  /** With what is not counted yet. */
  succeeded: number;
  failed: number;
  indexes: Indexes | undefined;
  failures: Failures | undefined;
  /** How it will end (SuccessCriteriaMet, FailureTarget); undefined while that is open. */
  verdict: Verdict | undefined;
  /** What will be written. */
  status: JobStatus;
}

export function conditionTrue(status: JobStatus | undefined, type: string): JobCondition | undefined {
  return status?.conditions?.find((c) => c.type === type && c.status === 'True');
}

export function isFinished({ status }: Job): boolean {
  return conditionTrue(status, 'Complete') !== undefined || conditionTrue(status, 'Failed') !== undefined;
}

export function isSuspended({ spec }: Job): boolean {
  return spec?.suspend === true;
}

/** Counts the Pods of a Job. `before`: its failures in a row, as the last sync left them. */
export function observe(
  job: Stored<Job>,
  pods: readonly Stored<Pod>[],
  before: Failures | undefined,
  now: number,
): JobRun {
  const { status } = job;
  const activePods = pods.filter(isActive);
  const completions = job.spec?.completions ?? 0;
  const uncounted = { succeeded: [], failed: [], ...status?.uncountedTerminatedPods };
  const fresh = (seen: readonly string[]) =>
    pods
      .filter((pod) => isTracked(pod) && !seen.includes(pod.metadata.uid))
      .filter((pod) => !isIndexed(job) || hasValidIndex(pod, completions));
  const succeeded = fresh(uncounted.succeeded).filter((pod) => pod.status?.phase === 'Succeeded');
  const failed = fresh(uncounted.failed).filter((pod) => hasFailed(job, pod));
  const indexes = isIndexed(job) ? observeIndexes(job, pods, activePods) : undefined;
  return {
    job,
    now,
    pods,
    activePods,
    active: activePods.length,
    ready: activePods.filter(isReady).length,
    terminating: pods.filter(isTerminating).length,
    succeeded: indexes
      ? indexes.succeeded.size
      : (status?.succeeded ?? 0) + uncounted.succeeded.length + succeeded.length,
    failed: (status?.failed ?? 0) + uncounted.failed.length + failed.filter((pod) => countsAsFailure(job, pod)).length,
    indexes,
    failures: addFailures(before, succeeded, failed),
    verdict: undefined,
    status: {
      ...status,
      ...(!status?.startTime && !isSuspended(job) && { startTime: timestamp(now) }),
      uncountedTerminatedPods: { ...status?.uncountedTerminatedPods },
    },
  };
}

/** How the Job will end, if that is known before its Pods are managed. */
export function verdictOf(run: JobRun): Verdict | undefined {
  const { job, indexes } = run;
  const known = conditionTrue(job.status, 'SuccessCriteriaMet') ?? conditionTrue(job.status, 'FailureTarget');
  if (known) return { type: known.type, reason: known.reason ?? '', message: known.message ?? '' };
  const failure = failureOf(run);
  if (failure) return { type: 'FailureTarget', ...failure };
  const met = indexes && matchSuccessPolicy(job, indexes.succeeded);
  return met === undefined ? undefined : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: met };
}

function failureOf(run: JobRun): Omit<Verdict, 'type'> | undefined {
  const { job, pods, indexes } = run;
  const { backoffLimit = 6, maxFailedIndexes, completions = 0 } = job.spec ?? {};
  for (const pod of pods) {
    const match = hasFailed(job, pod) ? matchFailurePolicy(job, pod) : undefined;
    if (match?.action === 'FailJob') return { reason: 'PodFailurePolicy', message: match.message };
  }
  if (run.failed > backoffLimit || isPastRestartLimit(job, pods)) {
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  if ((deadlineIn(run) ?? 1) <= 0) {
    return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  const failed = indexes?.failed?.size ?? 0;
  if (maxFailedIndexes !== undefined && failed > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return { reason: 'MaxFailedIndexesExceeded', message };
  }
  if (failed > 0 && failed + run.succeeded >= completions) {
    return { reason: 'FailedIndexes', message: 'Job has failed indexes' };
  }
  return undefined;
}

/** What is left of activeDeadlineSeconds (ms), not above zero when it is over; undefined: there is none that runs. */
export function deadlineIn({ job, status, now }: JobRun): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds;
  if (seconds === undefined || !status.startTime || isSuspended(job)) return undefined;
  return Date.parse(status.startTime) + seconds * 1000 - now;
}

/** With restartPolicy OnFailure restarts of containers count against the limit. */
function isPastRestartLimit({ spec }: Job, pods: readonly Stored<Pod>[]): boolean {
  if (spec?.template.spec?.restartPolicy !== 'OnFailure') return false;
  const limit = spec.backoffLimit ?? 6;
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Enough Pods succeeded. Without completions one is enough, once the others have ended. */
export function isComplete({ job, succeeded, active }: JobRun): boolean {
  const completions = job.spec?.completions;
  return completions === undefined ? succeeded > 0 && active === 0 : succeeded >= completions;
}

export const completionsReached: Verdict = {
  type: 'SuccessCriteriaMet',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

/** Conditions in which `verdict` is `status`; undefined if they say so already. What isn't there isn't False. */
export function withCondition(
  conditions: readonly JobCondition[] = [],
  verdict: Verdict,
  status: 'True' | 'False',
  now: number,
): JobCondition[] | undefined {
  const time = timestamp(now);
  const wanted: JobCondition = { ...verdict, status, lastProbeTime: time, lastTransitionTime: time };
  const index = conditions.findIndex(({ type }) => type === verdict.type);
  const old = conditions[index];
  if (!old) return status === 'False' ? undefined : [...conditions, wanted];
  if (old.status === status && old.reason === verdict.reason && old.message === verdict.message) return undefined;
  return conditions.with(index, wanted);
}
