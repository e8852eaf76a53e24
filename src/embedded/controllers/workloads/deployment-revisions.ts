/** Which ReplicaSet is a Deployment's current one, and the annotations that keep count of revisions. */
import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../../kube/api.gen.ts';
import { compareInt64, parseInt64 } from '../../../kube/int64.ts';
import type { Stored } from '../../../kube/meta.ts';
import { sameJson } from '../pod-control.ts';
import { byCreation, fenceposts, replicasOf } from './deployment-math.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
const maxAnnotation = 'deployment.kubernetes.io/max-replicas';
export const hashLabel = 'pod-template-hash';

/** Annotations of a Deployment that its ReplicaSets do not take over. */
const ownAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  'deprecated.deployment.rollback.to',
]);

/** How long a list of old revisions may get. */
const longestHistory = 2000;

type Annotations = Record<string, string>;

/** The ReplicaSet whose template is the Deployment's; the oldest of several. */
export function findNew(d: Deployment, sets: readonly Stored<ReplicaSet>[]): Stored<ReplicaSet> | undefined {
  return [...sets].sort(byCreation).find((s) => sameTemplate(s.spec?.template, d.spec?.template));
}

/** Whether two templates are equal but for the hash label. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return sameJson(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { metadata, spec } = template ?? {};
  const { [hashLabel]: _, ...labels } = metadata?.labels ?? {};
  const { creationTimestamp: __, ...rest } = metadata ?? {};
  return { metadata: { ...rest, labels }, spec };
}

/** What is no number of 64 bits counts as 0. */
export function revisionOf(object: { metadata?: { annotations?: Annotations } }): bigint {
  return parseInt64(object.metadata?.annotations?.[revisionAnnotation]) ?? 0n;
}

/** One more than the highest revision among the old ones. */
export function nextRevision(old: readonly Stored<ReplicaSet>[]): bigint {
  const highest = [0n, ...old.map(revisionOf)].sort(compareInt64).at(-1) ?? 0n;
  return BigInt.asIntN(64, highest + 1n);
}

/** The annotations of the current ReplicaSet: the Deployment's own, its revision, and those it had before. */
export function newSetAnnotations(
  d: Stored<Deployment>,
  before: Annotations,
  revision: bigint,
  exists: boolean,
): Annotations {
  const result: Annotations = { ...before };
  for (const [key, value] of Object.entries(d.metadata.annotations ?? {})) {
    if (!ownAnnotations.has(key)) result[key] = value;
  }
  const old = before[revisionAnnotation];
  if (old === undefined || (parseInt64(old) ?? 0n) < revision) {
    result[revisionAnnotation] = String(revision);
    if (old !== undefined) result[historyAnnotation] = extendHistory(before[historyAnnotation], old);
  }
  return exists ? result : { ...result, ...sizeAnnotations(d) };
}

function extendHistory(history: string | undefined, old: string): string {
  const revisions = history ? history.split(',') : [];
  while (revisions.length > 0 && [...revisions, old].join(',').length > longestHistory) revisions.shift();
  return [...revisions, old].join(',');
}

/** What proportional scaling needs to know of the size a ReplicaSet was made for. */
export function sizeAnnotations(d: Deployment): Annotations {
  return {
    [desiredAnnotation]: String(replicasOf(d)),
    [maxAnnotation]: String(replicasOf(d) + fenceposts(d).surge),
  };
}

/** Whether the Deployment was scaled since its ReplicaSets were sized. */
export function isScalingEvent(d: Deployment, active: readonly Stored<ReplicaSet>[]): boolean {
  return active.some((s) => {
    const desired = s.metadata.annotations?.[desiredAnnotation];
    return desired !== undefined && Number(desired) !== replicasOf(d);
  });
}
