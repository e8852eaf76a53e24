/** Pure parts of the Job controller: conditions, indexes, back-off, the Pod that a Job makes. */
import type { Job, JobCondition, JobStatus, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { jobs } from '../../kube/resources.ts';
import { isTerminal, podFromTemplate, timestamp } from './pod-control.ts';

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
const indexKey = 'batch.kubernetes.io/job-completion-index';

/** DefaultJobPodFailureBackOff and MaxJobPodFailureBackOff. */
const firstBackoff = 10_000;
const longestBackoff = 600_000;

export type Verdict = Pick<JobCondition, 'type' | 'reason' | 'message'>;

export function conditionTrue(status: JobStatus | undefined, type: string): JobCondition | undefined {
  return status?.conditions?.find((c) => c.type === type && c.status === 'True');
}

export function isFinished(job: Job): boolean {
  return conditionTrue(job.status, 'Complete') !== undefined || conditionTrue(job.status, 'Failed') !== undefined;
}

export function withCondition(
  conditions: readonly JobCondition[] | undefined,
  { type, reason, message }: Verdict,
  status: string,
  now: number,
): JobCondition[] {
  const time = timestamp(now);
  const added = { lastProbeTime: time, lastTransitionTime: time, message, reason, status, type };
  const known = (conditions ?? []).findIndex((c) => c.type === type);
  if (known < 0) return [...(conditions ?? []), added];
  return (conditions ?? []).map((c, i) => (i === known && (c.status !== status || c.reason !== reason) ? added : c));
}

export function isIndexed(job: Job): boolean {
  return job.spec?.completionMode === 'Indexed';
}

export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata?.annotations?.[indexKey];
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

/** `0-2,4`: how a list of indexes is written. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...new Set(indexes)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while ((sorted[end + 1] ?? Number.NaN) === (sorted[end] ?? 0) + 1) end++;
    // Two neighbours are written one by one.
    if (end - i >= 2) parts.push(`${sorted[i]}-${sorted[end]}`);
    else parts.push(...sorted.slice(i, end + 1).map(String));
    i = end + 1;
  }
  return parts.join(',');
}

export function parseIndexes(text: string | undefined): Set<number> {
  const result = new Set<number>();
  for (const part of (text ?? '').split(',').filter(Boolean)) {
    const [first = 0, last = first] = part.split('-').map(Number);
    for (let i = first; i <= last; i++) result.add(i);
  }
  return result;
}

/** The Pod of a Job; for an Indexed one with its index in name, host name, labels, annotations and environment. */
export function jobPod(job: Stored<Job>, index: number | undefined): Pod {
  const pod = podFromTemplate(job, jobs, job.spec?.template ?? {});
  pod.metadata = { ...pod.metadata, finalizers: [...(pod.metadata?.finalizers ?? []), trackingFinalizer] };
  if (index === undefined || !pod.spec) return pod;
  const name = `${job.metadata.name}-${index}`;
  pod.metadata.generateName = `${name}-`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [indexKey]: String(index) };
  pod.metadata.labels = { ...pod.metadata.labels, [indexKey]: String(index) };
  pod.spec.hostname = name;
  const fieldRef = { apiVersion: 'v1', fieldPath: `metadata.labels['${indexKey}']` };
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    if (container.env?.some((e) => e.name === 'JOB_COMPLETION_INDEX')) continue;
    container.env = [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } }];
  }
  return pod;
}

/** When a Pod ended (ms since 1970). */
export function endedAt(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map((s) => Date.parse(s.state?.terminated?.finishedAt ?? ''));
  const known = ends.filter((t) => !Number.isNaN(t));
  if (known.length > 0) return Math.max(...known);
  const ready = pod.status?.conditions?.find((c) => c.type === 'Ready')?.lastTransitionTime;
  return Date.parse(pod.metadata?.deletionTimestamp ?? ready ?? pod.metadata?.creationTimestamp ?? '') || 0;
}

/** How long to wait before the next Pod (ms): longer with every failure after the last success. */
export function backOff(finished: readonly Pod[], now: number): number {
  const sorted = [...finished].sort((a, b) => endedAt(a) - endedAt(b));
  const lastSuccess = sorted.findLastIndex((p) => p.status?.phase === 'Succeeded');
  const failures = sorted.slice(lastSuccess + 1);
  const last = failures.at(-1);
  if (!last) return 0;
  const delay = Math.min(firstBackoff * 2 ** (failures.length - 1), longestBackoff);
  return Math.max(0, endedAt(last) + delay - now);
}

export const backoffLimitExceeded: Verdict = {
  type: 'FailureTarget',
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
};

/** With restartPolicy OnFailure restarts of containers count against the limit. */
export function pastRestartLimit(job: Job, list: readonly Stored<Pod>[]): boolean {
  if (job.spec?.template?.spec?.restartPolicy !== 'OnFailure') return false;
  const limit = job.spec.backoffLimit ?? 6;
  const counted = list.filter((p) => p.status?.phase === 'Running' || p.status?.phase === 'Pending');
  const total = counted
    .flatMap((p) => [...(p.status?.initContainerStatuses ?? []), ...(p.status?.containerStatuses ?? [])])
    .reduce((sum, s) => sum + s.restartCount, 0);
  return limit === 0 ? total > 0 : total >= limit;
}

/** The verdict of a podFailurePolicy on failed Pods: FailJob, else whether a failure counts. */
export function failurePolicy(job: Job, pod: Stored<Pod>): { action: 'FailJob' | 'Ignore' | 'Count'; message: string } {
  for (const [index, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const message = ruleMatch(rule, pod, index);
    if (message === undefined) continue;
    if (rule.action === 'FailJob' || rule.action === 'Ignore') return { action: rule.action, message };
    return { action: 'Count', message };
  }
  return { action: 'Count', message: '' };
}

type Rule = NonNullable<NonNullable<NonNullable<Job['spec']>['podFailurePolicy']>['rules']>[number];

function ruleMatch(rule: Rule, pod: Stored<Pod>, index: number): string | undefined {
  const { namespace, name } = pod.metadata;
  if (rule.onExitCodes) {
    const { containerName, operator, values } = rule.onExitCodes;
    for (const status of [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]) {
      const code = status.state?.terminated?.exitCode;
      if (code === undefined || code === 0 || (containerName && containerName !== status.name)) continue;
      if (values.includes(code) !== (operator === 'In')) continue;
      return `Container ${status.name} for pod ${namespace}/${name} failed with exit code ${code} matching ${rule.action} rule at index ${index}`;
    }
    return undefined;
  }
  for (const pattern of rule.onPodConditions ?? []) {
    const found = pod.status?.conditions?.find(
      (c) => c.type === pattern.type && c.status === (pattern.status ?? 'True'),
    );
    if (found)
      return `Pod ${namespace}/${name} has condition ${found.type} matching ${rule.action} rule at index ${index}`;
  }
  return undefined;
}

/**
 * Whether a Pod counts as failed: also one that is deleted while it runs, unless only failed Pods are replaced
 * (podReplacementPolicy Failed).
 */
export function hasFailed(job: Job, pod: Stored<Pod>): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (job.spec?.podReplacementPolicy === 'Failed' || isTerminal(pod)) return false;
  return pod.metadata.deletionTimestamp !== undefined;
}
