import { installAddon } from '../cluster/addons/install.ts';
import type { AddonName } from '../cluster/addons/names.ts';
import type { Cluster, Provider } from '../cluster/provider.ts';
import { UserError } from '../kernel/errors.ts';
import { KubeClient } from '../kube/client.ts';
import type { ClusterRequest } from './types.ts';

/** What a cluster is called that nobody gave a name; the provider numbers those that share it. */
const unnamed = 'bare';

/** Nothing is to be guessed in a bare cluster; in a lab an unknown image may be the task. */
const imageHint = '"kubedrill images" lists those it has, with their tags; a cluster of "--provider kind" pulls any';

/**
 * Makes a cluster without a scenario, with the addons that were asked for. A UserError if the name cannot be one, or is that
 * of one of `taken`; whatever goes wrong, nothing stays.
 */
export async function createBareCluster(
  provider: Provider,
  request: ClusterRequest,
  { taken, onStep, signal }: { taken: readonly string[]; onStep(step: string): void; signal?: AbortSignal },
): Promise<Cluster> {
  const { name = unnamed, nodes = 1, addons = [], nodeImage, target } = request;
  if (!/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/.test(name)) {
    throw new UserError({
      what: `"${name}" cannot name a cluster`,
      next: 'use lower-case letters, digits and -, at most 42',
    });
  }
  if (request.name !== undefined && taken.includes(name)) {
    throw new UserError({
      what: `there is a cluster ${name} already`,
      next: `kubedrill cluster down ${name}, or choose another --name`,
    });
  }
  const spec = { name, nodes, unknownImages: imageHint, ...(nodeImage && { nodeImage }), ...(target && { target }) };
  const cluster = await provider.create(spec, onStep, signal);
  try {
    await installAddons(cluster, addons, onStep, signal);
    await cluster.systemRuns?.();
    if (addons.length > 0) await cluster.snapshot();
  } catch (error) {
    await cluster.dispose();
    throw error;
  }
  return cluster;
}

/** They are of the cluster as it is handed out: a reset keeps them. */
async function installAddons(
  cluster: Cluster,
  addons: readonly AddonName[],
  onStep: (step: string) => void,
  signal = new AbortController().signal,
): Promise<void> {
  if (addons.length === 0) return;
  const client = await KubeClient.fromFile(cluster.kubeconfig, cluster.context);
  try {
    for (const addon of addons) {
      onStep(`installing ${addon}`);
      await installAddon(client, addon, signal);
    }
    await cluster.snapshot();
  } finally {
    await client.close();
  }
}
