/** The arithmetic of a rollout: pure functions of a Deployment and its ReplicaSets. */
import type { Deployment, IntOrString, ReplicaSet } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';

export const replicasOf = (object: { spec?: { replicas?: number } }): number => object.spec?.replicas ?? 1;

export function isRollingUpdate(d: Deployment): boolean {
  return d.spec?.strategy?.type !== 'Recreate';
}

/** maxSurge and maxUnavailable as numbers of Pods; never both zero. */
export function fenceposts(d: Deployment): { surge: number; unavailable: number } {
  if (!isRollingUpdate(d)) return { surge: 0, unavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = d.spec?.strategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge, replicasOf(d), Math.ceil);
  const unavailable = scaled(maxUnavailable, replicasOf(d), Math.floor);
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

export function maxUnavailable(d: Deployment): number {
  return Math.min(fenceposts(d).unavailable, replicasOf(d));
}

/** A number, or a percentage of `total`. */
export function scaled(value: IntOrString, total: number, round: (n: number) => number): number {
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? round((Number.parseInt(value, 10) * total) / 100) : Number.parseInt(value, 10) || 0;
}

export function sum(sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number | undefined): number {
  return sets.reduce((total, set) => total + (of(set) ?? 0), 0);
}

export const wanted = (sets: readonly ReplicaSet[]): number => sum(sets, replicasOf);
export const available = (sets: readonly ReplicaSet[]): number => sum(sets, (s) => s.status?.availableReplicas);
export const actual = (sets: readonly ReplicaSet[]): number => sum(sets, (s) => s.status?.replicas);

/** How many replicas the new ReplicaSet may have now: up to the surge above what the others still have. */
export function newReplicas(d: Deployment, all: readonly ReplicaSet[], newSet: ReplicaSet): number {
  const own = replicasOf(newSet);
  if (!isRollingUpdate(d)) return replicasOf(d);
  const room = replicasOf(d) + fenceposts(d).surge - wanted(all);
  return room <= 0 ? own : own + Math.min(room, replicasOf(d) - own);
}

export const byCreation = (a: Stored<ReplicaSet>, b: Stored<ReplicaSet>): number =>
  compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || compare(a.metadata.name, b.metadata.name);

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Where replicas go when a Deployment is scaled in the middle of a rollout: each active ReplicaSet gets its share of
 * the change, larger ones first; what is left over goes to the first.
 */
export function proportionalSizes(d: Deployment, active: readonly Stored<ReplicaSet>[]): Map<string, number> {
  const total = wanted(active);
  const allowed = replicasOf(d) > 0 ? replicasOf(d) + fenceposts(d).surge : 0;
  const toAdd = allowed - total;
  const newestFirst = toAdd > 0;
  const sorted = [...active].sort(
    (a, b) => replicasOf(b) - replicasOf(a) || (newestFirst ? -byCreation(a, b) : byCreation(a, b)),
  );
  const sizes = new Map<string, number>();
  let added = 0;
  for (const set of sorted) {
    const share = toAdd === 0 ? 0 : proportion(d, set, toAdd, added);
    sizes.set(set.metadata.name, replicasOf(set) + share);
    added += share;
  }
  const [first] = sorted;
  if (first && toAdd !== 0) {
    sizes.set(first.metadata.name, Math.max(0, (sizes.get(first.metadata.name) ?? 0) + toAdd - added));
  }
  return sizes;
}

function proportion(d: Deployment, set: Stored<ReplicaSet>, toAdd: number, added: number): number {
  if (replicasOf(set) === 0 || toAdd === added) return 0;
  const allowed = toAdd - added;
  const fraction = fractionOf(d, set);
  return toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
}

/** By how much a ReplicaSet changes if it keeps its part of the whole; the whole as it was is in its annotations. */
function fractionOf(d: Deployment, set: Stored<ReplicaSet>): number {
  if (replicasOf(d) === 0) return -replicasOf(set);
  const target = replicasOf(d) + fenceposts(d).surge;
  const before = Number(set.metadata.annotations?.['deployment.kubernetes.io/max-replicas'] ?? d.status?.replicas ?? 0);
  const size = (replicasOf(set) * target) / Math.max(1, before);
  return Math.round(size) - replicasOf(set);
}
