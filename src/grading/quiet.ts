import type { Clock } from '../kernel/clock.ts';

/** Waits until nothing has changed for a while. */
export class Quiet {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #lastChange: number;
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastChange = clock.now();
  }

  /** Counts from now again. */
  changed(): void {
    this.#lastChange = this.#clock.now();
  }

  /** Those who wait look again whether what they wait for is open. */
  wake(): void {
    for (const done of [...this.#waiting]) done();
  }

  stop(): void {
    this.#stopped = true;
    this.wake();
  }

  /** Resolves once nothing is open and nothing has changed for `ms` milliseconds, after `atMost` in any case. */
  async wait(ms: number, atMost: number, isOpen: () => boolean): Promise<void> {
    const end = this.#clock.now() + atMost;
    while (!this.#stopped) {
      const now = this.#clock.now();
      if ((!isOpen() && now - this.#lastChange >= ms) || now >= end) return;
      await this.#next(isOpen() ? end - now : Math.min(end, this.#lastChange + ms) - now);
    }
  }

  /** Resolves after so many milliseconds, or when it is woken. */
  #next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        this.#waiting.delete(done);
        resolve();
      };
      const timer = this.#clock.after(ms, done);
      this.#waiting.add(done);
    });
  }
}
