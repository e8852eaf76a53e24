import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimeFactory } from '../../src/embedded/cluster.ts';
import { startTarget } from './cluster.ts';

/**
 * Starts a cluster and keeps it until SIGINT or SIGTERM. `pki` gets ca.crt and <user>.crt/.key of admin, jane and bob;
 * `POST /debug/compact` forgets old revisions.
 */
export async function serve(options: {
  pki: string;
  controllers: boolean;
  kubelet: boolean;
  port?: number;
}): Promise<void> {
  const target = await startTarget({
    controllers: options.controllers,
    ...(options.port !== undefined && { port: options.port }),
    ...(options.kubelet && { runtime: await containers() }),
  });
  await mkdir(options.pki, { recursive: true });
  const write = (file: string, content: string) => writeFile(join(options.pki, file), content, { mode: 0o600 });
  await write('ca.crt', target.ca);
  for (const [name, { certificate, key }] of Object.entries(target.people)) {
    await write(`${name}.crt`, certificate);
    await write(`${name}.key`, key);
  }
  console.log(target.url);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await target.close();
}

/** Loaded only where containers are wanted: it brings a worker thread and all programs. */
export async function containers(): Promise<RuntimeFactory> {
  const [{ createContainerRuntime }, { createClusterNetwork }] = await Promise.all([
    import('../../src/embedded/container/runtime.ts'),
    import('../../src/embedded/network/index.ts'),
  ]);
  return (context) => createContainerRuntime({ network: createClusterNetwork(context) });
}
