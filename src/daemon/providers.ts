import { join } from 'node:path';
import { KindProvider } from '../cluster/kind/provider.ts';
import { KubeconfigProvider } from '../cluster/kubeconfig/provider.ts';
import type { Provider } from '../cluster/provider.ts';
import { clusterFolders } from '../cluster/record.ts';
import { systemClock } from '../kernel/clock.ts';
import { createEmbeddedProvider } from './embedded-provider.ts';

export interface ProvidersOptions {
  /** kubedrill's state folder. */
  state: string;
  log?(line: string): void;
}

export interface Providers {
  all: readonly Provider[];
  /** Brings back the clusters of an earlier process, and finishes off what it left behind. */
  resume(): Promise<void>;
  /** Makes the first cluster as fast as the second. */
  warmUp(): Promise<void>;
  /** Ends what lives in this process. */
  stop(): Promise<void>;
}

/** How long a kind cluster that nobody needs waits for the next attempt, milliseconds. */
const warmTime = 15 * 60_000;

/** All kinds of clusters, as the daemon has them: they outlive it. */
export async function createProviders({ state, log }: ProvidersOptions): Promise<Providers> {
  const embedded = await createEmbeddedProvider(join(state, clusterFolders.embedded), { ...(log && { log }) });
  const common = { clock: systemClock, lasting: true, ...(log && { log }) };
  const kind = new KindProvider({
    ...common,
    folder: join(state, clusterFolders.kind),
    keepWarm: { count: 1, time: warmTime },
  });
  const kubeconfig = new KubeconfigProvider({ ...common, folder: join(state, clusterFolders.kubeconfig) });
  return {
    all: [embedded.provider, kind, kubeconfig],
    async resume() {
      await Promise.all([embedded.resume(), kind.resume(), kubeconfig.resume()]);
    },
    warmUp: () => embedded.warmUp(),
    async stop() {
      await Promise.all([embedded.stop(), kind.stop(), kubeconfig.stop()]);
    },
  };
}

/**
 * One provider for a single run of this process (`pack verify`): its clusters end with it. What it makes outside of
 * `folder` is on record in the state folder, so that a crash leaves nothing.
 */
export async function createLocalProvider(
  name: string,
  folder: string,
  state: string,
  clusters: number,
): Promise<{ provider: Provider; stop(): Promise<void> } | undefined> {
  const common = { clock: systemClock, lasting: false };
  if (name === 'embedded') return createEmbeddedProvider(folder, { lasting: false });
  if (name === 'kind') {
    const provider = new KindProvider({
      ...common,
      folder: join(state, clusterFolders.kind),
      keepWarm: { count: clusters, time: warmTime },
    });
    await provider.resume();
    return { provider, stop: () => provider.stop() };
  }
  if (name !== 'kubeconfig') return undefined;
  const provider = new KubeconfigProvider({ ...common, folder: join(state, clusterFolders.kubeconfig) });
  await provider.resume();
  return { provider, stop: () => provider.stop() };
}
