/** What one statement may take: time and rows, as a server's own limits would have it; and it waits for its turns. */
import type { Process } from '../kernel/process.ts';
import { type Dialect, fault, SqlError } from './errors.ts';

/** Rows that a statement may make at any step of it. */
const MAX_ROWS = 200_000;
/** What no statement exceeds, whatever the settings say. */
const LONGEST_MS = 60_000;

export class Budget {
  readonly #p: Process;
  readonly #dialect: Dialect;
  readonly #end: number;
  #sleepMs = 0;
  #steps = 0;

  /** `limitMs`: of the settings; 0 is none. */
  constructor(p: Process, dialect: Dialect, limitMs: number) {
    this.#p = p;
    this.#dialect = dialect;
    this.#end = p.container.clock.now() + (limitMs > 0 ? Math.min(limitMs, LONGEST_MS) : LONGEST_MS);
  }

  get remainingMs(): number {
    return Math.max(0, this.#end - this.#p.container.clock.now());
  }

  /** A wait that an expression asks for. */
  sleep(seconds: number): void {
    this.#sleepMs += Math.max(0, seconds * 1000);
  }

  /** Counts work on a row; await the result if there is one. Throws SqlError: the time is up. */
  step(cost = 2): Promise<void> | undefined {
    if (this.#sleepMs > 0) return this.#sleep();
    if ((++this.#steps & 63) === 0) this.#checkTime();
    return this.#p.step(cost);
  }

  async #sleep(): Promise<void> {
    const wanted = this.#sleepMs;
    this.#sleepMs = 0;
    await this.#p.sleep(Math.min(wanted, this.remainingMs + 1));
    this.#checkTime();
  }

  #checkTime(): void {
    if (this.#p.container.clock.now() < this.#end) return;
    throw fault(
      this.#dialect,
      this.#dialect.maria
        ? [1969, '70100', 'Query execution was interrupted (max_statement_time exceeded)']
        : [3024, 'HY000', 'Query execution was interrupted, maximum statement execution time exceeded'],
      ['57014', 'canceling statement due to statement timeout'],
    );
  }

  /** Throws SqlError where so many rows are too many. */
  rows(count: number): void {
    if (count <= MAX_ROWS) return;
    if (this.#dialect.name === 'postgres')
      throw new SqlError(0, '53400', 'temporary file size exceeds "temp_file_limit"');
    throw new SqlError(
      1104,
      '42000',
      'The SELECT would examine more than MAX_JOIN_SIZE rows; check your WHERE and use SET SQL_BIG_SELECTS=1 or SET MAX_JOIN_SIZE=# if the SELECT is okay',
    );
  }
}
