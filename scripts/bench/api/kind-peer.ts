/** A real cluster to be measured beside: created by kind for one run. Needs Docker; KUBEDRILL_NODE_IMAGE names another node. */
import { join } from 'node:path';
import { execa } from 'execa';

const name = 'kubedrill-bench';
const controlPlane = new Set(['kube-apiserver', 'etcd', 'kube-controller', 'kube-scheduler']);

export interface KindPeer {
  kubeconfig: string;
  /** From the command to a node that is Ready, milliseconds. */
  startMs: number;
  /** Resident memory in MiB: of API server, etcd, controllers and scheduler, and of all that runs in the node. */
  memory(): Promise<{ controlPlane: number; node: number }>;
  stop(): Promise<void>;
}

/** @param folder where its kubeconfig goes. @throws if kind or Docker do not work; nothing stays then */
export async function startKind(folder: string): Promise<KindPeer> {
  const kubeconfig = join(folder, 'kind.kubeconfig');
  const image = process.env.KUBEDRILL_NODE_IMAGE;
  const begin = performance.now();
  const stop = async () =>
    void (await execa('kind', ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig]));
  try {
    const args = ['create', 'cluster', '--name', name, '--kubeconfig', kubeconfig, '--wait', '180s'];
    await execa('kind', [...args, ...(image ? ['--image', image] : [])]);
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  return { kubeconfig, startMs: Math.round(performance.now() - begin), memory: memoryOf, stop };
}

async function memoryOf(): Promise<{ controlPlane: number; node: number }> {
  const script = 'cat /proc/[0-9]*/status 2>/dev/null || true';
  const { stdout } = await execa('docker', ['exec', `${name}-control-plane`, 'sh', '-c', script]);
  const sum = { controlPlane: 0, node: 0 };
  for (const [, process = '', kilobytes] of stdout.matchAll(
    /^Name:\s+(.*)$[\s\S]*?^(?:VmRSS:\s+(\d+) kB|Threads:)/gm,
  )) {
    const mebibytes = Number(kilobytes ?? 0) / 1024;
    sum.node += mebibytes;
    if (controlPlane.has(process)) sum.controlPlane += mebibytes;
  }
  return { controlPlane: Math.round(sum.controlPlane), node: Math.round(sum.node) };
}
