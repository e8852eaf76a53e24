/** Table cells of a Pod: STATUS is worked out from conditions, containers and init containers as printPod does. */
import type { Container, ContainerState, ContainerStatus, Pod, Time } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { age, none } from './common.ts';

/** A later of two times; times on the wire sort as text only if both are set. */
const later = (a: Time | undefined, b: Time | undefined) =>
  a === undefined || (b !== undefined && Date.parse(b) > Date.parse(a)) ? b : a;

const isSidecar = (container: Container | undefined) => container?.restartPolicy === 'Always';

class Restarts {
  count = 0;
  last: Time | undefined;

  add(status: ContainerStatus): void {
    this.count += status.restartCount;
    this.last = later(this.last, status.lastState?.terminated?.finishedAt);
  }
}

function endedReason(ended: NonNullable<ContainerState['terminated']>): string {
  if (ended.reason) return ended.reason;
  return ended.signal ? `Signal:${ended.signal}` : `ExitCode:${ended.exitCode}`;
}

interface Summary {
  reason: string;
  ready: number;
  restarts: Restarts;
}

/** Why initialization is not done yet, as STATUS shows it; undefined once it is. */
function initReason(pod: Pod, state: Summary, sidecars: Restarts): string | undefined {
  const containers = new Map((pod.spec?.initContainers ?? []).map((c) => [c.name, c]));
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const sidecar = isSidecar(containers.get(status.name));
    state.restarts.add(status);
    if (sidecar) sidecars.add(status);
    const ended = status.state?.terminated;
    const waiting = status.state?.waiting?.reason;
    if (ended !== undefined && ended.exitCode === 0) continue;
    if (sidecar && status.started === true) {
      if (status.ready) state.ready++;
      continue;
    }
    if (ended !== undefined) return `Init:${endedReason(ended)}`;
    if (waiting && waiting !== 'PodInitializing') return `Init:${waiting}`;
    return `Init:${i}/${containers.size}`;
  }
  return undefined;
}

function mainReason(pod: Pod, state: Summary): void {
  let running = false;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    state.restarts.add(status);
    const { waiting, terminated } = status.state ?? {};
    if (waiting?.reason) state.reason = waiting.reason;
    else if (terminated !== undefined) state.reason = endedReason(terminated);
    else if (status.ready && status.state?.running !== undefined) {
      running = true;
      state.ready++;
    }
  }
  // A Pod with a container that still runs is not Completed.
  if (state.reason === 'Completed' && running) state.reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

const hasCondition = (pod: Pod, type: string) =>
  pod.status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;

const isTerminal = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

function summarize(pod: Pod): Summary {
  const state: Summary = {
    reason: pod.status?.reason || pod.status?.phase || '',
    ready: 0,
    restarts: new Restarts(),
  };
  if (pod.status?.conditions?.some((c) => c.type === 'PodScheduled' && c.reason === 'SchedulingGated')) {
    state.reason = 'SchedulingGated';
  }
  const sidecars = new Restarts();
  const waitsFor = initReason(pod, state, sidecars);
  if (waitsFor !== undefined) state.reason = waitsFor;
  if (waitsFor === undefined || hasCondition(pod, 'Initialized')) {
    state.restarts = sidecars;
    mainReason(pod, state);
  }
  if (pod.metadata?.deletionTimestamp !== undefined) {
    if (pod.status?.reason === 'NodeLost') state.reason = 'Unknown';
    else if (!isTerminal(pod)) state.reason = 'Terminating';
  }
  return state;
}

export function podCells(pod: Stored<Pod>, now: number): unknown[] {
  const { reason, ready, restarts } = summarize(pod);
  const total = (pod.spec?.containers ?? []).length + (pod.spec?.initContainers ?? []).filter(isSidecar).length;
  const gates = pod.spec?.readinessGates ?? [];
  const last = restarts.count > 0 && restarts.last !== undefined ? ` (${age(restarts.last, now)} ago)` : '';
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    reason,
    `${restarts.count}${last}`,
    age(pod.metadata.creationTimestamp, now),
    pod.status?.podIPs?.[0]?.ip || none,
    pod.spec?.nodeName || none,
    pod.status?.nominatedNodeName || none,
    gates.length === 0
      ? none
      : `${gates.filter((gate) => hasCondition(pod, gate.conditionType)).length}/${gates.length}`,
  ];
}

const finished = {
  Succeeded: { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
  Failed: { type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' },
};

/** The condition of a finished Pod's row. */
export function podRowConditions(pod: Stored<Pod>): unknown[] | undefined {
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed' ? [finished[phase]] : undefined;
}
