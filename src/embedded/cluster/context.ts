import type { Clock } from '../../kernel/clock.ts';
import type { ComponentContext, User } from '../api.ts';
import { InProcessClient, type RemoteReader } from '../client/client.ts';
import { CorrelatingRecorder } from '../client/events.ts';
import { StoreInformers } from '../client/informers.ts';
import type { ControlPlane } from './control-plane.ts';

const masters = ['system:masters', 'system:authenticated'];

/** Whose name stands in managedFields of what a component writes, its events included. */
function managerOf(component: string): string {
  if (component === 'kubelet' || component === 'kube-proxy') return component;
  return component.endsWith('scheduler') ? 'kube-scheduler' : 'kube-controller-manager';
}

function userOf(manager: string): User {
  return { name: `system:${manager}`, groups: masters };
}

/** What controllers, the scheduler and kubelets are given; one for all of them. */
export function componentContext(
  plane: ControlPlane,
  clock: Clock,
  signal: AbortSignal,
  cluster: ComponentContext['cluster'],
  remote?: RemoteReader & { staleGroups?(): readonly string[] },
  report: ComponentContext['report'] = () => {},
): ComponentContext {
  const { registry, store } = plane;
  const clientOf = (manager: string) =>
    new InProcessClient(registry, { user: userOf(manager), fieldManager: manager }, remote);
  return {
    client: clientOf('kube-controller-manager'),
    informers: new StoreInformers(store, registry, signal),
    clock,
    signal,
    report,
    recorder: (component, host) => new CorrelatingRecorder(clientOf(managerOf(component)), clock, component, host),
    resources: () => registry.definitions(),
    staleGroups: () => remote?.staleGroups?.() ?? [],
    cluster,
  };
}
