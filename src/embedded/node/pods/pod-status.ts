import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { type ContainerRecord, containersOf } from '../containers/container-record.ts';
import { containerStatuses, timestamp } from '../containers/container-status.ts';
import { hasBegun } from './lifecycle.ts';
import { podPhase, qosClass } from './pod-phase.ts';

export interface StatusInput {
  pod: Stored<Pod>;
  records: ReadonlyMap<string, ContainerRecord>;
  now: number;
  hostIP: string;
  podIP: string | undefined;
  /** The Pod's network is up. */
  sandbox: boolean;
  /** Nothing runs and nothing will: a terminal phase may be written. */
  terminal: boolean;
  /** Set where the kubelet ended the Pod: `DeadlineExceeded`, ... */
  verdict?: { reason: string; message: string };
  /** What is to say of a resize. */
  resize: readonly Omit<PodCondition, 'lastTransitionTime'>[];
}

/** Condition types that the kubelet owns, in the order in which it writes them. */
const ownConditions = [
  'PodResizePending',
  'PodResizeInProgress',
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
];

/** The complete status of a Pod as the kubelet writes it; conditions of others stay. */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, records, now, hostIP, podIP, terminal, verdict } = input;
  const statuses = containerStatuses(pod, records);
  const old = pod.status ?? {};
  let phase = podPhase(pod, statuses, terminal, hasBegun(input));
  // A terminal phase is final, and is not written while something may still run.
  if (verdict) phase = terminal ? 'Failed' : (old.phase ?? phase);
  else if (!terminal && (phase === 'Failed' || phase === 'Succeeded')) phase = old.phase ?? 'Pending';
  const generation = pod.metadata.generation;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const conditions = [
    ...(old.conditions ?? []).filter((c) => !ownConditions.includes(c.type)),
    ...input.resize.map((c) => transition(c, old.conditions, { observedGeneration: c.observedGeneration }, now)),
    ...ownStatuses(input, statuses, phase).map((c) => transition(c, old.conditions, observed, now)),
  ];
  const said = terminal ? verdict : undefined;
  return {
    ...keptFields(old),
    conditions,
    ...statuses,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(said && { message: said.message, reason: said.reason }),
    ...observed,
    phase,
    ...(podIP && { podIP, podIPs: [{ ip: podIP }] }),
    qosClass: old.qosClass ?? qosClass(pod),
    startTime: old.startTime ?? timestamp(now),
  };
}

/** What others write into a Pod's status. */
function keptFields({ message, reason, resourceClaimStatuses, extendedResourceClaimStatus }: PodStatus): PodStatus {
  return {
    ...(message && { message }),
    ...(reason && { reason }),
    ...(resourceClaimStatuses && { resourceClaimStatuses }),
    ...(extendedResourceClaimStatus && { extendedResourceClaimStatus }),
  };
}

type Verdict = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;
type Statuses = ReturnType<typeof containerStatuses>;

function ownStatuses(input: StatusInput, statuses: Statuses, phase: string): Verdict[] {
  const containersReady = containersReadyCondition(input, statuses, phase);
  return [
    { type: 'PodReadyToStartContainers', status: input.sandbox ? 'True' : 'False' },
    initializedCondition(input, statuses, phase),
    readyCondition(input.pod, containersReady),
    containersReady,
    { type: 'PodScheduled', status: 'True' },
  ];
}

function initializedCondition(input: StatusInput, statuses: Statuses, phase: string): Verdict {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  if (hasBegun(input)) return { type, status: 'True' };
  const sidecars = new Set(containersOf(input.pod).flatMap((c) => (c.kind === 'sidecar' ? [c.spec.name] : [])));
  const incomplete = (statuses.initContainerStatuses ?? []).filter((s) =>
    sidecars.has(s.name) ? !s.started : !s.ready,
  );
  if (incomplete.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${names(incomplete)}]`,
  };
}

function containersReadyCondition({ pod }: StatusInput, statuses: Statuses, phase: string): Verdict {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const byName = new Map(
    [...(statuses.initContainerStatuses ?? []), ...(statuses.containerStatuses ?? [])].map((s) => [s.name, s]),
  );
  const unready = containersOf(pod).flatMap(({ kind, spec }) => {
    const status = byName.get(spec.name);
    return (kind === 'sidecar' || kind === 'main') && status && !status.ready ? [status] : [];
  });
  if (unready.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${names(unready)}]`,
  };
}

function readyCondition(pod: Stored<Pod>, containersReady: Verdict): Verdict {
  const type = 'Ready';
  if (containersReady.status !== 'True') return { ...containersReady, type };
  const problems = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = pod.status?.conditions?.find((c) => c.type === conditionType);
    if (!condition) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (condition.status === 'True') return [];
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  if (problems.length === 0) return { type, status: 'True' };
  return { type, status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') };
}

function names(statuses: readonly ContainerStatus[]): string {
  return statuses.map((s) => s.name).join(' ');
}

/** lastTransitionTime moves only when the status changes. */
function transition(
  verdict: Verdict,
  old: readonly PodCondition[] | undefined,
  observed: { observedGeneration?: number },
  now: number,
): PodCondition {
  const before = old?.find((c) => c.type === verdict.type);
  const lastTransitionTime =
    before?.status === verdict.status && before.lastTransitionTime ? before.lastTransitionTime : timestamp(now);
  return {
    // A null on the wire (recorded); the type of the generated API knows only its absence.
    lastProbeTime: null as unknown as undefined,
    lastTransitionTime,
    ...(verdict.message && { message: verdict.message }),
    ...observed,
    ...(verdict.reason && { reason: verdict.reason }),
    status: verdict.status,
    type: verdict.type,
  };
}
