/** What a transaction has changed and nobody else sees yet. */
import type { Table } from './store.ts';

type Changes = Map<string, Map<string, Table | undefined>>;

const copy = (changes: Changes): Changes =>
  new Map([...changes].map(([database, tables]) => [database, new Map(tables)]));

export class Transaction {
  /** BEGIN was said, or autocommit is off: it goes on after the statement. */
  readonly explicit: boolean;
  readonly readOnly: boolean;
  /** PostgreSQL: a statement failed, nothing more is done in it. */
  failed = false;
  /** What was committed when it looked first, where it shall go on to see that. */
  snapshot: Map<string, ReadonlyMap<string, Table>> | undefined;
  /** How accounts were before it changed them. */
  accounts: unknown;
  #changes: Changes = new Map();
  readonly #savepoints: { name: string; changes: Changes }[] = [];

  constructor(explicit: boolean, readOnly = false) {
    this.explicit = explicit;
    this.readOnly = readOnly;
  }

  get changes(): ReadonlyMap<string, ReadonlyMap<string, Table | undefined>> {
    return this.#changes;
  }

  put(database: string, name: string, table: Table | undefined): void {
    const tables = this.#changes.get(database) ?? new Map();
    this.#changes.set(database, tables.set(name, table));
  }

  /** The state to come back to if a statement fails. */
  mark(): () => void {
    const before = copy(this.#changes);
    return () => {
      this.#changes = before;
    };
  }

  savepoint(name: string): void {
    this.#savepoints.push({ name, changes: copy(this.#changes) });
  }

  /** Whether there is one of this name, to which all goes back. */
  rollbackTo(name: string): boolean {
    const at = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name);
    const found = this.#savepoints[at];
    if (!found) return false;
    this.#changes = copy(found.changes);
    this.#savepoints.length = at + 1;
    this.failed = false;
    return true;
  }

  release(name: string): boolean {
    const at = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name);
    if (at >= 0) this.#savepoints.length = at;
    return at >= 0;
  }
}
