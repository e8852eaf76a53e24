import type { ContainerStatus, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { ApiError, badRequest } from '../../errors/status.ts';

/**
 * The container that a request means; without a name the only one. Fails with the 400 of the API server for a name
 * that the Pod does not have, or where there is a choice.
 */
export function containerName(pod: Stored<Pod>, wanted: string | undefined): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const [main, init, ephemeral] = [containers, initContainers, ephemeralContainers].map((l) => l.map((c) => c.name));
  if (wanted) {
    if ([main, init, ephemeral].some((names) => names?.includes(wanted))) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${pod.metadata.name}`);
  }
  if (main?.length === 1 && main[0]) return main[0];
  const choice = `choose one of: [${main?.join(' ')}]`;
  const alsoInit = init && init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, ${choice}${alsoInit}`);
}

/** The status of a container of any kind. */
export function statusOf(pod: Stored<Pod>, name: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find((s) => s.name === name);
}

/**
 * Why a container has no log to show: the kubelet's 400s. `status` is its status in the API (or what it is about to be).
 */
export function noLog(
  pod: Stored<Pod>,
  name: string,
  status: ContainerStatus | undefined,
  previous: boolean,
): ApiError {
  const where = `container "${name}" in pod "${pod.metadata.name}"`;
  if (previous) return badRequest(`previous terminated ${where} not found`);
  const reason = status?.state?.waiting?.reason;
  if (reason === 'ErrImagePull') return badRequest(`${where} is waiting to start: image can't be pulled`);
  if (reason === 'ImagePullBackOff')
    return badRequest(`${where} is waiting to start: trying and failing to pull image`);
  if (reason) return badRequest(`${where} is waiting to start: ${reason}`);
  return badRequest(`${where} is waiting to start - no logs yet`);
}

/** exec, attach and port-forward to what does not run. */
export function notRunning(name: string): ApiError {
  return new ApiError({ code: 404, message: `unable to upgrade connection: container not found ("${name}")` });
}
