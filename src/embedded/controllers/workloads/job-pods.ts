/** The Pods of a Job: how they are made, which of them have failed, which are left to count. */
import type { Job, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { jobs } from '../../../kube/resources.ts';
import { isTerminal, podFromTemplate } from '../pod-control.ts';

/** Keeps a Pod until it has been counted (KEP-2307). */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
const indexKey = 'batch.kubernetes.io/job-completion-index';
/** Of a generated name at most so much is the prefix. */
const longestPrefix = 58;

/** DefaultJobPodFailureBackOff and MaxJobPodFailureBackOff. */
const firstBackOff = 10_000;
const longestBackOff = 600_000;

export function isIndexed(job: Job): boolean {
  return job.spec?.completionMode === 'Indexed';
}

export function isTracked({ metadata }: Stored<Pod>): boolean {
  return metadata.finalizers?.includes(trackingFinalizer) === true;
}

/** The completion index of a Pod; undefined if it has none. */
export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata?.annotations?.[indexKey];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Whether a Pod is replaced only once it has really failed (KEP-3939). */
export function replacesOnlyFailed({ spec }: Job): boolean {
  return spec?.podReplacementPolicy === 'Failed' || spec?.podFailurePolicy !== undefined;
}

/** It failed, or it was deleted before it ended: somebody's deletion counts as a failure, too. */
export function hasFailed(job: Job, pod: Stored<Pod>): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (replacesOnlyFailed(job)) return false;
  return pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded';
}

export function isTerminating(pod: Stored<Pod>): boolean {
  return pod.metadata.deletionTimestamp !== undefined && !isTerminal(pod);
}

/** The next Pod of a Job; for an Indexed one with its index in name, host name, labels, annotations and environment. */
export function jobPod(job: Stored<Job>, index: number | undefined): Pod {
  const pod = podFromTemplate(job, jobs, job.spec?.template ?? {});
  const finalizers = new Set([...(pod.metadata?.finalizers ?? []), trackingFinalizer]);
  pod.metadata = { ...pod.metadata, finalizers: [...finalizers] };
  if (index === undefined || !pod.spec) return pod;
  const value = String(index);
  const end = `-${value}-`;
  pod.metadata.generateName = `${job.metadata.name.slice(0, longestPrefix - end.length)}${end}`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [indexKey]: value };
  pod.metadata.labels = { ...pod.metadata.labels, [indexKey]: value };
  pod.spec.hostname = `${job.metadata.name}-${value}`;
  const fieldRef = { apiVersion: 'v1', fieldPath: `metadata.labels['${indexKey}']` };
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    if (container.env?.some(({ name }) => name === 'JOB_COMPLETION_INDEX')) continue;
    container.env = [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } }];
  }
  return pod;
}

/** When a Pod ended (ms since 1970). */
export function endedAt({ metadata, status }: Pod): number {
  const ends = (status?.containerStatuses ?? []).map((s) => Date.parse(s.state?.terminated?.finishedAt ?? ''));
  if (ends.length > 0 && !ends.some(Number.isNaN)) return Math.max(...ends);
  const ready = status?.conditions?.find((c) => c.type === 'Ready' && c.status === 'False');
  if (status?.phase === 'Failed' && ready?.lastTransitionTime) return Date.parse(ready.lastTransitionTime);
  const grace = (metadata?.deletionGracePeriodSeconds ?? 0) * 1000;
  if (metadata?.deletionTimestamp) return Date.parse(metadata.deletionTimestamp) - grace;
  return Date.parse(metadata?.creationTimestamp ?? '') || 0;
}

/** Failures in a row, and when the last one was (ms since 1970). */
export interface Failures {
  count: number;
  last: number;
}

/** `before` with what ended since: a success makes earlier failures forgotten. */
export function addFailures(
  before: Failures | undefined,
  succeeded: readonly Pod[],
  failed: readonly Pod[],
): Failures | undefined {
  const lastSuccess = Math.max(...succeeded.map(endedAt));
  const later = succeeded.length === 0 ? failed : failed.filter((pod) => endedAt(pod) > lastSuccess);
  const known = succeeded.length === 0 ? before : undefined;
  if (later.length === 0) return known;
  return { count: (known?.count ?? 0) + later.length, last: Math.max(...later.map(endedAt)) };
}

/** How long to wait (ms) before the next Pod: twice as long with every failure. */
export function backOff(failures: Failures | undefined, now: number): number {
  if (!failures || failures.count === 0) return 0;
  const delay = Math.min(firstBackOff * 2 ** (failures.count - 1), longestBackOff);
  return Math.max(0, failures.last + delay - now);
}
