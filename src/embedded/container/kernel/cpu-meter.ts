import type { Clock } from '../../../kernel/clock.ts';

/** What the nodes have; busy processes of one container share it. */
const NODE_CORES = 4;

/**
 * The CPU time of one container as its control group would count it: a process that wants to run, runs, as far as the
 * limit and the node go. (How much of the machine's own CPU it gets here is another matter, see `Scheduler`.)
 */
export class CpuMeter {
  readonly #clock: Clock;
  /** The limit that was given, in cores; undefined: none. */
  #given: number | undefined;
  #usedMs = 0;
  #since: number;
  /** Processes that want to run now. */
  #running = 0;
  /** Cores that are only pretended to be used. */
  #pretended = 0;

  /** @param limit in cores; undefined: the node's */
  constructor(clock: Clock, limit: number | undefined) {
    this.#clock = clock;
    this.#given = limit;
    this.#since = clock.now();
  }

  /** Milliseconds of CPU since the container began. */
  get usedMs(): number {
    this.#settle();
    return this.#usedMs;
  }

  get given(): number | undefined {
    return this.#given;
  }

  set given(cores: number | undefined) {
    this.#settle();
    this.#given = cores;
  }

  /** So many processes want to run from now on. */
  set running(count: number) {
    if (count === this.#running) return;
    this.#settle();
    this.#running = count;
  }

  /** Counts cores as used from now on without using them, or (negative) no longer. */
  pretend(cores: number): void {
    this.#settle();
    this.#pretended += cores;
  }

  #settle(): void {
    const now = this.#clock.now();
    const cores = Math.min(this.#given ?? NODE_CORES, NODE_CORES, this.#running + this.#pretended);
    this.#usedMs += Math.max(0, now - this.#since) * cores;
    this.#since = now;
  }
}
