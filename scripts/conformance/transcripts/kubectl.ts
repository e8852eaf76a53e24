import { ensureKubectl } from '../../../src/cluster/kubectl/kubectl.ts';
import { resolvePaths } from '../../../src/kernel/paths.ts';

/** The minor version that the sessions were recorded with; others word about one step in ten differently. */
const recordedMinor = 35;

/** A kubectl of the recorded minor: the one on PATH if it is that, else the one of kubedrill's cache. */
export async function recordedKubectl(progress?: (step: string) => void): Promise<string> {
  const { cache } = resolvePaths();
  const usual = await ensureKubectl({ cache }, progress);
  if (usual.minor === recordedMinor) return usual.file;
  return (await ensureKubectl({ cache, env: {} }, progress)).file;
}
