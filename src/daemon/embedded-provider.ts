import { describeDifferences } from '../cluster/inventory/difference.ts';
import { inventoryOf } from '../cluster/inventory/inventory.ts';
import { type Cluster, findNode, type Provider } from '../cluster/provider.ts';
import { createEmbeddedCluster, type EmbeddedClusterOptions } from '../embedded/cluster.ts';
import { createContainerRuntime } from '../embedded/container/index.ts';
import { ClusterHost, type HostedCluster } from '../embedded/host.ts';
import { createClusterNetwork } from '../embedded/network/index.ts';
import { systemClock } from '../kernel/clock.ts';
import { failureText, faultText } from '../kernel/fault-log.ts';
import { replaceFileSync } from '../kernel/files.ts';

export interface EmbeddedProvider {
  provider: Provider;
  /** Brings back the clusters of an earlier process. */
  resume(): Promise<void>;
  /**
   * Makes a cluster in memory and throws it away, unless there has been one already: the next one starts on compiled code
   * and a running worker.
   */
  warmUp(): Promise<void>;
  stop(): Promise<void>;
}

export interface EmbeddedProviderOptions {
  /** Told of faults of ours. */
  log?(line: string): void;
  /**
   * Whether clusters can be brought back by a later process; default true. If not, those that are given back are used
   * again where they can be made as new.
   */
  lasting?: boolean;
}

/** The embedded clusters of this process as a Provider. */
export async function createEmbeddedProvider(
  folder: string,
  { log = () => undefined, lasting = true }: EmbeddedProviderOptions = {},
): Promise<EmbeddedProvider> {
  const options: Pick<EmbeddedClusterOptions, 'runtime' | 'report'> = {
    runtime: (context) =>
      createContainerRuntime({
        network: createClusterNetwork(context),
        nodes: context.cluster.nodes,
        onBug: (program, stack) => log(faultText(program, stack)),
      }),
    report: (error, where) => log(faultText(where, error)),
  };
  const host = new ClusterHost({ folder, clock: systemClock, lasting, defaults: options });
  let warming: Promise<void> | undefined;
  /** By id. */
  const kept = new Map<string, HostedCluster>();
  const remove = (id: string) => {
    kept.delete(id);
    return host.delete(id);
  };
  const view = (hosted: HostedCluster) => clusterOf(hosted, () => remove(hosted.id));
  /** Makes a cluster as new, if that can be done. */
  const isAsNew = async (hosted: HostedCluster) =>
    (await hosted.cluster.renew()) && (await view(hosted).differences()).length === 0;
  const provider: Provider = {
    name: 'embedded',
    check: async () => [{ subject: 'embedded cluster', ok: true, text: 'Kubernetes v1.35, in the daemon' }],
    async create({ name, nodes, unknownImages }, progress, signal) {
      const onStep = (step: string) => {
        progress(step);
        signal?.throwIfAborted();
      };
      const renewed = [...kept.values()].find(({ cluster }) => cluster.nodes.length === nodes);
      if (renewed) {
        onStep('taking a cluster that is as new');
        kept.delete(renewed.id);
        // Scripts of the attempt before may have changed it.
        replaceFileSync(renewed.kubeconfig, renewed.cluster.kubeconfig());
        return view(renewed);
      }
      // Both would do the same work at the same time, each the slower for it; whoever comes first warms up.
      warming ??= Promise.resolve();
      await warming;
      return view(await host.create({ name, nodes, onStep, ...(unknownImages !== undefined && { unknownImages }) }));
    },
    list: async () =>
      host
        .list()
        .filter(({ id }) => !kept.has(id))
        .map(view),
    kept: async () => [...kept.values()].map(view),
    broken: async () => host.broken(),
    repair: (id) => host.repair(id),
    delete: remove,
    ...(!lasting && {
      async release(id: string) {
        const hosted = host.get(id);
        const again =
          hosted && (await isAsNew(hosted).catch((error: unknown) => log(failureText(`renewing ${id}`, error))));
        if (again && host.get(id) === hosted) kept.set(id, hosted);
        else await remove(id);
      },
    }),
  };
  return {
    provider,
    resume: () => host.resume((id, error) => log(`cluster ${id} cannot be brought back: ${(error as Error).message}`)),
    warmUp() {
      if (host.list().length > 0) return Promise.resolve();
      warming ??= createEmbeddedCluster(options)
        .then((cluster) => cluster.stop())
        .catch((error: unknown) => log(failureText('warming up', error)));
      return warming;
    },
    stop: () => host.stop(),
  };
}

function clusterOf(hosted: HostedCluster, dispose: () => Promise<void>): Cluster {
  const { id, kubeconfig, context, server, cluster } = hosted;
  return {
    id,
    provider: 'embedded',
    kubeconfig,
    context,
    server,
    ownKubeconfig: async () => cluster.kubeconfig(),
    systemRuns: async () => void (await cluster.systemRuns()),
    snapshot: () => cluster.snapshot(),
    reset: () => cluster.reset(),
    differences: async () =>
      describeDifferences(inventoryOf(cluster.objects('snapshot')), inventoryOf(cluster.objects('now'))),
    nodeProcess: async (node, { command, tty }) =>
      cluster.nodeShell(findNode(cluster.nodes, node), { command: [...command], stdin: true, tty }),
    dispose,
  };
}
