import { join } from 'node:path';
import { execa } from 'execa';
import type { ClusterSpec } from '../../src/cluster/provider.ts';

/** Makes a cluster in another process, which kills itself at a step. */
export async function crashAt(step: string, provider: string, folder: string, spec: ClusterSpec): Promise<void> {
  const child = join(import.meta.dirname, 'crash-child.ts');
  const result = await execa(process.execPath, [child, provider, folder, JSON.stringify(spec), step], {
    reject: false,
    stdin: 'ignore',
    all: true,
  });
  if (result.signal !== 'SIGKILL' && result.exitCode !== 0) throw new Error(`the child failed: ${result.all}`);
}
