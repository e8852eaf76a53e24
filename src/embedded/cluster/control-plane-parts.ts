import type { Component, ComponentContext } from '../api.ts';
import { type BootstrapOptions, bootstrapControlPlane, kubernetesServiceUpkeep } from '../bootstrap/bootstrap.ts';
import type { Pki } from '../pki/pki.ts';
import { createScheduler } from '../scheduler/index.ts';
import type { Part } from './components.ts';
import { type ControlPlanePart, controlPlaneLease } from './leader-leases.ts';
import type { Listener } from './listener.ts';
import type { ClusterConfig } from './options.ts';
import { controllers } from './parts.ts';

export interface ControlPlanePartsOptions {
  config: ClusterConfig;
  pki: Pki;
  listener: Pick<Listener, 'open' | 'close'>;
  bootstrap(): BootstrapOptions;
  /** What components are given that run until `signal` aborts. */
  contextFor(signal: AbortSignal): ComponentContext;
  report(error: unknown, where: string): void;
}

/** What runs while a process of a static Pod of the control plane does. */
export function controlPlaneParts(options: ControlPlanePartsOptions): Part[] {
  const { config, pki, listener, bootstrap, contextFor, report } = options;
  const run = async (name: ControlPlanePart, components: readonly Component[], signal: AbortSignal) => {
    const context = contextFor(signal);
    for (const component of components) await component.start(context);
    if (config.hasAddons) await controlPlaneLease(name, config.first.nodeName).start(context);
  };
  const led = (name: ControlPlanePart, components: () => Component[]): Part => ({
    name,
    needs: ['kube-apiserver'],
    start: (signal) => run(name, components(), signal),
  });
  const server: Part = {
    name: 'kube-apiserver',
    needs: ['etcd'],
    start: async (signal) => {
      await listener.open();
      // etcd may have come back with nothing in it.
      await bootstrapControlPlane(bootstrap());
      const upkeep = kubernetesServiceUpkeep(bootstrap(), (error) => report(error, 'Service kubernetes'));
      await run('kube-apiserver', [upkeep], signal);
    },
    stopped: () => listener.close(),
  };
  const managers = [
    led('kube-controller-manager', () => controllers(pki)),
    led('kube-scheduler', () => [createScheduler()]),
  ];
  return [{ name: 'etcd', needs: [] }, server, ...(config.manages ? managers : [])];
}
