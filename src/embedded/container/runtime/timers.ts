import type { Clock, Timer } from '../../../kernel/clock.ts';
import type { HandlersOf } from '../protocol.ts';
import type { WorkerClient } from '../worker-client.ts';

/** What the worker waits for on the cluster's own clock. */
export class Timers {
  readonly #worker: WorkerClient;
  readonly #clock: Clock;
  readonly #running = new Map<number, Timer>();

  constructor(worker: WorkerClient, clock: Clock) {
    this.#worker = worker;
    this.#clock = clock;
  }

  readonly handlers: HandlersOf<'timer' | 'timerCancel'> = {
    timer: ({ timer, ms }) => {
      const expire = () => {
        this.#running.delete(timer);
        this.#worker.send({ t: 'timer', timer, now: this.#clock.now() });
      };
      this.#running.set(timer, this.#clock.after(ms, expire));
    },
    timerCancel: ({ timer }) => {
      this.#running.get(timer)?.cancel();
      this.#running.delete(timer);
    },
  };

  cancelAll(): void {
    for (const timer of this.#running.values()) timer.cancel();
    this.#running.clear();
  }
}
