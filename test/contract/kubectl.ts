import { execa } from 'execa';
import { afterAll } from 'vitest';
import { ensureKubectl, pathWith } from '../../src/cluster/kubectl/kubectl.ts';
import type { Cluster } from '../../src/cluster/provider.ts';
import { resolvePaths } from '../../src/kernel/paths.ts';
import { ScratchFolder } from './scratch.ts';

/** Discovery is kept for the tests of one file only: a later cluster may get the same port. */
const cache = new ScratchFolder();
afterAll(() => cache.remove());

/** The real kubectl on one cluster: an independent driver and an independent witness. */
export class Kubectl {
  readonly #env: Record<string, string>;

  private constructor(env: Record<string, string>) {
    this.#env = env;
  }

  static on(cluster: Cluster): Promise<Kubectl> {
    return Kubectl.onFile(cluster.kubeconfig);
  }

  static async onFile(kubeconfig: string): Promise<Kubectl> {
    const kubectl = await ensureKubectl({ cache: resolvePaths().cache });
    return new Kubectl({ PATH: pathWith(kubectl), KUBECONFIG: kubeconfig, KUBECACHEDIR: cache.path });
  }

  /** Runs kubectl to its end; rejects if it fails. */
  async run(...args: string[]): Promise<string> {
    const { stdout } = await execa('kubectl', args, { env: this.#env, stdin: 'ignore', maxBuffer: 2 ** 28 });
    return stdout;
  }

  async apply(manifest: string): Promise<void> {
    await execa('kubectl', ['apply', '--server-side', '-f', '-'], { env: this.#env, input: manifest });
  }

  /** Runs a damage: a shell script, or a manifest that replaces what is there. */
  async script(file: string, text: string): Promise<void> {
    if (file.endsWith('.yaml')) {
      await execa('kubectl', ['replace', '--force', '-f', file], { env: this.#env, stdin: 'ignore' });
    } else {
      await execa('sh', ['-eu', '-c', text], { env: this.#env, stdin: 'ignore' });
    }
  }
}
