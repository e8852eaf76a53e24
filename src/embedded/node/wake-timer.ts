import type { Clock, Timer } from '../../kernel/clock.ts';

/** One timer for many wishes: it fires at the earliest moment that was asked for. */
export class WakeTimer {
  readonly #clock: Clock;
  readonly #wake: () => void;
  #next: { at: number; timer: Timer } | undefined;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** `at`: ms since 1970. */
  wakeAt(at: number): void {
    const now = this.#clock.now();
    if (this.#next && this.#next.at <= at && this.#next.at > now) return;
    this.#next?.timer.cancel();
    const timer = this.#clock.after(Math.max(0, at - now), () => {
      this.#next = undefined;
      this.#wake();
    });
    this.#next = { at, timer };
  }

  cancel(): void {
    this.#next?.timer.cancel();
  }
}
