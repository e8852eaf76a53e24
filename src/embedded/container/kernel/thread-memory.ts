import { getHeapStatistics } from 'node:v8';

/** A container, by what the thread's heap grew by in its turns. */
export interface MemoryUser {
  /** Bytes; what is collected is taken off everybody alike. */
  grown: number;
  /** Kills the container for want of memory. */
  outOfMemory(): void;
}

/** Share of the heap's limit at which somebody has to go. */
const FULL = 0.7;
/** The heap is looked at anew once the last victim's memory had the time to be collected, in ms. */
const PAUSE_MS = 1000;

/**
 * The node's own memory, as a kernel's OOM killer has it: programs count what they keep (`Process.charge`), and whatever
 * they forget shows here. When the thread is about to run out, the container that took most goes, not the thread.
 */
export class ThreadMemory {
  readonly #users = new Set<MemoryUser>();
  readonly #limit = getHeapStatistics().heap_size_limit * FULL;
  #pausedUntil = 0;

  add(user: MemoryUser): void {
    this.#users.add(user);
  }

  delete(user: MemoryUser): void {
    this.#users.delete(user);
  }

  used(): number {
    return getHeapStatistics().used_heap_size;
  }

  /** A turn of a user has ended, before which `before` bytes were used. */
  settle(user: MemoryUser, before: number): void {
    const now = this.used();
    if (now > before) user.grown += now - before;
    else for (const one of this.#users) one.grown *= now / before;
    if (now < this.#limit || performance.now() < this.#pausedUntil) return;
    this.#pausedUntil = performance.now() + PAUSE_MS;
    const [largest] = [...this.#users].sort((a, b) => b.grown - a.grown);
    largest?.outOfMemory();
  }
}
