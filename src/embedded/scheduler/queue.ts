import type { Clock, Timer } from '../../kernel/clock.ts';

interface Entry {
  key: string;
  priority: number;
  /** Order of arrival. */
  order: number;
  attempts: number;
  /** ms since 1970 of the last attempt. */
  lastTry: number;
  state: 'active' | 'backoff' | 'unschedulable';
}

/** podInitialBackoffSeconds and podMaxBackoffSeconds. */
const initialBackoff = 1000;
const maxBackoff = 10_000;
/** Unschedulable Pods are tried again after five minutes, whatever happens. */
const flushAfter = 300_000;

/**
 * The scheduling queue: Pods to try by priority and arrival; Pods that fitted nowhere wait until something changes
 * in the cluster, and then for their back-off.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #ready: () => void;
  readonly #entries = new Map<string, Entry>();
  #order = 0;
  #timer: Timer | undefined;

  /** `ready` is called whenever there may be something to pop. */
  constructor(clock: Clock, ready: () => void) {
    this.#clock = clock;
    this.#ready = ready;
  }

  /** A new Pod, or one whose own spec changed: it is tried at once. */
  add(key: string, priority: number): void {
    const known = this.#entries.get(key);
    const entry = known ?? { key, priority, order: this.#order++, attempts: 0, lastTry: 0, state: 'active' };
    entry.priority = priority;
    entry.state = 'active';
    this.#entries.set(key, entry);
    this.#ready();
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  remove(key: string): void {
    this.#entries.delete(key);
  }

  /** The next Pod to try. It stays known until `remove`. */
  pop(): string | undefined {
    let next: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'active') continue;
      if (!next || entry.priority > next.priority || (entry.priority === next.priority && entry.order < next.order)) {
        next = entry;
      }
    }
    if (!next) return undefined;
    next.state = 'unschedulable';
    next.attempts++;
    next.lastTry = this.#clock.now();
    return next.key;
  }

  /** A try failed through no fault of the Pod (a conflict): again after its back-off. */
  retry(key: string): void {
    const entry = this.#entries.get(key);
    if (entry) this.#backOff(entry);
  }

  /** Something changed that may help: everything that waits is tried again, after its back-off. */
  moveAll(): void {
    for (const entry of this.#entries.values()) if (entry.state === 'unschedulable') this.#backOff(entry);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#entries.clear();
  }

  /** Wakes what has waited too long; called now and then. */
  flush(): void {
    const now = this.#clock.now();
    for (const entry of this.#entries.values()) {
      if (entry.state === 'unschedulable' && now - entry.lastTry >= flushAfter) this.#backOff(entry);
    }
  }

  #backOff(entry: Entry): void {
    entry.state = 'backoff';
    this.#release();
  }

  /** Moves on what has waited out its back-off, and sets the timer for the rest. */
  #release(): void {
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    let ready = false;
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'backoff') continue;
      const due = entry.lastTry + Math.min(maxBackoff, initialBackoff * 2 ** (entry.attempts - 1));
      if (due <= now) {
        entry.state = 'active';
        ready = true;
      } else next = Math.min(next, due);
    }
    this.#timer?.cancel();
    this.#timer = Number.isFinite(next) ? this.#clock.after(next - now, () => this.#release()) : undefined;
    if (ready) this.#ready();
  }
}
