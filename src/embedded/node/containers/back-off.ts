interface Entry {
  delay: number;
  updated: number;
}

/**
 * Exponential back-off by key, as client-go's flowcontrol.Backoff: `initial` doubling up to `max` milliseconds; an
 * entry that was left alone for twice `max` starts again.
 */
export class BackOff {
  readonly initial: number;
  readonly max: number;
  readonly #entries = new Map<string, Entry>();

  constructor(initial: number, max: number) {
    this.initial = initial;
    this.max = max;
  }

  /** The delay in force, 0 if there is none. */
  delay(key: string): number {
    return this.#entries.get(key)?.delay ?? 0;
  }

  /** When the wait since `event` (ms since 1970) is over; undefined if nothing has to wait. */
  until(key: string, event: number, now: number): number | undefined {
    const entry = this.#entries.get(key);
    if (!entry || this.#expired(entry, event) || now - event >= entry.delay) return undefined;
    return event + entry.delay;
  }

  /** Counts one more failure at `event`. */
  next(key: string, event: number, now: number): void {
    const entry = this.#entries.get(key);
    const delay = !entry || this.#expired(entry, event) ? this.initial : Math.min(entry.delay * 2, this.max);
    this.#entries.set(key, { delay, updated: now });
  }

  forget(matches: (key: string) => boolean): void {
    for (const key of this.#entries.keys()) if (matches(key)) this.#entries.delete(key);
  }

  #expired(entry: Entry, event: number): boolean {
    return event - entry.updated > 2 * this.max;
  }
}
