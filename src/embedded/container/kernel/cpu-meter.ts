import type { Clock } from '../../../kernel/clock.ts';

/** What every node has. */
const NODE_CORES = 4;
/** What a container without a request counts as where there is not enough for all. */
const LEAST_WEIGHT = 0.002;

/** What uses CPU in a container: a process. */
export interface CpuUser {
  /** Milliseconds of CPU since it began. */
  cpuMs: number;
}

/** Limit and request of a container, in cores; undefined: none. */
export interface CpuBounds {
  limit: number | undefined;
  request: number | undefined;
}

/**
 * The CPU time of one container as its control group would count it: a process that wants to run, runs, as far as the
 * limit and the node go. (How much of the machine's own CPU it gets here is another matter, see `Scheduler`.)
 */
export class CpuMeter {
  readonly #node: NodeCpu;
  #bounds: CpuBounds;
  /** Processes that want to run now; one that waits several times counts as often. */
  #running: readonly CpuUser[] = [];
  /** Cores that are only pretended to be used, by whom. */
  readonly #pretended = new Map<CpuUser, number>();
  #usedMs = 0;
  /** Cores that it gets now. */
  share = 0;

  constructor(node: NodeCpu, bounds: CpuBounds) {
    this.#node = node;
    this.#bounds = bounds;
    node.join(this);
  }

  /** Milliseconds of CPU since the container began. */
  get usedMs(): number {
    this.#node.settle();
    return this.#usedMs;
  }

  get bounds(): CpuBounds {
    return this.#bounds;
  }

  set bounds(bounds: CpuBounds) {
    this.#bounds = bounds;
    this.#node.rebalance();
  }

  /** Milliseconds of CPU that all containers of the node have used. */
  get nodeUsedMs(): number {
    return this.#node.usedMs;
  }

  /** These want to run from now on. */
  set running(users: readonly CpuUser[]) {
    const same = users.length === this.#running.length && users.every((user, i) => user === this.#running[i]);
    if (same) return;
    const count = this.#running.length;
    // What was used until now is theirs who ran until now.
    this.#node.settle();
    this.#running = [...users];
    if (users.length !== count) this.#node.rebalance();
  }

  /** Counts cores as used by `user` from now on without using them, or (negative) no longer. */
  pretend(user: CpuUser, cores: number): void {
    if (cores === 0) return;
    this.#node.settle();
    const now = (this.#pretended.get(user) ?? 0) + cores;
    // Sums of fractions may leave next to nothing.
    if (Math.abs(now) < 1e-9) this.#pretended.delete(user);
    else this.#pretended.set(user, now);
    this.#node.rebalance();
  }

  /** The container has ended. */
  close(): void {
    this.#node.leave(this);
  }

  /** Cores that its processes would use. */
  get wanted(): number {
    let cores = this.#running.length;
    for (const pretended of this.#pretended.values()) cores += pretended;
    return cores;
  }

  /** Cores that it could use. */
  get demand(): number {
    return Math.min(this.#bounds.limit ?? NODE_CORES, NODE_CORES, this.wanted);
  }

  /** Its part where there is not enough for all. */
  get weight(): number {
    return Math.max(this.#bounds.request ?? this.#bounds.limit ?? 0, LEAST_WEIGHT);
  }

  /** It had its share for so long. */
  pass(ms: number): void {
    const used = ms * this.share;
    if (used === 0) return;
    this.#usedMs += used;
    const each = used / this.wanted;
    for (const user of this.#running) user.cpuMs += each;
    for (const [user, cores] of this.#pretended) user.cpuMs += each * cores;
  }
}

/** The CPU of one node, shared between its containers by their requests where they want more than there is. */
export class NodeCpu {
  readonly #clock: Clock;
  readonly #meters = new Set<CpuMeter>();
  #since: number;
  #usedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** Milliseconds of CPU that its containers have used. */
  get usedMs(): number {
    this.settle();
    return this.#usedMs;
  }

  join(meter: CpuMeter): void {
    this.settle();
    this.#meters.add(meter);
  }

  leave(meter: CpuMeter): void {
    this.settle();
    meter.share = 0;
    this.#meters.delete(meter);
    this.rebalance();
  }

  /** Counts the time since the last change. */
  settle(): void {
    const now = this.#clock.now();
    const passed = Math.max(0, now - this.#since);
    this.#since = now;
    if (passed === 0) return;
    for (const meter of this.#meters) {
      meter.pass(passed);
      this.#usedMs += passed * meter.share;
    }
  }

  /** Demands have changed: what was until now is counted, and everybody's share is reckoned anew. */
  rebalance(): void {
    this.settle();
    let left = NODE_CORES;
    let hungry = [...this.#meters].filter((meter) => meter.demand > 0);
    // Who wants less than its part gets it all; the rest is for the others.
    while (hungry.length > 0) {
      const weights = hungry.reduce((sum, { weight }) => sum + weight, 0);
      const part = ({ weight }: CpuMeter) => (left * weight) / weights;
      const modest = hungry.filter((meter) => meter.demand <= part(meter));
      const content = modest.length > 0 ? modest : hungry;
      const shares = content.map((meter) => Math.min(meter.demand, part(meter)));
      for (const [i, meter] of content.entries()) {
        meter.share = shares[i] ?? 0;
        left -= meter.share;
      }
      hungry = hungry.filter((meter) => !content.includes(meter));
    }
    for (const meter of this.#meters) if (meter.demand === 0) meter.share = 0;
  }
}
