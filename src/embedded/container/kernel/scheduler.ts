import { type BusyShare, busyCount, markBusy } from './busy-threads.ts';
import type { CpuMeter, CpuUser } from './cpu-meter.ts';
import { type MemoryUser, ThreadMemory } from './thread-memory.ts';

/**
 * Shares the worker's CPU between containers. Code that runs in containers is cooperative: every step takes fuel
 * from its container's account, and a container whose fuel is used up waits here for its next turn. Fuel is about a
 * microsecond of CPU.
 *
 * A container that was quiet has credit and gets its turns at once, so starting and short work are never slowed.
 * Containers that are always busy have none; they share what is left of the total, one turn each in a circle.
 */
const FUEL_PER_TURN = 2000;
/** Milliseconds after which a turn is over whatever fuel is left. */
const TURN_MS = 10;
/** Share of one core that busy containers of all threads have together, and that credit is refilled with together. */
const BUSY_SHARE = 0.15;
const CREDIT_SHARE = 0.1;
const MAX_CREDIT_MS = 150;
const MAX_BUSY_BURST_MS = 20;

/** The CPU account of one container. */
export class CpuAccount implements MemoryUser {
  fuel = FUEL_PER_TURN;
  /** Milliseconds of CPU that may be used without waiting. */
  credit = MAX_CREDIT_MS;
  refilledAt = 0;
  waiting: { user: CpuUser; resume: () => void }[] = [];
  queued = false;
  closed = false;
  /** See `MemoryUser`. */
  grown = 0;
  readonly meter: CpuMeter;
  readonly outOfMemory: () => void;

  constructor(meter: CpuMeter, outOfMemory: () => void) {
    this.meter = meter;
    this.outOfMemory = outOfMemory;
  }

  /** All CPU used, in milliseconds; for /proc and metrics. */
  get usedMs(): number {
    return this.meter.usedMs;
  }
}

export class Scheduler {
  #queue: CpuAccount[] = [];
  #accounts = new Set<CpuAccount>();
  #pumping = false;
  #budget = MAX_BUSY_BURST_MS;
  #budgetAt = performance.now();
  #turnAt = 0;
  readonly #threads: BusyShare | undefined;
  readonly #memory = new ThreadMemory();

  /** `threads`: what the threads of the process share; undefined: there is only this one. */
  constructor(threads?: BusyShare) {
    this.#threads = threads;
  }

  /** Share of one core that the busy containers of this thread have together. */
  #share(): number {
    return BUSY_SHARE / Math.max(1, this.#threads ? busyCount(this.#threads) : 1);
  }

  #markBusy(busy: boolean): void {
    if (this.#threads) markBusy(this.#threads, busy);
  }

  /** `outOfMemory`: ends the container where the thread has no memory left and it took most of it. */
  open(meter: CpuMeter, outOfMemory: () => void): CpuAccount {
    const account = new CpuAccount(meter, outOfMemory);
    account.refilledAt = performance.now();
    this.#accounts.add(account);
    this.#memory.add(account);
    return account;
  }

  /** The container has ended: whatever still waits is let through, to find out that it is dead. */
  close(account: CpuAccount): void {
    account.closed = true;
    this.#accounts.delete(account);
    this.#memory.delete(account);
    this.#queue = this.#queue.filter((a) => a !== account);
    account.meter.close();
    for (const { resume } of account.waiting.splice(0)) resume();
  }

  /** Whether the turn that runs now has taken its time. */
  get isTurnOver(): boolean {
    return performance.now() - this.#turnAt > TURN_MS;
  }

  /** Resolves at the account's next turn, which `user` waits for. */
  turn(account: CpuAccount, user: CpuUser): Promise<void> {
    if (account.closed) return Promise.resolve();
    return new Promise((resolve) => {
      account.waiting.push({ user, resume: resolve });
      account.meter.running = account.waiting.map((one) => one.user);
      if (!account.queued) {
        account.queued = true;
        this.#queue.push(account);
      }
      if (!this.#pumping) {
        this.#pumping = true;
        setImmediate(() => this.#pump());
      }
    });
  }

  #pump(): void {
    const now = performance.now();
    const share = this.#share();
    this.#budget = Math.min(MAX_BUSY_BURST_MS, this.#budget + (now - this.#budgetAt) * share);
    this.#budgetAt = now;
    const next = this.#choose(now);
    if (!next) {
      if (this.#queue.length === 0) {
        this.#pumping = false;
        this.#markBusy(false);
        return;
      }
      this.#markBusy(true);
      setTimeout(() => this.#pump(), Math.min(50, Math.max(1, -this.#budget / share)));
      return;
    }
    next.queued = false;
    next.fuel = FUEL_PER_TURN;
    this.#turnAt = now;
    const heap = this.#memory.used();
    for (const { resume } of next.waiting.splice(0)) resume();
    // What was resumed runs in microtasks, all of it before the next macrotask.
    setImmediate(() => {
      const used = Math.max(0.2, performance.now() - now);
      this.#memory.settle(next, heap);
      next.meter.running = next.waiting.map(({ user }) => user);
      if (next.credit > 0) next.credit -= used;
      else this.#budget -= used;
      this.#pump();
    });
  }

  #choose(now: number): CpuAccount | undefined {
    const rate = CREDIT_SHARE / Math.max(5, this.#accounts.size);
    for (const account of this.#queue) {
      account.credit = Math.min(MAX_CREDIT_MS, account.credit + (now - account.refilledAt) * rate);
      account.refilledAt = now;
    }
    let index = this.#queue.findIndex((account) => account.credit > 0);
    if (index < 0) index = this.#budget > 0 && this.#queue.length > 0 ? 0 : -1;
    return index < 0 ? undefined : this.#queue.splice(index, 1)[0];
  }
}
