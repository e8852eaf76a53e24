import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { EnvironmentError, errorText, UserError } from '../kernel/errors.ts';
import { replaceFile, replaceFileSync } from '../kernel/files.ts';
import { workFor } from '../kernel/work.ts';
import { defaultName, planNodes } from './bootstrap/nodes.ts';
import {
  contentOf,
  type Damage,
  DamagedClusterError,
  findDamage,
  type Meta,
  metaFile,
  readMeta,
  walFolder,
} from './cluster/damage.ts';
import { ClusterRepair } from './cluster/repair.ts';
import { createEmbeddedCluster, type EmbeddedCluster, type EmbeddedClusterOptions } from './cluster.ts';
import type { ImageDescription } from './container-api.ts';
import { DamagedLogError } from './store/log.ts';

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

/** A cluster whose folder is there, but which could not be brought back. */
export interface BrokenHosted {
  readonly id: string;
  readonly kubeconfig: string;
  readonly context: string;
  /** What is the matter, with the files. */
  readonly what: string;
  /** What `repair` can do, and what is lost by that; undefined: it can only try again. */
  readonly repair?: string;
}

interface Broken extends BrokenHosted {
  readonly damages: readonly Damage[];
}

const markFile = 'set-aside.json';

const idPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Many embedded clusters under one folder, for the daemon: created, brought back after a restart, deleted. */
export class ClusterHost {
  readonly #options: ClusterHostOptions;
  readonly #clock: Clock;
  readonly #lasting: boolean;
  readonly #running = new Map<string, HostedCluster>();
  readonly #taken = new Set<string>();
  readonly #broken = new Map<string, Broken>();

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

