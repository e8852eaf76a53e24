import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { EnvironmentError } from '../../kernel/errors.ts';
import { downloadKubectl } from './download.ts';
import { type KubectlVersion, kubectlVersion, oldestMinor } from './version.ts';

export interface FindOptions {
  /** kubedrill's cache folder. */
  cache: string;
  env?: NodeJS.ProcessEnv;
}

/** What is on PATH and what is in the cache; neither is changed. */
export async function findKubectl({ cache, env = process.env }: FindOptions): Promise<{
  /** The one to use: on PATH if it is new enough, else the cached one. */
  usable?: KubectlVersion;
  /** The first on PATH, whatever its age. */
  onPath?: KubectlVersion;
}> {
  const first = (env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, 'kubectl'))
    .find((file) => existsSync(file));
  const onPath = first ? await kubectlVersion(first) : undefined;
  if (onPath && onPath.minor >= oldestMinor) return { usable: onPath, onPath };
  const cached = await newestCached(join(cache, 'kubectl'));
  return { ...(cached ? { usable: cached } : {}), ...(onPath ? { onPath } : {}) };
}

/**
 * A kubectl that is new enough, fetched into the cache if there is none. Rejects with an EnvironmentError, or with the
 * reason of the signal.
 */
export async function ensureKubectl(
  { signal, ...options }: FindOptions & { signal?: AbortSignal },
  progress: (step: string) => void = () => undefined,
): Promise<KubectlVersion> {
  const { usable } = await findKubectl(options);
  if (usable) return usable;
  // A terminal's Ctrl-C ends the kubectl that was asked, too: that is no missing one.
  signal?.throwIfAborted();
  const file = await downloadKubectl(join(options.cache, 'kubectl'), { progress, ...(signal && { signal }) });
  const version = await kubectlVersion(file);
  if (version) return version;
  throw new EnvironmentError({
    what: `the fetched ${file} does not run`,
    next: 'install kubectl 1.29 or newer and put it on your PATH',
  });
}

/**
 * What kubectl runs with on a cluster. What it remembers of the API lies beside the kubeconfig and goes with the cluster:
 * in the user's own cache it would pile up, and mislead about the next cluster on the same port.
 */
export function clusterEnvironment(kubeconfig: string): { KUBECONFIG: string; KUBECACHEDIR: string } {
  return { KUBECONFIG: kubeconfig, KUBECACHEDIR: join(dirname(kubeconfig), 'kubectl-cache') };
}

/** PATH with the folder of this kubectl first, unless it would be found anyway. */
export function pathWith(kubectl: KubectlVersion, path = process.env.PATH ?? ''): string {
  return isOnPath(kubectl, path) ? path : `${dirname(kubectl.file)}${delimiter}${path}`;
}

/** Whether its folder is on a PATH. */
export function isOnPath(kubectl: KubectlVersion, path = ''): boolean {
  return path.split(delimiter).includes(dirname(kubectl.file));
}

async function newestCached(folder: string): Promise<KubectlVersion | undefined> {
  if (!existsSync(folder)) return undefined;
  const versions = (await readdir(folder)).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  for (const name of versions) {
    const found = existsSync(join(folder, name, 'kubectl')) && (await kubectlVersion(join(folder, name, 'kubectl')));
    if (found) return found;
  }
  return undefined;
}
