import { delimiter, join } from 'node:path';
import { KindProvider } from '../../src/cluster/kind/provider.ts';
import { KubeconfigProvider } from '../../src/cluster/kubeconfig/provider.ts';
import { createEmbeddedProvider } from '../../src/daemon/embedded-provider.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { OpenProvider } from './provider.ts';

/** A kind whose node image is on this machine, where it is laid out; on others kind pulls its own. */
export const sharedKind = join(import.meta.dirname, '..', '..', '..', 'shared', 'kind');

export const kindEnvironment = {
  ...process.env,
  PATH: [join(sharedKind, 'bin'), process.env.PATH].join(delimiter),
};

/** Opens a provider over a state folder. Clusters end with their process, so that a crash leaves nothing for ever. */
export async function openProvider(name: string, folder: string): Promise<OpenProvider> {
  const options = { folder, clock: systemClock, lasting: false, log: (line: string) => console.error(line) };
  if (name === 'embedded') return createEmbeddedProvider(folder);
  const provider =
    name === 'kind' ? new KindProvider({ ...options, env: kindEnvironment }) : new KubeconfigProvider(options);
  return { provider, resume: () => provider.resume(), stop: () => provider.stop() };
}
