import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { EnvironmentError, UserError } from '../kernel/errors.ts';
import { replaceFileSync } from '../kernel/files.ts';
import { createEmbeddedCluster, type EmbeddedCluster, type EmbeddedClusterOptions } from './cluster.ts';
import type { ImageDescription } from './container-api.ts';

export interface ClusterHostOptions {
  /** `$XDG_STATE_HOME/kubedrill/clusters`: one folder a cluster. */
  folder: string;
  clock?: Clock;
  /** Whether clusters can be brought back by a later process (default); if not, only kubeconfigs are written. */
  lasting?: boolean;
  /** What every cluster gets beside its name, nodes and folder. */
  defaults?: Pick<EmbeddedClusterOptions, 'runtime' | 'images' | 'report'>;
}

/** A cluster of this process, as its users know it. */
export interface HostedCluster {
  readonly id: string;
  readonly name: string;
  /** File, mode 0600, in the cluster's folder. */
  readonly kubeconfig: string;
  /** `kubedrill-<id>` */
  readonly context: string;
  readonly server: string;
  readonly cluster: EmbeddedCluster;
}

/** meta.json of a cluster's folder. */
interface Meta {
  version: 1;
  id: string;
  name: string;
  nodes: number;
  createdAt: string;
  /** What packs brought. */
  images: readonly ImageDescription[];
  unknownImages?: string;
  /** A cluster that is not ready when a daemon starts was never handed to anybody. */
  ready: boolean;
}

const idPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Many embedded clusters under one folder, for the daemon: made, brought back after a restart, deleted. */
export class ClusterHost {
  readonly #options: ClusterHostOptions;
  readonly #clock: Clock;
  readonly #lasting: boolean;
  readonly #running = new Map<string, HostedCluster>();
  readonly #taken = new Set<string>();

  constructor(options: ClusterHostOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#lasting = options.lasting ?? true;
  }

  list(): HostedCluster[] {
    return [...this.#running.values()];
  }

  get(id: string): HostedCluster | undefined {
    return this.#running.get(id);
  }

  /**
   * Makes a cluster called `name` (a DNS label; its id gets a number if the name is taken) and resolves when it is
   * ready. If it fails, `onStep` throws or the process dies before, nothing of it stays.
   */
  async create(spec: {
    name: string;
    nodes?: number;
    images?: readonly ImageDescription[];
    /** See `EmbeddedClusterOptions.unknownImages`; kept with the cluster. */
    unknownImages?: string;
    onStep?(step: string): void;
  }): Promise<HostedCluster> {
    const { name, nodes = 1, images = [], unknownImages, onStep } = spec;
    if (!idPattern.test(name) || name.length > 40) {
      throw new UserError({
        what: `${name} is no name for a cluster`,
        why: 'it must be lower-case letters, digits and dashes, at most 40',
      });
    }
    const id = await this.#freeId(name);
    const folder = join(this.#options.folder, id);
    const createdAt = new Date(this.#clock.now()).toISOString();
    const meta: Meta = {
      ...{ version: 1, id, name, nodes, images, createdAt, ready: false },
      ...(unknownImages !== undefined && { unknownImages }),
    };
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      if (this.#lasting) writeMeta(folder, meta);
      const hosted = await this.#start(meta, onStep);
      if (this.#lasting) writeMeta(folder, { ...meta, ready: true });
      return hosted;
    } catch (error) {
      await this.delete(id);
      throw error;
    } finally {
      this.#taken.delete(id);
    }
  }

  /**
   * Brings back every cluster of an earlier process with its port, keys and objects; what was never finished is deleted.
   * Clusters that can't be brought back are told to `failed` and left as they are.
   */
  async resume(failed: (id: string, error: unknown) => void): Promise<void> {
    const one = async (id: string) => {
      if (this.#running.has(id) || this.#taken.has(id)) return;
      try {
        const meta = await readMeta(join(this.#options.folder, id));
        if (meta?.ready) await this.#start(meta);
        else await this.delete(id);
      } catch (error) {
        failed(id, error);
      }
    };
    await Promise.all((await this.#folders()).map(one));
  }

  /** Stops the cluster and deletes all that belongs to it; deleting what is not there is fine. */
  async delete(id: string): Promise<void> {
    const hosted = this.#running.get(id);
    this.#running.delete(id);
    await hosted?.cluster.stop();
    if (idPattern.test(id)) await rm(join(this.#options.folder, id), { recursive: true, force: true });
  }

  /** Stops all clusters; their folders keep what is needed to go on. */
  async stop(): Promise<void> {
    const all = this.list();
    this.#running.clear();
    await Promise.all(all.map(({ cluster }) => cluster.stop()));
  }

  async #start(meta: Meta, onStep?: (step: string) => void): Promise<HostedCluster> {
    const { id, name, nodes, images, unknownImages } = meta;
    const context = `kubedrill-${id}`;
    const { defaults } = this.#options;
    const folder = join(this.#options.folder, id);
    const cluster = await createEmbeddedCluster({
      ...defaults,
      images: [...(defaults?.images ?? []), ...images],
      clock: this.#clock,
      ...(this.#lasting && { folder }),
      nodes,
      context,
      ...(unknownImages !== undefined && { unknownImages }),
      ...(onStep && { onStep }),
    });
    const kubeconfig = join(folder, 'kubeconfig');
    if (!this.#lasting) replaceFileSync(kubeconfig, cluster.kubeconfig());
    const hosted: HostedCluster = { id, name, kubeconfig, context, server: cluster.url, cluster };
    this.#running.set(id, hosted);
    return hosted;
  }

  async #freeId(name: string): Promise<string> {
    const folders = new Set(await this.#folders());
    for (let n = 1; ; n++) {
      const id = n === 1 ? name : `${name}-${n}`;
      if (folders.has(id) || this.#taken.has(id)) continue;
      this.#taken.add(id);
      return id;
    }
  }

  async #folders(): Promise<string[]> {
    const { folder } = this.#options;
    if (!existsSync(folder)) return [];
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && idPattern.test(entry.name)).map((entry) => entry.name);
  }
}

/** Undefined if there is none: the process died before it was written. */
async function readMeta(folder: string): Promise<Meta | undefined> {
  const file = join(folder, 'meta.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Meta;
  } catch (error) {
    throw new EnvironmentError(
      { what: `cannot read ${file}`, why: 'it is no JSON', next: `delete the folder ${folder}` },
      { cause: error },
    );
  }
}

/** At once: a cluster that has just come up is busy, and each step of an asynchronous write waits for its turn. */
function writeMeta(folder: string, meta: Meta): void {
  replaceFileSync(join(folder, 'meta.json'), JSON.stringify(meta, undefined, 2));
}
