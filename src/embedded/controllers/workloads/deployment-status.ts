/** The status of a Deployment and its conditions. */
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { timestamp } from '../pod-control.ts';
import { actual, available, maxUnavailable, replicasOf, sum, wanted } from './deployment-math.ts';

/** progressDeadlineSeconds of a Deployment that has none. */
const noDeadline = 2_147_483_647;

type Condition = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

export function conditionOf(status: DeploymentStatus | undefined, type: string): DeploymentCondition | undefined {
  return status?.conditions?.find((c) => c.type === type);
}

export function hasDeadline(d: Deployment): boolean {
  return (d.spec?.progressDeadlineSeconds ?? noDeadline) !== noDeadline;
}

/** Status with the condition set; one with the same status and reason stays as it is. */
export function withCondition(status: DeploymentStatus, condition: Condition, now: number): DeploymentStatus {
  const before = conditionOf(status, condition.type);
  if (before?.status === condition.status && before.reason === condition.reason) return status;
  const time = timestamp(now);
  const added: DeploymentCondition = {
    lastTransitionTime: before?.status === condition.status ? before.lastTransitionTime : time,
    lastUpdateTime: time,
    ...condition,
  };
  return { ...status, conditions: [...(withoutCondition(status, condition.type).conditions ?? []), added] };
}

export function withoutCondition(status: DeploymentStatus, type: string): DeploymentStatus {
  const conditions = (status.conditions ?? []).filter((c) => c.type !== type);
  return { ...status, conditions: conditions.length > 0 ? conditions : undefined };
}

/** What the ReplicaSets add up to, with the condition Available. */
export function calculateStatus(
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  d: Stored<Deployment>,
  now: number,
): DeploymentStatus {
  const ready = sum(all, (s) => s.status?.readyReplicas);
  const free = available(all);
  const replicas = actual(all);
  const updated = newSet ? actual([newSet]) : 0;
  const unavailable = Math.max(0, wanted(all) - free);
  const counted: DeploymentStatus = {
    ...(free > 0 && { availableReplicas: free }),
    ...(d.status?.collisionCount !== undefined && { collisionCount: d.status.collisionCount }),
    ...(d.status?.conditions && { conditions: d.status.conditions }),
    observedGeneration: d.metadata.generation,
    ...(ready > 0 && { readyReplicas: ready }),
    ...(replicas > 0 && { replicas }),
    terminatingReplicas: sum(all, (s) => s.status?.terminatingReplicas),
    ...(unavailable > 0 && { unavailableReplicas: unavailable }),
    ...(updated > 0 && { updatedReplicas: updated }),
  };
  const enough = free >= replicasOf(d) - maxUnavailable(d);
  return withCondition(
    counted,
    enough
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    now,
  );
}

/** All Pods are of the new template and available, no old ones are left. */
export function isComplete(d: Stored<Deployment>, status: DeploymentStatus): boolean {
  const n = replicasOf(d);
  return (
    (status.updatedReplicas ?? 0) === n &&
    (status.replicas ?? 0) === n &&
    (status.availableReplicas ?? 0) === n &&
    (status.observedGeneration ?? 0) >= (d.metadata.generation ?? 0)
  );
}

/** The status of a rollout: conditions Progressing and ReplicaFailure on top of the counts. */
export function rolloutStatus(
  all: readonly ReplicaSet[],
  newSet: Stored<ReplicaSet> | undefined,
  d: Stored<Deployment>,
  now: number,
): DeploymentStatus {
  let status = calculateStatus(all, newSet, d, now);
  if (!hasDeadline(d)) status = withoutCondition(status, 'Progressing');
  const progressing = conditionOf(d.status, 'Progressing');
  const over =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && progressing?.reason === 'NewReplicaSetAvailable';
  if (hasDeadline(d) && !over) {
    const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${d.metadata.name}"`;
    const type = 'Progressing';
    if (isComplete(d, status)) {
      const message = `${subject} has successfully progressed.`;
      status = withCondition(status, { type, status: 'True', reason: 'NewReplicaSetAvailable', message }, now);
    } else if (progressed(d.status ?? {}, status)) {
      const time = timestamp(now);
      const added: DeploymentCondition = {
        lastTransitionTime: progressing?.status === 'True' ? progressing.lastTransitionTime : time,
        lastUpdateTime: time,
        message: `${subject} is progressing.`,
        reason: 'ReplicaSetUpdated',
        status: 'True',
        type,
      };
      status = { ...status, conditions: [...(withoutCondition(status, type).conditions ?? []), added] };
    } else if (timedOut(d, status, now)) {
      const message = `${subject} has timed out progressing.`;
      status = withCondition(status, { type, status: 'False', reason: 'ProgressDeadlineExceeded', message }, now);
    }
  }
  const failure = replicaFailure(all, newSet);
  return failure ? withCondition(status, failure, now) : withoutCondition(status, 'ReplicaFailure');
}

function progressed(before: DeploymentStatus, now: DeploymentStatus): boolean {
  const updated = (s: DeploymentStatus) => s.updatedReplicas ?? 0;
  const old = (s: DeploymentStatus) => (s.replicas ?? 0) - updated(s);
  return (
    updated(now) > updated(before) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** A condition that somebody wrote without its time was updated long ago, as Go's zero time. */
function updatedAt({ lastUpdateTime }: { lastUpdateTime?: string }): number {
  return Date.parse(lastUpdateTime ?? '') || 0;
}

function timedOut(d: Deployment, status: DeploymentStatus, now: number): boolean {
  const condition = conditionOf(status, 'Progressing');
  if (!condition || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return updatedAt(condition) + (d.spec?.progressDeadlineSeconds ?? noDeadline) * 1000 < now;
}

/** When a rollout without progress has to be looked at again (ms from now); undefined: nothing to wait for. */
export function stuckAfter(d: Stored<Deployment>, status: DeploymentStatus, now: number): number | undefined {
  const condition = conditionOf(d.status, 'Progressing');
  if (!hasDeadline(d) || !condition || isComplete(d, status) || condition.reason === 'ProgressDeadlineExceeded')
    return undefined;
  const end = updatedAt(condition) + (d.spec?.progressDeadlineSeconds ?? 0) * 1000;
  return Math.max(end - now, 0) + 1000;
}

/** ReplicaFailure of the new ReplicaSet, else of any. */
function replicaFailure(all: readonly ReplicaSet[], newSet: ReplicaSet | undefined): Condition | undefined {
  const of = (set: ReplicaSet | undefined) => set?.status?.conditions?.find((c) => c.type === 'ReplicaFailure');
  const found = of(newSet) ?? all.map(of).find((c) => c !== undefined);
  if (!found) return undefined;
  const { type, status, reason, message } = found;
  return { type, status, reason, message };
}
