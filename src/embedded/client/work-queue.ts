import { type Clock, type Timer, turnToWork } from '../../kernel/clock.ts';
import { isFault } from '../errors/background.ts';

export interface WorkQueueOptions {
  clock: Clock;
  /** Aborting drops everything that waits; what is being synced may finish. */
  signal: AbortSignal;
  /**
   * Brings the world closer to what the object of `key` wants, from caches, idempotently. A rejection repeats the key
   * later and later; `after` (milliseconds) asks for it again without that.
   */
  sync(key: string): Promise<{ after: number } | undefined> | Promise<void>;
  /** How many keys are synced at the same time. Default 1. */
  workers?: number;
  /** Hears of a key that begins to fail, unless the cluster itself explains it. */
  report(error: unknown, where: string): void;
  /** First and longest wait of a failing key in milliseconds. Default 5 ms, doubling up to 1000 s, as client-go's. */
  backoff?: { baseMs: number; maxMs: number };
}

/**
 * Keys that need work, as client-go's rate-limited queue keeps them: a key that is added twice is synced once, a key
 * that is added while it is synced is synced again afterwards, never two syncs of one key at the same time.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #base: number;
  readonly #max: number;
  readonly #waiting = new Set<string>();
  readonly #processing = new Set<string>();
  /** Keys that came back while they were processed. */
  readonly #dirty = new Set<string>();
  readonly #delayed = new Map<string, { at: number; timer: Timer }>();
  readonly #failures = new Map<string, number>();
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#base = options.backoff?.baseMs ?? 5;
    this.#max = options.backoff?.maxMs ?? 1_000_000;
    options.signal.addEventListener('abort', () => this.#drop(), { once: true });
  }

  /** Asks for a sync of `key` as soon as possible. */
  add(key: string): void {
    if (this.#options.signal.aborted) return;
    if (this.#processing.has(key)) this.#dirty.add(key);
    else this.#waiting.add(key);
    this.#start();
  }

  /** Asks for a sync in `ms` milliseconds; of several such wishes for one key the earliest holds. */
  addAfter(key: string, ms: number): void {
    if (this.#options.signal.aborted) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const at = this.#options.clock.now() + ms;
    const known = this.#delayed.get(key);
    if (known && known.at <= at) return;
    known?.timer.cancel();
    const timer = this.#options.clock.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, timer });
  }

  /** Asks for a sync after the key's next back-off. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(this.#base * 2 ** failures, this.#max));
  }

  /** The key is in order: its next failure waits the shortest time again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often the key failed in a row. */
  requeues(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Resolves once nothing waits and nothing is being synced; delayed keys don't count. */
  idle(): Promise<void> {
    if (this.#running === 0 && this.#waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #start(): void {
    if (this.#running >= (this.#options.workers ?? 1) || this.#waiting.size === 0) return;
    this.#running++;
    queueMicrotask(() => void this.#work());
  }

  async #work(): Promise<void> {
    for (;;) {
      await turnToWork();
      const [key] = this.#waiting;
      if (key === undefined) break;
      this.#waiting.delete(key);
      this.#processing.add(key);
      // One worker more for what else waits.
      this.#start();
      await this.#process(key);
      this.#processing.delete(key);
      if (this.#dirty.delete(key) && !this.#options.signal.aborted) this.#waiting.add(key);
    }
    this.#running--;
    if (this.#running > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #process(key: string): Promise<void> {
    const { sync, signal, report } = this.#options;
    try {
      const result = await sync(key);
      this.forget(key);
      if (result) this.addAfter(key, result.after);
    } catch (error) {
      if (signal.aborted) return;
      if (isFault(error) && this.requeues(key) === 0) report(error, `a controller at ${key}`);
      this.addRateLimited(key);
    }
  }

  #drop(): void {
    this.#waiting.clear();
    this.#dirty.clear();
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
  }
}
