import type { ContainerStatus, Pod } from '../kube/api.gen.ts';
import type { Stored } from '../kube/meta.ts';

/** What keeps a Pod from running: one line for people, and the command that shows it. */
export interface Trouble {
  text: string;
  command: string;
}

/** Reasons of a waiting container that do not pass by waiting alone. */
const stuck = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'CrashLoopBackOff',
  'RunContainerError',
]);

/** Why a Pod does not get on, if waiting alone will not mend it. */
export function troubleOf(pod: Stored<Pod>): Trouble | undefined {
  const { name, namespace } = pod.metadata;
  const command = `kubectl describe pod ${name} -n ${namespace}`;
  const { status } = pod;
  const scheduled = status?.conditions?.find((c) => c.type === 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    return { text: `Pod ${name} cannot be scheduled: ${scheduled.message ?? 'no node fits'}`, command };
  }
  for (const container of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const waiting = container.state?.waiting;
    if (!waiting?.reason || !stuck.has(waiting.reason)) continue;
    return { text: `Pod ${name}: ${container.name} is in ${waiting.reason}${lastWords(container)}`, command };
  }
  if (status?.phase === 'Failed') return { text: `Pod ${name} has failed${reasonOf(pod)}`, command };
  return undefined;
}

function lastWords({ state, lastState }: ContainerStatus): string {
  const ended = lastState?.terminated;
  if (state?.waiting?.reason === 'CrashLoopBackOff') return ended ? `, its last exit code was ${ended.exitCode}` : '';
  const message = state?.waiting?.message;
  return message ? `: ${message.length > 120 ? `${message.slice(0, 119)}…` : message}` : '';
}

function reasonOf({ status }: Stored<Pod>): string {
  return status?.reason ? `: ${status.reason}` : '';
}

/** Whether a Pod is Ready, by its condition. */
export function isReady(pod: Stored<Pod>): boolean {
  return pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
}
