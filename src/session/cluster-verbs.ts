import type { Cluster } from '../cluster/provider.ts';
import { UserError } from '../kernel/errors.ts';
import { Attempt } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import { type Clusters, noCluster, notEntered, notRunning } from './clusters.ts';
import type { Labs } from './contract.ts';
import type { Lifecycle } from './lifecycle.ts';
import { joinProcess, NodeInputs } from './node-process.ts';

type ClusterVerbs = Pick<Labs, 'clusterUp' | 'clusterList' | 'clusterDown' | 'clusterRepair' | 'clusterDifferences'>;

/** What is asked about clusters, those of attempts and bare ones. */
export function clusterVerbs(clusters: Clusters, attempts: Attempts, lifecycle: Lifecycle): ClusterVerbs {
  return {
    clusterUp: (request, { onEvent, signal } = {}) => clusters.up(request, onEvent, signal),

    clusterList: () => clusters.list((id) => attempts.on(id)?.fold.id),

    async clusterDown({ id }) {
      const found = attempts.on(id);
      if (found instanceof Attempt) {
        throw new UserError({
          what: `the cluster ${id} belongs to the attempt ${found.id}`,
          next: `kubedrill stop --attempt ${found.id}`,
        });
      }
      if (found) await lifecycle.endAside(found);
      else await clusters.delete(id);
    },

    async clusterRepair({ id }) {
      const done = await clusters.repair(id);
      const found = attempts.on(id);
      if (found && !(found instanceof Attempt)) await lifecycle.takeUpAside(found);
      return done;
    },

    clusterDifferences: async ({ id } = {}) => (await chooseCluster(clusters, attempts, id)).differences(),
  };
}

/** What is asked about the nodes of clusters. */
export function nodeVerbs(
  clusters: Clusters,
  attempts: Attempts,
): Pick<Labs, 'nodeCommand' | 'nodeProcess' | 'nodeInput'> {
  const inputs = new NodeInputs();

  return {
    async nodeCommand({ node, command, id }) {
      const cluster = await chooseCluster(clusters, attempts, id);
      if (cluster.nodeCommand) return { argv: await cluster.nodeCommand(node, command), simulated: false };
      if (!cluster.nodeProcess) throw notEntered(cluster);
      return { argv: ['kubedrill', 'node', 'shell', '--cluster', cluster.id, node, '--', ...command], simulated: true };
    },

    async nodeProcess({ id, node, command, tty, session }, { onEvent = () => undefined, signal } = {}) {
      const input = inputs.open(session);
      try {
        const cluster = await chooseCluster(clusters, attempts, id);
        if (!cluster.nodeProcess) throw notEntered(cluster);
        const process = await cluster.nodeProcess(node, { command, tty });
        return await joinProcess(process, { input, onOutput: onEvent, signal });
      } finally {
        inputs.close(session);
      }
    },

    nodeInput: ({ session, input }) => inputs.take(session, input),
  };
}

/** A cluster by its id, else that of the newest attempt, else the only one that there is. */
async function chooseCluster(clusters: Clusters, attempts: Attempts, id: string | undefined): Promise<Cluster> {
  const running = await clusters.running();
  const [only, another] = running;
  if (id === undefined && only && attempts.all().length === 0) {
    if (!another) return only;
    const ids = running.map((c) => c.id).join(', ');
    throw new UserError({ what: 'there are several clusters', why: ids, next: 'name one of them' });
  }
  const wanted = id ?? (await attempts.running(undefined)).fold.cluster?.id;
  const cluster = running.find((c) => c.id === wanted);
  if (cluster) return cluster;
  if (wanted === undefined) throw noCluster('of this attempt yet');
  throw notRunning(wanted, await clusters.broken(wanted));
}
