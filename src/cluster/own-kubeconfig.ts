import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../kernel/files.ts';
import { readFileIfThere } from '../kube/kubeconfig.ts';

/** In a cluster's folder: the learner's, and the one that kubedrill itself connects with. */
const names = { learner: 'kubeconfig', own: 'own-kubeconfig' };

/** The file that belongs to the learner. */
export function kubeconfigPath(folder: string): string {
  return join(folder, names.learner);
}

/** The file that nobody else writes to. */
export function ownKubeconfigPath(folder: string): string {
  return join(folder, names.own);
}

/** What kubedrill itself connects with. Throws the error of the file system if there is none. */
export function readOwnKubeconfig(folder: string): string {
  // Clusters of earlier versions have only the one.
  return readFileIfThere(ownKubeconfigPath(folder)) ?? readFileSync(kubeconfigPath(folder), 'utf8');
}

/** Writes both anew, for their owner alone. */
export async function writeKubeconfigs(folder: string, text: string): Promise<void> {
  await replaceFile(ownKubeconfigPath(folder), text);
  await replaceFile(kubeconfigPath(folder), text);
}
