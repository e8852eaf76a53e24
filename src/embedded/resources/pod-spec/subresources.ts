import type { Container, Pod, PodSpec } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { StrategyContext } from '../../definition.ts';
import * as field from '../../errors/field.ts';

const syncPodIPs = (pod: Pod) => {
  const status = pod.status;
  if (status === undefined) return;
  const first = status.podIPs?.[0]?.ip;
  if (status.podIP && first !== status.podIP) {
    status.podIPs = [{ ip: status.podIP }, ...(status.podIPs ?? []).filter((ip) => ip.ip !== status.podIP)];
  } else if (!status.podIP && first !== undefined) status.podIP = first;
};

/** Takes over what a resize may change: resources and resize policy of containers that exist. */
function resizedSpec(spec: PodSpec | undefined, old: PodSpec): PodSpec {
  const resized = structuredClone(old);
  const take = (into: Container[] | undefined, from: readonly Container[] | undefined) => {
    for (const container of into ?? []) {
      const asked = from?.find((c) => c.name === container.name);
      if (asked === undefined) continue;
      container.resources = structuredClone(asked.resources);
      container.resizePolicy = structuredClone(asked.resizePolicy);
    }
  };
  take(resized.containers, spec?.containers);
  take(resized.initContainers, spec?.initContainers);
  return resized;
}

function countGeneration(pod: Pod, old: Stored<Pod>): void {
  pod.metadata ??= {};
  pod.metadata.generation = (old.metadata.generation ?? 0) + (field.sameJson(pod.spec, old.spec) ? 0 : 1);
}

function keepAllButStatus(pod: Pod, old: Stored<Pod>): void {
  pod.spec = structuredClone(old.spec);
  // Deletion is under way or it is not: status updates don't decide that.
  if (pod.metadata !== undefined) {
    pod.metadata.deletionTimestamp = old.metadata.deletionTimestamp;
    pod.metadata.deletionGracePeriodSeconds = old.metadata.deletionGracePeriodSeconds;
    pod.metadata.ownerReferences = structuredClone(old.metadata.ownerReferences);
  }
  if (pod.status !== undefined) pod.status.qosClass = old.status?.qosClass;
  syncPodIPs(pod);
}

/** What an update of a Pod or one of its subresources may not touch stays as it was. */
export function keepPodForUpdate(pod: Pod, old: Stored<Pod>, { subresource }: StrategyContext): void {
  // The handlers of these two say exactly what changes.
  if (subresource === 'binding' || subresource === 'eviction') return;
  if (subresource === 'status') {
    keepAllButStatus(pod, old);
    return;
  }
  if (subresource === 'ephemeralcontainers') {
    const added = pod.spec?.ephemeralContainers;
    pod.spec = structuredClone(old.spec);
    if (pod.spec !== undefined) pod.spec.ephemeralContainers = added;
  } else if (subresource === 'resize' && old.spec !== undefined) pod.spec = resizedSpec(pod.spec, old.spec);
  pod.status = structuredClone(old.status);
  countGeneration(pod, old);
}
