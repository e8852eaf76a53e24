import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../kernel/files.ts';
import { platform } from '../kernel/platform.ts';
import type { BrokenCluster } from './provider.ts';

/** A process that can be told from a later one with the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the system's own units; empty where the system doesn't tell. */
  started: string;
}

/** Every record has these. */
export interface ClusterRecord {
  version: 1;
  /** Written before anything is created: what is found in `making` or `deleting` after a crash is finished off. */
  phase: 'making' | 'ready' | 'deleting';
  owner: ProcessIdentity;
  /** Outlives its owner: the daemon's clusters are taken up by the next daemon. */
  lasting: boolean;
  createdAt: string;
}

/** Folders of the state folder that hold clusters, by provider. */
export const clusterFolders = { embedded: 'clusters', kind: 'kind', kubeconfig: 'kubeconfig' } as const;

/** Whether clusters are on record in a state folder: those of a daemon that runs, or what it left. */
export function holdsClusters(state: string): boolean {
  return Object.values(clusterFolders).some((name) => namesIn(join(state, name)).length > 0);
}

const idPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** The ids of the clusters on record in a state folder, whatever became of them. */
export function clusterIds(state: string): string[] {
  return Object.values(clusterFolders).flatMap((name) => namesIn(join(state, name)).filter((id) => idPattern.test(id)));
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

const fileName = 'cluster.json';

/** The clusters of one provider: a folder each, with a record and whatever belongs to it. */
export class Records<T extends ClusterRecord> {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** A path in the folder of a cluster. */
  path(id: string, name: string): string {
    return join(this.folder, id, name);
  }

  has(id: string): boolean {
    return existsSync(join(this.folder, id));
  }

  /** All clusters on record; a folder without a record is one that was never begun, or whose record is `damaged`. */
  async all(): Promise<{ id: string; record?: T; damaged?: true }[]> {
    if (!existsSync(this.folder)) return [];
    const ids = (await readdir(this.folder)).filter((name) => idPattern.test(name));
    return Promise.all(
      ids.map(async (id) => {
        const record = await this.#read(id);
        if (record === 'damaged') return { id, damaged: true as const };
        return { id, ...(record && { record }) };
      }),
    );
  }

  /** Undefined: there is none that can be read. */
  async read(id: string): Promise<T | undefined> {
    const record = await this.#read(id);
    return record === 'damaged' ? undefined : record;
  }

  /** The record of a cluster as it is written, damaged or not; empty: it can't be read; undefined: there is none. */
  async text(id: string): Promise<string | undefined> {
    try {
      return await readFile(this.path(id, fileName), 'utf8');
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : '';
    }
  }

  /** The clusters of which nothing is known any more but that they were there. */
  async broken(): Promise<BrokenCluster[]> {
    const damaged = (await this.all()).filter((entry) => entry.damaged);
    return damaged.map(({ id }) => ({
      ...{ id, kubeconfig: this.path(id, 'kubeconfig'), context: `kubedrill-${id}` },
      what: `${this.path(id, fileName)} is empty or is no record of a cluster`,
    }));
  }

  /** Undefined: there is none. */
  async #read(id: string): Promise<T | 'damaged' | undefined> {
    const text = await this.text(id);
    if (text === undefined) return undefined;
    try {
      const record = JSON.parse(text) as T | null;
      return typeof record?.phase === 'string' ? record : 'damaged';
    } catch {
      // Said with the file's name, wherever clusters are listed.
      return 'damaged';
    }
  }

  /** A crash leaves the old record or the new one. */
  async write(id: string, record: T): Promise<void> {
    await replaceFile(this.path(id, fileName), JSON.stringify(record, undefined, 2));
  }

  async rename(id: string, to: string): Promise<void> {
    await rename(join(this.folder, id), join(this.folder, to));
  }

  async remove(id: string): Promise<void> {
    if (idPattern.test(id)) await rm(join(this.folder, id), { recursive: true, force: true });
  }

  /** Takes a free id for `name` by making its folder: `name`, else `name-2`, and so on. */
  async claim(name: string): Promise<string> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    for (let n = 1; ; n++) {
      const id = n === 1 ? name : `${name}-${n}`;
      try {
        await mkdir(join(this.folder, id), { mode: 0o700 });
        return id;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }
}

/** This process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, started: await startOf(process.pid) };
}

/** Whether that very process still runs. One that is on its way out, or waits to be reaped, does not. */
export async function isAlive({ pid, started }: ProcessIdentity): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It is somebody else's: then it isn't ours any more.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (started === '') return true;
  const { started: now, exiting } = await platform.processState(pid);
  return now === started && !exiting;
}

export async function startOf(pid: number): Promise<string> {
  return (await platform.processState(pid)).started;
}