  /** The clusters that could not be brought back. */
  broken(): BrokenHosted[] {
    return [...this.#broken.values()];
  }

  /**
   * Brings back every cluster of an earlier process with its port, keys and objects; what was never finished is deleted.
   * Clusters that can't be brought back are listed as broken, reported to `failed` and left as they are.
   */
  async resume(failed: (id: string, error: unknown) => void): Promise<void> {
    const one = async (id: string) => {
      if (this.#running.has(id) || this.#taken.has(id)) return;
      try {
        if (await this.#wasBegun(id)) await this.#resumeOne(id);
        else await this.delete(id);
      } catch (error) {
        await this.#noteBroken(id, error);
        failed(id, error);
      }
    };
    await Promise.all((await this.#folders()).map(one));
  }

  /**
   * Restores what can be restored of a broken cluster and brings it back; what was done, a line each. Rejects with an
   * EnvironmentError if it stays broken.
   */
  async repair(id: string): Promise<string[]> {
    const broken = this.#broken.get(id);
    if (!broken) throw new UserError({ what: `there is no broken cluster ${id}`, next: 'kubedrill cluster list' });
    const folder = join(this.#options.folder, id);
    const done: string[] = [];
    try {
      await rm(join(folder, markFile), { force: true });
      await this.#restore(id, broken.damages, done);
      await this.#start(await metaOf(folder));
    } catch (error) {
      await this.#noteBroken(id, error);
      throw new EnvironmentError(
        {
          what: `the cluster ${id} stays broken`,
          why: whatOf(error),
          next: `kubedrill cluster list; kubedrill cluster down ${id} deletes it`,
        },
        { cause: error },
      );
    }
    this.#broken.delete(id);
    return done;
  }

  /** Restores the damaged files, also those that show only once others are whole; notes in `done` what was done. */
  async #restore(id: string, known: readonly Damage[], done: string[]): Promise<void> {
    const folder = join(this.#options.folder, id);
    const repair = new ClusterRepair(folder, id, this.#clock);
    const restored = new Set<string>();
    for (let left = known; left.length > 0; ) {
      for (const damage of left) {
        const step = await repair.run(damage);
        if (step === undefined) throw new DamagedClusterError(folder, [damage]);
        restored.add(damage.file);
        done.push(step);
      }
      // Some are written by the start: until then they are missing.
      left = (await damagesIn(folder)).filter(({ file }) => !restored.has(file));
    }
  }

  /** Whether there is more than what a process leaves that died before it had written anything. */
  async #wasBegun(id: string): Promise<boolean> {
    const folder = join(this.#options.folder, id);
    if ((await readdir(folder)).every((name) => name.startsWith(`${metaFile}.`))) return false;
    const meta = await readMeta(folder);
    return 'problem' in meta || meta.ready;
  }

  async #resumeOne(id: string): Promise<void> {
    const folder = join(this.#options.folder, id);
    const mark = await contentOf(folder, markFile);
    if (mark !== undefined) throw new EnvironmentError({ what: `the cluster ${id} is set aside`, why: mark });
    const damages = await damagesIn(folder);
    if (damages.length > 0) throw new DamagedClusterError(folder, damages);
    await this.#start(await metaOf(folder));
  }

  async #noteBroken(id: string, error: unknown): Promise<void> {
    const folder = join(this.#options.folder, id);
    const damages = damagesOf(error);
    const plan = await new ClusterRepair(folder, id, this.#clock).plan(damages);
    this.#broken.set(id, {
      ...{ id, kubeconfig: join(folder, 'kubeconfig'), context: contextOf(id), what: whatOf(error), damages },
      ...(plan && plan.length > 0 && { repair: plan.join('; ') }),
    });
  }

  /** Stops the cluster and deletes all that belongs to it; deleting what is not there is fine. */
  async delete(id: string): Promise<void> {
    const hosted = this.#running.get(id);
    this.#running.delete(id);
    this.#broken.delete(id);
    await hosted?.cluster.stop();
    if (idPattern.test(id)) await rm(join(this.#options.folder, id), { recursive: true, force: true });
  }

  /** Stops all clusters; their folders keep what is needed to go on. */
  async stop(): Promise<void> {
    const all = this.list();
    this.#running.clear();
    await Promise.all(all.map(({ cluster }) => cluster.stop()));
  }

  #start(meta: Meta, onStep?: (step: string) => void): Promise<HostedCluster> {
    return workFor({ cluster: meta.id }, () => this.#run(meta, onStep));
  }

  async #run(meta: Meta, onStep?: (step: string) => void): Promise<HostedCluster> {
    const { id, name, nodes, images, unknownImages } = meta;
    const context = contextOf(id);
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

/** Marks a cluster, by its folder: it is not brought back until it is repaired. `why`: a sentence. */
export async function markClusterSetAside(folder: string, why: string): Promise<void> {
  if (existsSync(folder)) await replaceFile(join(folder, markFile), why);
}

async function damagesIn(folder: string): Promise<readonly Damage[]> {
  const meta = await readMeta(folder);
  if ('problem' in meta) return [meta];
  return findDamage(
    folder,
    planNodes(defaultName, meta.nodes).map(({ nodeName }) => nodeName),
  );
}

/** Rejects with a DamagedClusterError if it can't be read. */
async function metaOf(folder: string): Promise<Meta> {
  const meta = await readMeta(folder);
  if ('problem' in meta) throw new DamagedClusterError(folder, [meta]);
  return meta;
}

/** The files of which an error tells. */
function damagesOf(error: unknown): readonly Damage[] {
  if (error instanceof DamagedClusterError) return error.damages;
  return error instanceof DamagedLogError ? [{ file: walFolder, problem: error.message }] : [];
}

function whatOf(error: unknown): string {
  const { what, why } = errorText(error);
  return why === undefined ? what : `${what}: ${why}`;
}

const contextOf = (id: string) => `kubedrill-${id}`;

/** At once: a cluster that has just come up is busy, and each step of an asynchronous write waits for its turn. */
function writeMeta(folder: string, meta: Meta): void {
  replaceFileSync(join(folder, metaFile), JSON.stringify(meta, undefined, 2));
}
