import type { Container, ContainerState, ContainerStatus, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { restarts, runs } from '../pods/lifecycle.ts';
import { type ContainerRecord, containersOf, type Instance } from './container-record.ts';

/** RFC 3339 with seconds, as status times are. Milliseconds in. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** What a container that has not run yet waits for. */
function defaultWaiting(pod: Stored<Pod>): string {
  return (pod.spec?.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating';
}

/**
 * The status of one container as the kubelet writes it (recorded in `cluster/pods.json`). A container that ended and
 * will start again shows its end until there is a reason why it waits.
 */
export function containerStatus(
  pod: Stored<Pod>,
  spec: Container,
  record: ContainerRecord | undefined,
): ContainerStatus {
  const current = record?.current;
  if (!record || !current) {
    const waiting = record?.waiting ?? { reason: defaultWaiting(pod) };
    return {
      image: spec.image ?? '',
      imageID: '',
      lastState: {},
      name: spec.name,
      ready: false,
      restartCount: 0,
      started: false,
      state: { waiting },
    };
  }
  const waits = !runs(record) && record.waiting !== undefined && restarts(pod, spec, record);
  const last = waits ? current : record.previous;
  const requests = spec.resources?.requests;
  return {
    ...(requests && { allocatedResources: requests }),
    ...(current.id && { containerID: `containerd://${current.id}` }),
    image: current.image,
    imageID: current.imageId,
    lastState: last?.end ? terminated(last) : {},
    name: spec.name,
    ready: isReady(record, current),
    resources: { ...(current.resources ?? spec.resources) },
    restartCount: current.attempt,
    started: runs(record) && current.started,
    state: waits ? { waiting: record.waiting } : state(current),
    ...(current.user && { user: { linux: current.user } }),
    ...volumeMounts(spec),
  };
}

function isReady(record: ContainerRecord, current: Instance): boolean {
  if (record.kind === 'init') return current.end?.exitCode === 0;
  if (record.kind === 'ephemeral') return false;
  return runs(record) && current.started && current.ready;
}

function state(instance: Instance): ContainerState {
  return instance.end ? terminated(instance) : { running: { startedAt: timestamp(instance.startedAt ?? 0) } };
}

function terminated({ id, startedAt, end }: Instance): ContainerState {
  if (!end) return {};
  return {
    terminated: {
      ...(id && { containerID: `containerd://${id}` }),
      exitCode: end.exitCode,
      finishedAt: timestamp(end.at),
      ...(end.message && { message: end.message }),
      reason: end.reason,
      ...(end.signal && { signal: end.signal }),
      // A process that never started has the zero time of Unix here (recorded).
      startedAt: timestamp(startedAt ?? 0),
    },
  };
}

function volumeMounts(spec: Container): Pick<ContainerStatus, 'volumeMounts'> {
  if (!spec.volumeMounts || spec.volumeMounts.length === 0) return {};
  return {
    volumeMounts: spec.volumeMounts.map(({ mountPath, name, readOnly }) => ({
      mountPath,
      name,
      ...(readOnly && { readOnly: true, recursiveReadOnly: 'Disabled' }),
    })),
  };
}

/** The statuses of all containers by kind; lists that would be empty are left out. Sorted by name as the kubelet does, init containers in order. */
export function containerStatuses(
  pod: Stored<Pod>,
  records: ReadonlyMap<string, ContainerRecord>,
): Pick<NonNullable<Pod['status']>, 'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses'> {
  const all = containersOf(pod).map(({ kind, spec }) => ({
    kind,
    status: containerStatus(pod, spec, records.get(spec.name)),
  }));
  const main = all.filter((c) => c.kind === 'main').map((c) => c.status);
  const init = all.filter((c) => c.kind === 'init' || c.kind === 'sidecar').map((c) => c.status);
  const ephemeral = all.filter((c) => c.kind === 'ephemeral').map((c) => c.status);
  const byName = (a: ContainerStatus, b: ContainerStatus) => (a.name < b.name ? -1 : 1);
  return {
    containerStatuses: main.sort(byName),
    ...(init.length > 0 && { initContainerStatuses: init }),
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral.sort(byName) }),
  };
}
