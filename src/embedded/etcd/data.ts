/**
 * Which data directory the store's content belongs to. The content itself is in the store, not in the directory: that
 * holds a claim to it (`DataClaim`), and a database as of the last time etcd ended. What etcd does not serve at the
 * moment is kept as a database of its own.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFileSync } from '../../kernel/files.ts';
import type { DataClaim, NodeEntries, NodeEntry } from '../node-api.ts';
import { claimText, walFile } from './directory.ts';
import type { Membership } from './member.ts';

/** What is known of one data directory. */
export interface Data extends DataClaim {
  /** Where it was seen on the node; undefined: on no disk that outlives its container. */
  path?: string;
  /** Counts the elections of its one member. */
  term: number;
  membership: Membership;
}

interface Known {
  live: Data;
  /** Directories that were served before, whose databases are kept. */
  parked: Data[];
  /** What a reset goes back to. */
  baseline?: Data;
}

export class DataDirectories {
  readonly #folder: string | undefined;
  readonly #databases = new Map<string, Uint8Array>();
  #known: Known;

  /** @param folder where it is kept; undefined: in memory. `initial`: the one directory of a new cluster */
  constructor(folder: string | undefined, initial: Pick<Data, 'path' | 'membership'>) {
    this.#folder = folder;
    this.#known = this.#load() ?? { live: { id: randomUUID(), epoch: 1, term: 1, ...initial }, parked: [] };
  }

  get live(): Data {
    return this.#known.live;
  }

  /** A directory with the claim is what the store holds. */
  isLive({ id, epoch }: DataClaim): boolean {
    return this.#known.live.id === id && this.#known.live.epoch === epoch;
  }

  /** The kept database of a directory with the claim. */
  parked({ id, epoch }: DataClaim): { data: Data; database: Uint8Array } | undefined {
    const data = this.#known.parked.find((one) => one.id === id && one.epoch === epoch);
    const database = data && this.#read(id);
    return data && database && { data, database };
  }

  /** etcd was started on the live directory once more: older copies of it are no claim to the store any more. */
  begin(path: string | undefined): Data {
    const { live } = this.#known;
    this.#change({ live: { ...live, path, epoch: live.epoch + 1, term: live.term + 1 } });
    return this.#known.live;
  }

  /** Another directory is the live one from now on; `former` is what the present one holds. */
  switchTo(data: Data, former: Uint8Array): void {
    const { live, parked } = this.#known;
    const others = parked.filter((one) => one.id !== data.id && (one.path !== live.path || one.path === undefined));
    this.#write(live.id, former);
    this.#change({ live: data, parked: [...others, live] });
    this.#remove(data.id);
  }

  /** Remembers the live directory as the one that a reset goes back to. */
  mark(): void {
    this.#change({ baseline: this.#known.live });
  }

  /** The store's content, whatever it was restored from, belongs to the marked directory again. */
  reset(): void {
    const { live, baseline, parked } = this.#known;
    if (!baseline || baseline.id === live.id) return;
    for (const { id } of parked) this.#remove(id);
    this.#change({ live: { ...baseline, epoch: baseline.epoch + live.epoch + 1 }, parked: [] });
  }

  /** The files by which etcd finds its data again where nothing is left of a node's disk. */
  entries(): NodeEntries {
    const entries: Record<string, NodeEntry> = {};
    const { live, parked } = this.#known;
    for (const data of [...parked, live]) {
      if (data.path === undefined) continue;
      const content = new TextEncoder().encode(claimText(data));
      entries[`${data.path}/${walFile}`] = { kind: 'file', mode: 0o600, content };
    }
    return entries;
  }

  #change(change: Partial<Known>): void {
    this.#known = { ...this.#known, ...change };
    if (this.#folder === undefined) return;
    const text = JSON.stringify(this.#known, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
    replaceFileSync(join(this.#folder, 'etcd.json'), text);
  }

  #load(): Known | undefined {
    if (this.#folder === undefined) return undefined;
    try {
      const text = readFileSync(join(this.#folder, 'etcd.json'), 'utf8');
      return JSON.parse(text, (_, value) =>
        typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
      ) as Known;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #read(id: string): Uint8Array | undefined {
    if (this.#folder === undefined) return this.#databases.get(id);
    try {
      return readFileSync(this.#file(id));
    } catch {
      return undefined;
    }
  }

  #write(id: string, database: Uint8Array): void {
    if (this.#folder === undefined) this.#databases.set(id, database);
    else replaceFileSync(this.#file(id), database);
  }

  #remove(id: string): void {
    this.#databases.delete(id);
    if (this.#folder !== undefined) rmSync(this.#file(id), { force: true });
  }

  #file(id: string): string {
    return join(this.#folder ?? '', 'etcd', `${id}.db`);
  }
}
