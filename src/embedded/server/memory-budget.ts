/** What one client makes the server keep for it. */
export interface Hold {
  /** So many bytes are kept for it now; fewer than before is progress. */
  set(bytes: number): void;
  release(): void;
}

interface Holder {
  bytes: number;
  /** When it last read something, in steps of the budget. */
  progress: number;
  end(): void;
}

/**
 * Bounds what all clients together make a process keep: answers and events that they don't read, bodies that they are
 * still sending. Beyond the limit whoever has not moved for longest is ended, so that a client that reads never is.
 */
export class MemoryBudget {
  readonly #limit: number;
  readonly #holders = new Set<Holder>();
  #total = 0;
  #step = 0;

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes kept for all clients now. */
  get total(): number {
    return this.#total;
  }

  /** Whether so many bytes more would still be within the limit. */
  hasRoom(bytes: number): boolean {
    return this.#total + bytes <= this.#limit;
  }

  /** Begins to keep something for a client; `end` cuts it off and need not release. */
  hold(end: () => void): Hold {
    const holder: Holder = { bytes: 0, progress: ++this.#step, end };
    this.#holders.add(holder);
    return {
      set: (bytes) => {
        if (!this.#holders.has(holder)) return;
        if (bytes < holder.bytes) holder.progress = ++this.#step;
        this.#total += bytes - holder.bytes;
        holder.bytes = bytes;
        this.#makeRoom();
      },
      release: () => this.#release(holder),
    };
  }

  #release(holder: Holder): void {
    if (this.#holders.delete(holder)) this.#total -= holder.bytes;
  }

  #makeRoom(): void {
    while (this.#total > this.#limit) {
      let slowest: Holder | undefined;
      for (const holder of this.#holders) {
        if (holder.bytes > 0 && (!slowest || holder.progress < slowest.progress)) slowest = holder;
      }
      if (!slowest) return;
      this.#release(slowest);
      slowest.end();
    }
  }
}

/** Of this process: all its API servers share one memory. 256 MiB. */
export const processBudget = new MemoryBudget(256 * 1024 * 1024);
