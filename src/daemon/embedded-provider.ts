import type { Cluster, Provider } from '../cluster/provider.ts';
import { createContainerRuntime } from '../embedded/container/runtime.ts';
import { ClusterHost, type HostedCluster } from '../embedded/host.ts';
import { createClusterNetwork } from '../embedded/network/index.ts';
import { systemClock } from '../kernel/clock.ts';

/** The embedded clusters of this process as a Provider; `resume` brings back those of an earlier one. */
export async function createEmbeddedProvider(
  folder: string,
  log: (line: string) => void = () => undefined,
): Promise<{ provider: Provider; resume(): Promise<void>; stop(): Promise<void> }> {
  const host = new ClusterHost({
    folder,
    clock: systemClock,
    defaults: {
      runtime: (context) =>
        createContainerRuntime({
          network: createClusterNetwork(context),
          onBug: (program, stack) => log(`${program}: ${stack}`),
        }),
      report: (error, where) => log(`${where}: ${error instanceof Error ? error.stack : String(error)}`),
    },
  });
  const provider: Provider = {
    name: 'embedded',
    check: async () => [{ subject: 'embedded cluster', ok: true, text: 'Kubernetes v1.35, in the daemon' }],
    async create(spec, progress) {
      progress('starting the embedded cluster');
      return clusterOf(await host.create({ name: spec.name, nodes: spec.nodes }), host);
    },
    list: async () => host.list().map((hosted) => clusterOf(hosted, host)),
    delete: (id) => host.delete(id),
  };
  return {
    provider,
    resume: () => host.resume((id, error) => log(`cluster ${id} cannot be brought back: ${(error as Error).message}`)),
    stop: () => host.stop(),
  };
}

function clusterOf(hosted: HostedCluster, host: ClusterHost): Cluster {
  const { id, kubeconfig, context, server, cluster } = hosted;
  return {
    id,
    provider: 'embedded',
    kubeconfig,
    context,
    server,
    snapshot: () => cluster.snapshot(),
    reset: () => cluster.reset(),
    dispose: () => host.delete(id),
  };
}
