import { brokenText } from '../cluster/broken.ts';
import type { BrokenCluster, Cluster, Provider } from '../cluster/provider.ts';
import { EnvironmentError, UserError } from '../kernel/errors.ts';
import { createBareCluster } from './bare-cluster.ts';
import type { ClusterInfo, ClusterRequest, ListedCluster } from './types.ts';

/** The clusters of all providers. */
export class Clusters {
  readonly #providers: readonly Provider[];
  /** Names of bare clusters that are being created. */
  readonly #named = new Set<string>();

  constructor(providers: readonly Provider[]) {
    this.#providers = providers;
  }

  /** Throws a UserError that names those that there are. */
  provider(name: string): Provider {
    const provider = this.#providers.find((p) => p.name === name);
    if (provider) return provider;
    const names = this.#providers.map((p) => p.name).join(', ');
    throw new UserError({ what: `there is no provider ${name}`, next: `use one of: ${names}` });
  }

  /** Those that run, whoever has them. */
  async running(): Promise<Cluster[]> {
    return (await Promise.all(this.#providers.map((provider) => provider.list()))).flat();
  }

  /** All, with the ids of the attempts that they are of. */
  async list(attemptOn: (id: string) => string | undefined): Promise<ListedCluster[]> {
    const withAttempt = (c: ListedCluster): ListedCluster => {
      const attempt = attemptOn(c.id);
      return { ...c, ...(attempt !== undefined && { attempt }) };
    };
    const lists = await Promise.all(
      this.#providers.map(async (one) => {
        const [used, kept = [], broken = []] = await Promise.all([one.list(), one.kept?.(), one.broken?.()]);
        return [
          ...used.map((c) => withAttempt(infoOf(c))),
          ...kept.map((c): ListedCluster => ({ ...infoOf(c), kept: true })),
          ...broken.map((b): ListedCluster => {
            const { id, kubeconfig, context } = b;
            return withAttempt({ id, provider: one.name, kubeconfig, context, server: '', broken: b });
          }),
        ];
      }),
    );
    return lists.flat();
  }

  async up(
    request: ClusterRequest,
    onStep: (step: string) => void = () => undefined,
    signal?: AbortSignal,
  ): Promise<ClusterInfo> {
    const provider = this.provider(request.provider);
    const taken = [...(await this.list(() => undefined)).map((cluster) => cluster.id), ...this.#named];
    const { name } = request;
    if (name !== undefined) this.#named.add(name);
    try {
      return infoOf(await createBareCluster(provider, request, { taken, onStep, ...(signal && { signal }) }));
    } finally {
      if (name !== undefined) this.#named.delete(name);
    }
  }

  /** Deletes one, whatever its state. Rejects with a UserError if there is none. */
  async delete(id: string): Promise<void> {
    for (const provider of this.#providers) {
      const lists = await Promise.all([provider.list(), provider.kept?.(), provider.broken?.()]);
      if (lists.flat().some((cluster) => cluster?.id === id)) return provider.delete(id);
    }
    throw noCluster(id);
  }

  /** A cluster that could not be brought back; undefined: it is none. */
  async broken(id: string): Promise<BrokenCluster | undefined> {
    return (await this.#brokenOf(id))?.broken;
  }

  /** As `Provider.repair`. */
  async repair(id: string): Promise<string[]> {
    const { provider, broken } = (await this.#brokenOf(id)) ?? {};
    if (provider?.repair) return provider.repair(id);
    if (broken) {
      const next = `kubedrill cluster down ${id} deletes what is left of it here`;
      throw new EnvironmentError({ what: `the cluster ${id} stays broken`, why: broken.what, next });
    }
    if (!(await this.running()).some((cluster) => cluster.id === id)) throw noCluster(id);
    throw new UserError({ what: `the cluster ${id} is not broken`, next: 'kubedrill cluster list' });
  }

  async #brokenOf(id: string): Promise<{ provider: Provider; broken: BrokenCluster } | undefined> {
    for (const provider of this.#providers) {
      const broken = (await provider.broken?.())?.find((one) => one.id === id);
      if (broken) return { provider, broken };
    }
    return undefined;
  }
}

export function noCluster(id: string): UserError {
  return new UserError({ what: `there is no cluster ${id}`, next: 'kubedrill cluster list' });
}

export function notEntered({ id, provider }: Cluster): UserError {
  return new UserError({
    what: `the nodes of ${id} can't be entered`,
    why: `kubedrill has no access to the machines of a cluster of ${provider}`,
    next: 'use --provider embedded or --provider kind',
  });
}

/** The error for a cluster that is wanted but does not run. */
export function notRunning(id: string, broken: BrokenCluster | undefined): Error {
  return broken ? new EnvironmentError(brokenText(broken)) : noCluster(id);
}

function infoOf({ id, provider, kubeconfig, context, server }: Cluster): ClusterInfo {
  return { id, provider, kubeconfig, context, server };
}
