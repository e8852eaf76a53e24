/** Tables that a transaction has changed are its own until it ends: others wait, as they would for its rows. */
import type { Process } from '../kernel/process.ts';
import { type Dialect, fault } from './errors.ts';

interface Owner {
  /** The table that it waits for. */
  waitsFor: string | undefined;
}

export class Locks {
  readonly #p: Process;
  readonly #dialect: Dialect;
  readonly #owners = new Map<string, Owner>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(p: Process, dialect: Dialect) {
    this.#p = p;
    this.#dialect = dialect;
  }

  /** Takes a table, after its owner has let go of it. Throws SqlError: after `timeoutMs`, or when both wait for each other. */
  async take(owner: Owner, table: string, timeoutMs: number): Promise<void> {
    const end = this.#p.container.clock.now() + timeoutMs;
    for (let holder = this.#owners.get(table); holder && holder !== owner; holder = this.#owners.get(table)) {
      this.#checkDeadlock(owner, holder);
      owner.waitsFor = table;
      try {
        if (!(await this.#released(table, end - this.#p.container.clock.now()))) throw this.#timeout();
      } finally {
        owner.waitsFor = undefined;
      }
    }
    this.#owners.set(table, owner);
  }

  #checkDeadlock(owner: Owner, holder: Owner): void {
    for (let next: Owner | undefined = holder; next?.waitsFor !== undefined; ) {
      next = this.#owners.get(next.waitsFor);
      if (next === owner)
        throw fault(
          this.#dialect,
          [1213, '40001', 'Deadlock found when trying to get lock; try restarting transaction'],
          ['40P01', 'deadlock detected'],
        );
    }
  }

  #timeout() {
    return fault(
      this.#dialect,
      [1205, 'HY000', 'Lock wait timeout exceeded; try restarting transaction'],
      ['55P03', 'canceling statement due to lock timeout'],
    );
  }

  /** Whether the table was let go of in time. */
  #released(table: string, timeoutMs: number): Promise<boolean> {
    return this.#p.block((resolve) => {
      const waiting = this.#waiting.get(table) ?? new Set();
      this.#waiting.set(table, waiting);
      const wake = () => {
        timer.cancel();
        resolve(true);
      };
      const timer = this.#p.container.clock.after(Math.max(0, timeoutMs), () => {
        waiting.delete(wake);
        resolve(false);
      });
      waiting.add(wake);
      return () => {
        waiting.delete(wake);
        timer.cancel();
      };
    });
  }

  /** Lets go of all tables of an owner. */
  release(owner: Owner): void {
    for (const [table, holder] of this.#owners) {
      if (holder !== owner) continue;
      this.#owners.delete(table);
      const waiting = this.#waiting.get(table);
      this.#waiting.delete(table);
      for (const wake of waiting ?? []) wake();
    }
  }
}
