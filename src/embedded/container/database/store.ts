/** The databases of a server, kept in files of its data directory: one for each table, one that names them. */

import type { Process } from '../kernel/process.ts';
import type { Check, Column, Unique } from './ast.ts';
import { type Dialect, fault } from './errors.ts';
import type { Value } from './types.ts';

/** A state of a table; a change makes another. */
export interface Table {
  readonly columns: readonly Column[];
  readonly uniques: readonly Unique[];
  readonly checks: readonly Check[];
  readonly indexes: readonly { name: string; columns: readonly string[] }[];
  readonly rows: readonly (readonly Value[])[];
  /** The next number that is given; no ROLLBACK takes one back. */
  readonly counter: { next: number };
  readonly owner: string;
}

export interface Database {
  owner: string;
  readonly tables: Map<string, Table>;
}

/** Bytes of one table's rows; what is more belongs into a real database. */
const MAX_TABLE_BYTES = 4 * 1024 * 1024;

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

export class Store {
  readonly #p: Process;
  readonly #dialect: Dialect;
  readonly #catalogue: string;
  readonly #databases = new Map<string, Database>();

  /** `catalogue`: the file that names accounts and databases. */
  constructor(p: Process, dialect: Dialect, catalogue: string) {
    this.#p = p;
    this.#dialect = dialect;
    this.#catalogue = catalogue;
  }

  /** Reads what the data directory has; resolves with the accounts. */
  load(): unknown {
    const { accounts, databases } = JSON.parse(this.#p.vfs.readText(this.#p, this.#catalogue));
    for (const { name, owner, tables } of databases) {
      const all = new Map<string, Table>();
      for (const table of tables) all.set(table, JSON.parse(this.#p.vfs.readText(this.#p, this.#path(name, table))));
      this.#databases.set(name, { owner, tables: all });
    }
    return accounts;
  }

  /** Writes who and what there is. */
  save(accounts: unknown): void {
    const databases = [...this.#databases].map(([name, { owner, tables }]) => ({
      name,
      owner,
      tables: [...tables.keys()],
    }));
    this.#p.vfs.writeFile(this.#p, this.#catalogue, encode({ accounts, databases }), 0o640);
  }

  #path(database: string, table: string): string {
    return `${this.#dialect.folder(database)}/${this.#dialect.file(table)}`;
  }

  get databases(): ReadonlyMap<string, Database> {
    return this.#databases;
  }

  names(): string[] {
    return [...new Set([...this.#dialect.own, ...this.#databases.keys()])].sort();
  }

  has(database: string): boolean {
    return this.#databases.has(database) || this.#dialect.own.includes(database);
  }

  /** Makes a database, or the entry of one that is always there. Its catalogue is not saved yet. */
  create(database: string, owner: string): void {
    if (!this.#dialect.own.includes(database)) this.#p.vfs.mkdir(this.#p, this.#dialect.folder(database), 0o750);
    this.#databases.set(database, { owner, tables: new Map() });
  }

  drop(database: string): void {
    for (const table of this.#databases.get(database)?.tables.keys() ?? [])
      this.#p.vfs.unlink(this.#p, this.#path(database, table));
    this.#p.vfs.rmdir(this.#p, this.#dialect.folder(database));
    this.#databases.delete(database);
  }

  /** Puts states of tables of a database in place of what was there; undefined: the table goes. All of them or none. */
  put(database: string, changed: ReadonlyMap<string, Table | undefined>): void {
    const tables = this.#databases.get(database)?.tables;
    if (!tables) return;
    const contents = new Map<string, Uint8Array>();
    for (const [name, table] of changed) {
      const content = table && encode(table);
      if (content && content.length > MAX_TABLE_BYTES)
        throw fault(
          this.#dialect,
          [1114, 'HY000', `The table '${name}' is full`],
          ['53100', 'could not extend file: No space left on device'],
        );
      if (content) contents.set(name, content);
    }
    const written: string[] = [];
    try {
      for (const [name, content] of contents) {
        written.push(name);
        this.#p.vfs.writeFile(this.#p, this.#path(database, name), content, 0o640);
      }
    } catch (error) {
      for (const name of written) this.#restore(database, name, tables.get(name));
      throw error;
    }
    for (const [name, table] of changed) {
      if (table) tables.set(name, table);
      else if (tables.delete(name)) this.#p.vfs.unlink(this.#p, this.#path(database, name));
    }
  }

  /** Writes what a file had before: it fitted then. */
  #restore(database: string, name: string, table: Table | undefined): void {
    const path = this.#path(database, name);
    if (table) this.#p.vfs.writeFile(this.#p, path, encode(table), 0o640);
    else if (this.#p.vfs.find(this.#p, path)) this.#p.vfs.unlink(this.#p, path);
  }
}
