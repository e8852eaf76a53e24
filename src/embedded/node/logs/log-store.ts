import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../../kernel/clock.ts';
import type { Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { LogPiece, NodeLog } from '../../node-api.ts';
import { ContainerLog } from './log-file.ts';
import { FileLogStorage, MemoryLogStorage } from './log-storage.ts';

/** Where the kubelet has the logs of its containers, and the links that tell whose they are. */
const podLogs = '/var/log/pods';
const containerLinks = '/var/log/containers';
/** How long sizes are gathered before they are shown, milliseconds. */
const gatherMs = 1000;

export interface LogStoreOptions {
  clock: Clock;
  /** Where `<namespace>_<pod>_<uid>/<container>/<attempt>.log` go; undefined: in memory. */
  folder?: string;
  /** Shows a log on the disk of the node, or its size; takes it away. */
  show?(log: NodeLog): void;
  hide?(path: string): void;
}

interface Entry {
  log: ContainerLog;
  path: string;
  link: string;
}

/** A run of a container: which one, and its id. */
export interface Run {
  attempt: number;
  id: string;
}

/** The logs of all containers of a node, one a run; the newest run and the one before it are kept. */
export class LogStore {
  readonly #options: LogStoreOptions;
  /** By their paths below the folder. */
  readonly #logs = new Map<string, Entry>();
  readonly #grown = new Set<Entry>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: LogStoreOptions) {
    this.#options = options;
  }

  /** The log of one run; opened, but not read, if it is one of an earlier process. */
  open(pod: Stored<Pod>, container: string, { attempt, id }: Run): ContainerLog {
    const key = keyOf(pod, container, attempt);
    const known = this.#logs.get(key);
    if (known) return known.log;
    const { folder, clock } = this.#options;
    const storage = folder ? new FileLogStorage(join(folder, key)) : new MemoryLogStorage();
    const { namespace, name } = pod.metadata;
    const entry: Entry = {
      log: new ContainerLog(storage, clock, () => this.#grew(entry)),
      path: logPathOf(pod, container, attempt),
      link: `${containerLinks}/${name}_${namespace}_${container}-${id}.log`,
    };
    this.#logs.set(key, entry);
    if (this.#closed) void entry.log.close();
    else void this.#show(key, entry);
    return entry.log;
  }

  /** Where the logs are on the node's disk, and the links that lead to them. */
  files(): { path: string; link: string }[] {
    return [...this.#logs.values()].map(({ path, link }) => ({ path, link }));
  }

  /** Bytes of the log that the node has at `path`. Rejects where there is none. */
  async readPiece(path: string, offset: number, length: number): Promise<LogPiece> {
    const entry = this.#logs.get(path.slice(podLogs.length + 1));
    if (!entry) throw Object.assign(new Error(`no log at ${path}`), { code: 'ENOENT' });
    return entry.log.readPiece(offset, length);
  }

  /** Ends all logs. Resolves when everything written is in the storage; from then on nothing is written any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await Promise.all([...this.#logs.values()].map(({ log }) => log.close()));
  }

  /** Forgets one run. */
  async drop(pod: Stored<Pod>, container: string, attempt: number): Promise<void> {
    const key = keyOf(pod, container, attempt);
    const entry = this.#logs.get(key);
    if (entry) return this.#remove(key, entry);
    const { folder } = this.#options;
    if (folder) await new FileLogStorage(join(folder, key)).remove();
  }

  /** Forgets all logs of a Pod that is gone. */
  async dropPod(pod: Stored<Pod>): Promise<void> {
    const prefix = podKey(pod);
    const logs = [...this.#logs].filter(([key]) => key.startsWith(`${prefix}/`));
    await Promise.all(logs.map(([key, entry]) => this.#remove(key, entry)));
    const { folder } = this.#options;
    if (folder) await rm(join(folder, prefix), { recursive: true, force: true });
  }

  async #remove(key: string, entry: Entry): Promise<void> {
    await entry.log.remove();
    this.#logs.delete(key);
    this.#grown.delete(entry);
    this.#options.hide?.(entry.path);
  }

  #grew(entry: Entry): void {
    if (!this.#options.show || this.#closed) return;
    this.#grown.add(entry);
    this.#timer ??= this.#options.clock.after(gatherMs, () => {
      this.#timer = undefined;
      for (const [key, one] of this.#logs) if (this.#grown.has(one)) void this.#show(key, one);
      this.#grown.clear();
    });
  }

  async #show(key: string, entry: Entry): Promise<void> {
    const { show } = this.#options;
    if (!show) return;
    const { log, path, link } = entry;
    const size = await log.size();
    // It may have been taken away meanwhile.
    if (!this.#closed && this.#logs.get(key) === entry) show({ path, link, size });
  }
}

/** Where the log of a run is on the disk of its node. */
export function logPathOf(pod: Stored<Pod>, container: string, attempt: number): string {
  return `${podLogs}/${keyOf(pod, container, attempt)}`;
}

const keyOf = (pod: Stored<Pod>, container: string, attempt: number) => join(podKey(pod), container, `${attempt}.log`);

function podKey(pod: Stored<Pod>): string {
  return `${pod.metadata.namespace}_${pod.metadata.name}_${pod.metadata.uid}`;
}
