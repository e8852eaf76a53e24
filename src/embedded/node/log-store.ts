import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import type { Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { ContainerLog } from './log-file.ts';
import { FileLogStorage, MemoryLogStorage } from './log-storage.ts';

/** The logs of all containers of a node, one a run; the newest run and the one before it are kept. */
export class LogStore {
  readonly #folder: string | undefined;
  readonly #clock: Clock;
  readonly #logs = new Map<string, ContainerLog>();
  #closed = false;

  /** `folder`: where `<namespace>_<pod>_<uid>/<container>/<attempt>.log` go; undefined: in memory. */
  constructor(folder: string | undefined, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** The log of one run; opened, but not read, if it is one of an earlier process. */
  open(pod: Stored<Pod>, container: string, attempt: number): ContainerLog {
    const key = join(podKey(pod), container, `${attempt}.log`);
    let log = this.#logs.get(key);
    if (!log) {
      const storage = this.#folder ? new FileLogStorage(join(this.#folder, key)) : new MemoryLogStorage();
      log = new ContainerLog(storage, this.#clock);
      this.#logs.set(key, log);
      if (this.#closed) void log.close();
    }
    return log;
  }

  /** Ends all logs. Resolves when everything written is in the storage; from then on nothing is written any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
  }

  /** Forgets one run. */
  async drop(pod: Stored<Pod>, container: string, attempt: number): Promise<void> {
    const key = join(podKey(pod), container, `${attempt}.log`);
    await this.open(pod, container, attempt).remove();
    this.#logs.delete(key);
  }

  /** Forgets all logs of a Pod that is gone. */
  async dropPod(pod: Stored<Pod>): Promise<void> {
    const prefix = podKey(pod);
    const logs = [...this.#logs].filter(([key]) => key.startsWith(prefix));
    await Promise.all(logs.map(([, log]) => log.remove()));
    for (const [key] of logs) this.#logs.delete(key);
    if (this.#folder) await rm(join(this.#folder, prefix), { recursive: true, force: true });
  }
}

function podKey(pod: Stored<Pod>): string {
  return `${pod.metadata.namespace}_${pod.metadata.name}_${pod.metadata.uid}`;
}
