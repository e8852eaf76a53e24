import type { Container, ContainerStatus, Pod, ResourceRequirements } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { RunningContainer } from '../../container-api.ts';
import type { ContainerLog } from '../logs/log-file.ts';

export type ContainerKind = 'init' | 'sidecar' | 'main' | 'ephemeral';

/** How a run of a container ended. */
export interface Termination {
  exitCode: number;
  signal?: number;
  reason: string;
  message?: string;
  /** ms since 1970. */
  at: number;
}

/** One run of a container: from its creation to its end. */
export interface Instance {
  /** 64 hexadecimal digits, as containerd has. */
  readonly id: string;
  /** How often the container was restarted before. */
  readonly attempt: number;
  /** What the runtime calls the image, and its digest. */
  readonly image: string;
  readonly imageId: string;
  readonly user?: { uid: number; gid: number; supplementalGroups: number[] };
  /** What it was given. Undefined: not known, the node went down since. */
  resources?: ResourceRequirements;
  /** The image of the Pod's spec when this run began: another one there means a restart. */
  readonly specImage: string;
  /** ms since 1970; undefined where the process could not be started. */
  startedAt?: number;
  running?: RunningContainer;
  end?: Termination;
  /** The startup probe passed (or there is none) and postStart is done. */
  started: boolean;
  /** The last result of the readiness probe, true without one. */
  ready: boolean;
  log?: ContainerLog;
}

/** All that the kubelet knows of one container of a Pod. */
export interface ContainerRecord {
  readonly name: string;
  readonly kind: ContainerKind;
  /** The newest run and the one before it. */
  current?: Instance;
  previous?: Instance;
  /** Why the next run does not start. */
  waiting?: { reason: string; message?: string };
  /** ms since 1970: no start before this. */
  notBefore?: number;
  /** The run that the kubelet ended itself (a probe failed). */
  stopped?: string;
  /** When the event BackOff was written last. */
  toldAt?: number;
  /** The node went down with the container running: it starts again at once, whatever the restart policy says. */
  interrupted?: boolean;
}

/** The containers of a Pod with their kinds, in the order of the spec, init containers first. */
export function containersOf(pod: Stored<Pod>): { kind: ContainerKind; spec: Container }[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [
    ...initContainers.map((spec) => ({
      kind: spec.restartPolicy === 'Always' ? ('sidecar' as const) : ('init' as const),
      spec,
    })),
    ...containers.map((spec) => ({ kind: 'main' as const, spec })),
    ...ephemeralContainers.map((spec) => ({ kind: 'ephemeral' as const, spec: spec as Container })),
  ];
}

/**
 * What a container was before the node's restart, read from the Pod's status: a run that was going on counts as
 * ended, with the exit code 255 and the reason Unknown that containerd reports after a reboot.
 */
export function recordFromStatus(kind: ContainerKind, status: ContainerStatus, now: number): ContainerRecord {
  const record: ContainerRecord = { name: status.name, kind };
  const last = status.lastState?.terminated;
  const base = {
    attempt: status.restartCount,
    image: status.image,
    imageId: status.imageID,
    specImage: '',
    started: false,
    ready: false,
  };
  if (status.state?.running) {
    const startedAt = Date.parse(status.state.running.startedAt ?? '') || now;
    const end = { exitCode: 255, reason: 'Unknown', at: now };
    record.current = { ...base, id: idOf(status.containerID), startedAt, end };
    record.interrupted = true;
    if (last) record.previous = instanceOf(base, status.restartCount - 1, last);
  } else if (status.state?.terminated) {
    record.current = instanceOf(base, status.restartCount, status.state.terminated);
    if (last) record.previous = instanceOf(base, status.restartCount - 1, last);
  } else if (last) {
    record.current = instanceOf(base, status.restartCount, last);
  }
  return record;
}

function instanceOf(
  base: Omit<Instance, 'id'>,
  attempt: number,
  state: NonNullable<NonNullable<ContainerStatus['state']>['terminated']>,
): Instance {
  const startedAt = Date.parse(state.startedAt ?? '');
  const { exitCode, signal, message, reason = 'Error' } = state;
  const end = {
    exitCode,
    reason,
    at: Date.parse(state.finishedAt ?? '') || 0,
    ...(signal && { signal }),
    ...(message && { message }),
  };
  return { ...base, attempt, id: idOf(state.containerID), ...(startedAt > 0 && { startedAt }), end };
}

function idOf(containerId: string | undefined): string {
  return containerId?.replace(/^containerd:\/\//, '') ?? '';
}
