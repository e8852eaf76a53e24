import { createEmbeddedCluster, type RuntimeFactory } from '../../src/embedded/cluster.ts';
import type { Credentials } from '../../src/embedded/pki/pki.ts';

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
