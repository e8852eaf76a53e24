import type { Clock, Timer } from '../../kernel/clock.ts';

interface Entry {
  key: string;
  priority: number;
  /** Order of arrival. */
  order: number;
  attempts: number;
  /** ms since 1970 of the last attempt. */
  lastTry: number;
  /** `error`: the last try failed through no fault of the Pod; it waits out its back-off in any case. */
  state: 'active' | 'backoff' | 'error' | 'unschedulable';
  /** Plugins that refused the Pod at the last try; undefined: not known, anything may help. */
  rejectedBy?: ReadonlySet<string>;
}

/** podInitialBackoffSeconds and podMaxBackoffSeconds. */
const initialBackoff = 1000;
const maxBackoff = 10_000;
/** Unschedulable Pods are tried again after five minutes, whatever happens. */
const flushAfter = 300_000;

/**
 * The scheduling queue: Pods to try by priority and arrival; Pods that fitted nowhere wait until something changes
 * in the cluster that concerns what refused them, and then for their back-off, unless nothing else is to be done
 * (KEP-5142).
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
    const next = this.#first('active') ?? this.#first('backoff');
    if (!next) return undefined;
    next.state = 'unschedulable';
    next.rejectedBy = undefined;
    next.attempts++;
    next.lastTry = this.#clock.now();
    return next.key;
  }

  /** A try failed through no fault of the Pod (a conflict): again after its back-off. */
  retry(key: string): void {
    const entry = this.#entries.get(key);
    if (entry) this.#backOff(entry, 'error');
  }

  /** The Pod fits nowhere; remembered is which plugins said so. */
  rejected(key: string, by: ReadonlySet<string>): void {
    const entry = this.#entries.get(key);
    if (entry?.state === 'unschedulable') entry.rejectedBy = by;
  }

  /** Something changed that may help Pods that one of these plugins refused (default: all Pods). */
  moveAll(plugins?: readonly string[]): void {
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'unschedulable') continue;
      const { rejectedBy } = entry;
      if (!plugins || !rejectedBy || plugins.some((p) => rejectedBy.has(p))) this.#backOff(entry, 'backoff');
    }
  }

  stop(): void {
    this.#timer?.cancel();
    this.#entries.clear();
  }

  /** Wakes what has waited too long; called now and then. */
  flush(): void {
    const now = this.#clock.now();
    for (const entry of this.#entries.values()) {
      if (entry.state === 'unschedulable' && now - entry.lastTry >= flushAfter) this.#backOff(entry, 'backoff');
    }
  }

  #first(state: Entry['state']): Entry | undefined {
    let best: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.state !== state) continue;
      if (!best || entry.priority > best.priority || (entry.priority === best.priority && entry.order < best.order)) {
        best = entry;
      }
    }
    return best;
  }

  #backOff(entry: Entry, state: 'backoff' | 'error'): void {
    entry.state = state;
    if (state === 'backoff') this.#ready();
    else this.#release();
  }

  /** Moves on what has waited out its back-off, and sets the timer for the rest. */
  #release(): void {
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    let ready = false;
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'error') continue;
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
