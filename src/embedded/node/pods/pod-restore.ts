import type { Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { type ContainerRecord, containersOf, recordFromStatus } from '../containers/container-record.ts';
import type { NodeServices } from '../services.ts';

/** What a Pod's status says of the time before the kubelet (and the node with it) started again. */
export function restoreRecords({ clock, logs }: NodeServices, pod: Stored<Pod>): Map<string, ContainerRecord> {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const known = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  const records = new Map<string, ContainerRecord>();
  for (const { kind, spec } of containersOf(pod)) {
    const old = known.find((s) => s.name === spec.name);
    if (!old) continue;
    const record = recordFromStatus(kind, old, clock.now());
    if (record.current) record.current = { ...record.current, specImage: spec.image ?? '' };
    for (const instance of [record.current, record.previous]) {
      if (instance) instance.log = logs.open(pod, spec.name, instance);
    }
    records.set(spec.name, record);
  }
  return records;
}
