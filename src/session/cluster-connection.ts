import type { Cluster } from '../cluster/provider.ts';
import { EnvironmentError } from '../kernel/errors.ts';
import { KubeClient } from '../kube/client.ts';

/** An attempt's cluster, and the client that sets it up and grades it. */
export class ClusterConnection {
  readonly #attempt: string;
  readonly #signal: AbortSignal;
  #cluster: Cluster | undefined;
  #client: KubeClient | undefined;

  /** `attempt` is its id; there are no clients any more once `signal` is aborted. */
  constructor(attempt: string, signal: AbortSignal) {
    this.#attempt = attempt;
    this.#signal = signal;
  }

  /** Goes on with this cluster. */
  async adopt(cluster: Cluster): Promise<void> {
    if (this.#cluster?.kubeconfig !== cluster.kubeconfig) await this.#client?.close();
    this.#client = undefined;
    this.#cluster = cluster;
  }

  /** Throws an EnvironmentError if there is none. */
  get cluster(): Cluster {
    if (this.#cluster) return this.#cluster;
    throw new EnvironmentError({
      what: `attempt ${this.#attempt} has no cluster`,
      next: 'kubedrill stop, then start it again',
    });
  }

  /** The client, the same until it is closed. Rejects if there is no cluster. */
  async client(): Promise<KubeClient> {
    this.#signal.throwIfAborted();
    this.#client ??= KubeClient.fromText(await this.cluster.ownKubeconfig(), this.cluster.context);
    return this.#client;
  }

  /** Closes the client; who asks for one afterwards gets a new one. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close();
  }
}
