import type { ContainerStatus, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';

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

/** Why a Pod does not get on, if waiting alone will not mend it: one line for people. What is behind it: `evidence/pod.ts`. */
export function troubleOf({ metadata: { name }, status }: Stored<Pod>): string | undefined {
  const scheduled = status?.conditions?.find((c) => c.type === 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    return `Pod ${name} cannot be scheduled: ${scheduled.message ?? 'no node fits'}`;
  }
  for (const container of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const waiting = container.state?.waiting;
    if (!waiting?.reason || !stuck.has(waiting.reason)) continue;
    return `Pod ${name}: ${container.name} is in ${waiting.reason}${lastWords(container)}`;
  }
  if (status?.phase === 'Failed') return `Pod ${name} has failed${status.reason ? `: ${status.reason}` : ''}`;
  return undefined;
}

function lastWords({ state, lastState }: ContainerStatus): string {
  const ended = lastState?.terminated;
  if (state?.waiting?.reason === 'CrashLoopBackOff') return ended ? `, its last exit code was ${ended.exitCode}` : '';
  const message = state?.waiting?.message;
  return message ? `: ${message.length > 120 ? `${message.slice(0, 119)}…` : message}` : '';
}

/** Whether a Pod is Ready, by its condition. */
export function isReady(pod: Stored<Pod>): boolean {
  return pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
}
