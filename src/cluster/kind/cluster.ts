import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Clock, sleep } from '../../kernel/clock.ts';
import { EnvironmentError } from '../../kernel/errors.ts';
import { InventoryKeeper } from '../inventory/keeper.ts';
import { clusterEnvironment } from '../kubectl/kubectl.ts';
import { kubeconfigPath, readOwnKubeconfig } from '../own-kubeconfig.ts';
import { type Cluster, findNode } from '../provider.ts';
import type { ClusterRecord, ProcessIdentity } from '../record.ts';
import type { Tools } from './tools.ts';

export interface KindRecord extends ClusterRecord {
  /** Names the containers: `<kindName>-control-plane`. */
  kindName: string;
  nodes: number;
  nodeImage?: string;
  /** Nobody uses it: it waits for the next attempt. */
  warm: boolean;
  /** The kind that makes it. */
  child?: ProcessIdentity;
}

export interface KindClusterOptions {
  id: string;
  record: KindRecord;
  context: string;
  folder: string;
  tools: Tools;
  clock: Clock;
  dispose(): Promise<void>;
}

const loadPatience = 300_000;
const startPatience = 90_000;

export class KindCluster implements Cluster {
  readonly provider = 'kind';
  readonly #options: KindClusterOptions;
  readonly #keeper: InventoryKeeper;

  constructor(options: KindClusterOptions) {
    this.#options = options;
    const { folder, context, clock } = options;
    this.#keeper = new InventoryKeeper({ folder, context, clock });
  }

  get id(): string {
    return this.#options.id;
  }

  get kubeconfig(): string {
    return kubeconfigPath(this.#options.folder);
  }

  get context(): string {
    return this.#options.context;
  }

  async ownKubeconfig(): Promise<string> {
    return readOwnKubeconfig(this.#options.folder);
  }

  /** Read from the kubeconfig: kind chose the port. */
  get server(): string {
    const { clusters } = parse(readOwnKubeconfig(this.#options.folder)) as {
      clusters: { cluster: { server: string } }[];
    };
    return clusters[0]?.cluster.server ?? '';
  }

  noteFound(signal?: AbortSignal): Promise<void> {
    return this.#keeper.noteFound(signal);
  }

  snapshot(): Promise<void> {
    return this.#keeper.snapshot();
  }

  /** Drops what an attempt noted of the cluster: its snapshot, and the kinds that its kubectl knew. */
  async forgetAttempt(): Promise<void> {
    const { folder } = this.#options;
    await rm(join(folder, 'snapshot.json'), { force: true });
    await rm(clusterEnvironment(this.kubeconfig).KUBECACHEDIR, { recursive: true, force: true });
  }

  async reset(): Promise<void> {
    await this.#awake();
    await this.#keeper.reset();
  }

  /** Goes back to how the cluster was created. */
  async restoreFound(): Promise<void> {
    await this.#awake();
    await this.#keeper.restoreFound();
  }

  differences(): Promise<string[]> {
    return this.#keeper.differences();
  }

  dispose(): Promise<void> {
    return this.#options.dispose();
  }

  async nodeCommand(node: string, command: readonly string[]): Promise<string[]> {
    const { tools, record } = this.#options;
    const names = (await tools.nodes(record.kindName)).map(({ name }) => name);
    return ['docker', 'exec', '--interactive', '--tty', findNode(names, node), ...command];
  }

  /** Brings images of this machine's Docker into the nodes; what is not here the nodes pull themselves. */
  async loadImages(images: readonly string[], progress: (step: string) => void, signal?: AbortSignal): Promise<void> {
    const { tools, record } = this.#options;
    const [first] = await tools.nodes(record.kindName);
    if (!first) return;
    const options = signal ? { signal } : {};
    const present = await tools.docker(['exec', first.name, 'crictl', 'images', '--output', 'json'], options);
    const there = new Set(
      (JSON.parse(present) as { images: { repoTags?: string[] }[] }).images.flatMap((i) => i.repoTags ?? []),
    );
    for (const image of images) {
      if (there.has(fullName(image))) continue;
      const here = await tools
        .docker(['image', 'inspect', '--format', '{{.Id}}', image], options)
        .catch((error: unknown) => {
          signal?.throwIfAborted();
          if (error instanceof EnvironmentError) return undefined;
          throw error;
        });
      if (!here) continue;
      progress(`loading ${image}`);
      await tools.kind(['load', 'docker-image', image, '--name', record.kindName], {
        timeout: loadPatience,
        ...options,
      });
    }
  }

  /** Starts node containers that have stopped. Says what is the matter if that is not enough. */
  async revive(): Promise<string | undefined> {
    const { tools, record } = this.#options;
    let nodes: { name: string; state: string }[];
    try {
      nodes = await tools.nodes(record.kindName);
    } catch (error) {
      if (error instanceof EnvironmentError) return error.text.what;
      throw error;
    }
    if (nodes.length === 0) return 'its node containers are gone';
    const paused = nodes.filter((n) => n.state === 'paused');
    if (paused.length > 0) return `the node ${paused.map((n) => n.name).join(', ')} is paused (docker unpause)`;
    const stopped = nodes.filter((n) => n.state !== 'running' && n.state !== 'restarting');
    for (const { name } of stopped) await tools.docker(['start', name], { timeout: startPatience });
    return stopped.length > 0
      ? `the node ${stopped.map((n) => n.name).join(', ')} had stopped and is starting`
      : undefined;
  }

  /** Waits for nodes that only just started again. */
  async #awake(): Promise<void> {
    const reason = await this.revive();
    if (reason === undefined) return;
    if (!reason.endsWith('is starting'))
      throw new EnvironmentError({ what: `the cluster ${this.id} does not answer`, why: reason });
    await sleep(this.#options.clock, 1_000);
  }
}

/** `nginx:1.27` is `docker.io/library/nginx:1.27`, as containerd lists it. */
function fullName(image: string): string {
  const tagged = /[:@][^/]+$/.test(image) ? image : `${image}:latest`;
  const [first = '', ...rest] = tagged.split('/');
  if (rest.length === 0) return `docker.io/library/${tagged}`;
  return /[.:]|^localhost$/.test(first) ? tagged : `docker.io/${tagged}`;
}
