import type { ToMain } from '../protocol.ts';

/** Sends messages to the main thread; output is gathered for the rest of the turn, in order. */
export class Outbox {
  readonly #post: (messages: ToMain[]) => void;
  #queue: ToMain[] = [];
  #scheduled = false;

  constructor(post: (messages: ToMain[]) => void) {
    this.#post = post;
  }

  send(message: ToMain): void {
    this.#queue.push(message);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#post(this.#queue.splice(0));
    });
  }
}

/** How much of a stream is under way to the main thread; writers wait while it is too much. */
export class Window {
  readonly #size: number;
  #used = 0;
  #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  get full(): boolean {
    return this.#used >= this.#size;
  }

  take(bytes: number): void {
    this.#used += bytes;
  }

  release(bytes: number): void {
    this.#used = Math.max(0, this.#used - bytes);
    if (!this.full) for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Runs `resume` when there is room. */
  wait(resume: () => void): () => void {
    this.#waiting.push(resume);
    return () => {
      this.#waiting = this.#waiting.filter((w) => w !== resume);
    };
  }
}

/** Bytes a container may write to its log: a burst, then this much a second. */
const RATE = 1024 * 1024;
const BURST = 2 * 1024 * 1024;

/** Holds back a container that only writes, before the main thread drowns. */
export class RateLimit {
  #tokens = BURST;
  #at = performance.now();

  /** Milliseconds to wait before `bytes` more may be sent. */
  delay(bytes: number): number {
    const now = performance.now();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#at) / 1000) * RATE);
    this.#at = now;
    this.#tokens -= bytes;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / RATE) * 1000;
  }
}
