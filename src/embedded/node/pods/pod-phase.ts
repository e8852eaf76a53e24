import type { ContainerStatus, Pod } from '../../../kube/api.gen.ts';

type Statuses = Pick<NonNullable<Pod['status']>, 'containerStatuses' | 'initContainerStatuses'>;

/**
 * The phase of a Pod from the states of its containers. `terminal`: nothing of it will run again;
 * `initialized`: a main container has run before.
 */
export function podPhase(pod: Pod, statuses: Statuses, terminal: boolean, initialized: boolean): string {
  const spec = pod.spec;
  const sidecars = new Set((spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').map((c) => c.name));
  const init = statuses.initContainerStatuses ?? [];
  const main = (statuses.containerStatuses ?? []).map(stateOf);
  const regularInit = init.filter((s) => !sidecars.has(s.name)).map(stateOf);
  const sidecarInit = init.filter((s) => sidecars.has(s.name));

  if (spec?.restartPolicy === 'Never' && regularInit.some((s) => s === 'failed' || s === 'restarting-failed'))
    return 'Failed';
  if (regularInit.some((s) => s === 'running' || s === 'waiting')) return 'Pending';
  const pendingSidecar = sidecarInit.some((s) => stateOf(s) === 'waiting' || (stateOf(s) === 'running' && !s.started));
  if (pendingSidecar && !initialized) return 'Pending';
  if (main.includes('waiting')) return 'Pending';
  if (main.includes('running') || sidecarInit.some((s) => s.state?.running)) return 'Running';
  const succeeded = main.every((s) => s === 'succeeded');
  if (terminal) return succeeded ? 'Succeeded' : 'Failed';
  if (spec?.restartPolicy === 'Always') return 'Running';
  if (succeeded) return 'Succeeded';
  return spec?.restartPolicy === 'Never' ? 'Failed' : 'Running';
}

type State = 'waiting' | 'running' | 'succeeded' | 'failed' | 'restarting' | 'restarting-failed';

/** `restarting`: it waits, but has run before. */
function stateOf({ state, lastState }: ContainerStatus): State {
  if (state?.running) return 'running';
  if (state?.terminated) return state.terminated.exitCode === 0 ? 'succeeded' : 'failed';
  if (!lastState?.terminated) return 'waiting';
  return lastState.terminated.exitCode === 0 ? 'restarting' : 'restarting-failed';
}

type Resources = Readonly<Record<string, string>> | undefined;

/** Guaranteed, Burstable or BestEffort, from cpu and memory of all containers. */
export function qosClass(pod: Pod): string {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const counted = (r: Resources) =>
    Object.entries(r ?? {}).filter(([k, v]) => (k === 'cpu' || k === 'memory') && v !== '0');
  if (containers.every((c) => counted(c.resources?.requests).length + counted(c.resources?.limits).length === 0)) {
    return 'BestEffort';
  }
  const guaranteed = containers.every(({ resources }) =>
    ['cpu', 'memory'].every((name) => {
      const limit = resources?.limits?.[name];
      return limit !== undefined && (resources?.requests?.[name] ?? limit) === limit;
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
