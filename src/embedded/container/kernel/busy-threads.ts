/** What a worker thread is given of the count that all threads of the process share. */
export interface BusyShare {
  readonly slots: Int32Array;
  readonly slot: number;
}

/** Threads that a process can have at once and count; those beyond count as never busy. */
const MOST = 1024;
/** `slots[COUNT]` is how many are busy; `slots[n]` from 1 on whether thread n is. */
const COUNT = 0;

/**
 * How many threads of containers have more to do than they may: they share what the process spends on busy containers
 * (see `Scheduler`). In shared memory, because a thread asks at every turn.
 */
export class BusyThreads {
  readonly #slots = new Int32Array(new SharedArrayBuffer(4 * (MOST + 1)));
  readonly #free: number[] = [];
  #next = 1;

  /** A slot for a new thread. */
  claim(): number {
    return this.#free.pop() ?? this.#next++;
  }

  share(slot: number): BusyShare {
    return { slots: this.#slots, slot };
  }

  /** The thread has ended, busy or not. */
  free(slot: number): void {
    markBusy(this.share(slot), false);
    this.#free.push(slot);
  }
}

/** Says whether a thread is busy. */
export function markBusy({ slots, slot }: BusyShare, busy: boolean): void {
  if (slot > MOST || Atomics.exchange(slots, slot, busy ? 1 : 0) === (busy ? 1 : 0)) return;
  Atomics.add(slots, COUNT, busy ? 1 : -1);
}

/** How many threads are busy. */
export function busyCount({ slots }: BusyShare): number {
  return Atomics.load(slots, COUNT);
}
