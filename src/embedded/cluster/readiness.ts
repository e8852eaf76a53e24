/** When a cluster is as far as somebody waits for. */
import { type Clock, nextTurn } from '../../kernel/clock.ts';
import type { DaemonSet, Deployment, Node } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { daemonSets, deployments, namespaces, nodes, serviceAccounts } from '../../kube/resources.ts';
import type { ComponentContext } from '../api.ts';
import { until } from '../client/informers.ts';
import type { Store } from '../store/store.ts';
import { isSystemNamespace } from '../system-namespaces.ts';

/** Resolves when the cluster's own Deployments are rolled out and available. */
export function systemAvailable({ informers }: ComponentContext): Promise<void> {
  const isAvailable = ({ metadata, spec, status }: Stored<Deployment>) => {
    const { replicas = 1 } = spec ?? {};
    const counts = [status?.replicas, status?.updatedReplicas, status?.availableReplicas];
    return status?.observedGeneration === metadata.generation && counts.every((count = 0) => count === replicas);
  };
  return until(informers.of(deployments), (all) =>
    all
      .list()
      .filter(({ metadata }) => isSystemNamespace(metadata.namespace))
      .every(isAvailable),
  );
}

/**
 * Pods can be made once the ServiceAccounts are there, and run once the nodes are known to be ready. What controllers
 * make of kubeadm's objects is no news for a reset.
 */
export async function podsCanBeMade({ informers }: ComponentContext): Promise<void> {
  const accounts = informers.of(serviceAccounts);
  const hasAccount = ({ metadata }: Stored) => accounts.get(metadata.name, 'default') !== undefined;
  await until(accounts, () => informers.of(namespaces).list().every(hasAccount));
  const notReady = ({ spec }: Node) => spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready');
  await until(informers.of(nodes), (all) => !all.list().some(notReady));
  const isObserved = ({ metadata, status }: Stored<Deployment | DaemonSet>) =>
    status?.observedGeneration === metadata.generation;
  await until(informers.of(deployments), (all) => all.list().every(isObserved));
  await until(informers.of(daemonSets), (all) => all.list().every(isObserved));
}

/** Waits until the components have answered to what was written: a few turns in which nothing is written, or 50 ms. */
export async function writesSettled(store: Store): Promise<void> {
  const end = performance.now() + 50;
  let revision = -1;
  for (let quiet = 0; quiet < 5 && performance.now() < end; quiet++) {
    if (store.revision !== revision) quiet = 0;
    revision = store.revision;
    await store.delivered();
    await nextTurn();
  }
}

/** False: it did not come within five seconds. */
export async function inTime(clock: Clock, awaited: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = clock.after(5_000, () => late.resolve(false));
  try {
    return await Promise.race([awaited.then(() => true), late.promise]);
  } finally {
    timer.cancel();
  }
}
