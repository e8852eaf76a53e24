/** Who the Pods of a StatefulSet are: their ordinals, names, claims and revisions. */
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, StatefulSet } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { statefulSets } from '../../../kube/resources.ts';
import { isAvailable, isReady, podFromTemplate } from '../pod-control.ts';

export const revisionLabel = 'controller-revision-hash';
const nameLabel = 'statefulset.kubernetes.io/pod-name';
const indexLabel = 'apps.kubernetes.io/pod-index';

/** The ordinals that a set has Pods for. */
export function ordinalsOf({ spec }: StatefulSet): { start: number; count: number } {
  return { start: spec?.ordinals?.start ?? 0, count: spec?.replicas ?? 1 };
}

/** The ordinal of a Pod by its name; undefined: it is none of the set's. */
export function ordinalOf(set: Stored<StatefulSet>, { metadata }: Pod): number | undefined {
  const [, parent, ordinal] = /^(.*)-(\d+)$/.exec(metadata?.name ?? '') ?? [];
  return parent === set.metadata.name && ordinal !== undefined ? Number(ordinal) : undefined;
}

export function isInRange(set: Stored<StatefulSet>, ordinal: number): boolean {
  const { start, count } = ordinalsOf(set);
  return ordinal >= start && ordinal < start + count;
}

export const revisionOf = ({ metadata }: Pod): string | undefined => metadata?.labels?.[revisionLabel];

export function isRunningAndReady(pod: Stored<Pod>): boolean {
  return pod.status?.phase === 'Running' && isReady(pod);
}

export function isRunningAndAvailable(pod: Stored<Pod>, minReadySeconds: number, now: number): boolean {
  return pod.status?.phase === 'Running' && isAvailable(pod, minReadySeconds, now);
}

/** The Pod with this ordinal, of a template that is known as `revision`. */
export function statefulPod(
  set: Stored<StatefulSet>,
  template: PodTemplateSpec,
  revision: string,
  ordinal: number,
): Pod {
  const pod = podFromTemplate(set, statefulSets, template);
  const name = `${set.metadata.name}-${ordinal}`;
  const spec = pod.spec ?? { containers: [] };
  const named: Pod = {
    ...pod,
    metadata: { ...pod.metadata, name, labels: { ...pod.metadata?.labels, [revisionLabel]: revision } },
    spec: { ...spec, hostname: name, ...(set.spec?.serviceName && { subdomain: set.spec.serviceName }) },
  };
  return withIdentity(set, named, ordinal);
}

/** A Pod with the labels and volumes that its ordinal gives it. */
export function withIdentity<T extends Pod>(set: Stored<StatefulSet>, pod: T, ordinal: number): T {
  const name = `${set.metadata.name}-${ordinal}`;
  const claims = claimsOf(set, ordinal);
  const taken = new Set(claims.map(({ volume }) => volume));
  const kept = (pod.spec?.volumes ?? []).filter((volume) => !taken.has(volume.name));
  const volumes = [
    ...claims.map(({ volume, claim }) => ({
      name: volume,
      persistentVolumeClaim: { claimName: claim.metadata?.name ?? '' },
    })),
    ...kept,
  ];
  const labels = { ...pod.metadata?.labels, [nameLabel]: name, [indexLabel]: String(ordinal) };
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: { ...pod.spec, ...(volumes.length > 0 && { volumes }) },
  };
}

/** Whether a Pod has still got what its ordinal gave it. */
export function hasIdentity(set: Stored<StatefulSet>, pod: Stored<Pod>, ordinal: number): boolean {
  const { name, labels = {} } = pod.metadata;
  const mounted = (claim: PersistentVolumeClaim, volume: string) =>
    pod.spec?.volumes?.some((v) => v.name === volume && v.persistentVolumeClaim?.claimName === claim.metadata?.name);
  return (
    labels[nameLabel] === name &&
    labels[indexLabel] === String(ordinal) &&
    claimsOf(set, ordinal).every(({ volume, claim }) => mounted(claim, volume))
  );
}

/** The claims of the Pod with this ordinal, each with the name of its volume. */
export function claimsOf(
  set: Stored<StatefulSet>,
  ordinal: number,
): { volume: string; claim: PersistentVolumeClaim & { metadata: { name: string } } }[] {
  return (set.spec?.volumeClaimTemplates ?? []).map(({ metadata, spec }) => {
    const volume = metadata?.name ?? '';
    const { labels, annotations, finalizers } = metadata ?? {};
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        ...(annotations && { annotations: { ...annotations } }),
        ...(finalizers && { finalizers: [...finalizers] }),
        labels: { ...labels, ...set.spec?.selector?.matchLabels },
        name: `${volume}-${set.metadata.name}-${ordinal}`,
        namespace: set.metadata.namespace,
      },
      ...(spec && { spec: structuredClone(spec) }),
    };
    return { volume, claim };
  });
}
