import type { ApiClient } from '../../src/embedded/api.ts';
import { createEmbeddedCluster, type RuntimeFactory } from '../../src/embedded/cluster.ts';
import type { Credentials } from '../../src/embedded/pki/pki.ts';
import { serviceAccounts } from '../../src/kube/resources.ts';

/** A cluster to replay against, with the people of the recordings. */
export interface Target {
  url: string;
  /** PEM. */
  ca: string;
  people: Record<string, Credentials>;
  /** Forgets old revisions. */
  compact(): void;
  close(): Promise<void>;
}

export interface TargetOptions {
  port?: number;
  controllers?: boolean;
  /** What runs containers; without it there are no nodes. */
  runtime?: RuntimeFactory;
}

/** What the controllers of the recorded cluster had left before they were stopped: the accounts of the first namespaces. */
async function createAccounts(client: ApiClient): Promise<void> {
  for (const namespace of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    await client.create(serviceAccounts, { metadata: { name: 'default', namespace } });
  }
}

/** Starts an embedded cluster in this process; as the recordings' preconditions ask, alone with its API by default. */
export async function startTarget({ port, controllers = false, runtime }: TargetOptions = {}): Promise<Target> {
  const cluster = await createEmbeddedCluster({
    controllers,
    kubelet: runtime !== undefined,
    debug: true,
    ...(runtime && { runtime }),
    ...(port !== undefined && { port }),
    report: (error, where) => console.error(`fault at ${where}:`, error),
  });
  if (!controllers) await createAccounts(cluster.client);
  return {
    url: cluster.url,
    ca: cluster.caCertificate,
    people: {
      admin: cluster.pki.admin,
      jane: cluster.pki.issueClient({ commonName: 'jane', organizations: ['dev'] }),
      bob: cluster.pki.issueClient({ commonName: 'bob' }),
    },
    compact: () => cluster.compact(),
    close: () => cluster.stop(),
  };
}
