/** A client's session: its database, its variables, its transaction, and what it sees of the tables. */

import type { Process } from '../kernel/process.ts';
import type { Accounts, Known } from './accounts.ts';
import type { Name } from './ast.ts';
import { Budget } from './budget.ts';
import { type Dialect, fault, noDatabase, noTable, SqlError } from './errors.ts';
import { Evaluator, type ExpressionContext } from './evaluate.ts';
import type { Locks } from './locks.ts';
import type { Privileges } from './privileges.ts';
import type { QueryContext, TableRows } from './query.ts';
import type { Settings } from './settings.ts';
import type { Store, Table } from './store.ts';
import { Transaction } from './transaction.ts';
import type { Value } from './types.ts';

/** The server that a session is one of. */
interface SessionServer {
  readonly p: Process;
  readonly dialect: Dialect;
  readonly accounts: Accounts;
  readonly store: Store;
  readonly locks: Locks;
  readonly privileges: Privileges;
  readonly settings: Settings;
  readonly sessions: ReadonlySet<Session>;
  create(database: string, owner: string): void;
  save(): void;
  /** A table that the server makes when it is asked for; undefined: the name is that of a table of somebody. */
  catalogueTable(session: Session, name: Name): TableRows | undefined;
}

/** What a client knows of itself when it has logged in. */
export interface Login {
  user: string;
  host: string;
  account: Known;
  database: string | undefined;
  connection: number;
}

/** One connection. Large because each statement has a method, and all share its transaction and settings. */
export class Session implements ExpressionContext, QueryContext {
  readonly server: SessionServer;
  readonly user: string;
  readonly host: string;
  readonly connection: number;
  readonly #login: Known;
  readonly settings: Settings;
  readonly evaluator: Evaluator;
  readonly userVariables = new Map<string, Value>();
  database: string | undefined;
  budget: Budget;
  transaction: Transaction | undefined;
  lastId = 0;
  /** The table that it waits for. */
  waitsFor: string | undefined;

  constructor(server: SessionServer, { user, host, account, database, connection }: Login) {
    this.server = server;
    this.user = user;
    this.host = host;
    this.#login = account;
    this.database = database;
    this.connection = connection;
    this.settings = server.settings.session();
    this.evaluator = new Evaluator(this);
    this.budget = new Budget(server.p, server.dialect, 0);
  }

  /** As it is now: others may have changed or dropped it. */
  get account(): Known {
    return this.server.accounts.find(this.#login) ?? { ...this.#login, grants: [], flags: {}, roles: [] };
  }

  get dialect(): Dialect {
    return this.server.dialect;
  }

  get userName(): string {
    return this.dialect.name === 'mysql' ? `${this.user}@${this.host}` : this.user;
  }

  get accountName(): string {
    return this.dialect.name === 'mysql' ? `${this.account.name}@${this.account.host}` : this.user;
  }

  get strictGroups(): boolean {
    return this.dialect.name === 'postgres' || this.settings.get('sql_mode').includes('ONLY_FULL_GROUP_BY');
  }

  now = (): string => {
    const time = new Date(this.server.p.container.clock.now()).toISOString();
    return `${time.slice(0, 23).replace('T', ' ')}000`;
  };

  setting = (name: string): string => this.settings.get(name);

  sleep = (seconds: number): void => this.budget.sleep(seconds);

  variable(scope: 'user' | 'global' | 'session', name: string): Value {
    if (scope === 'user') return this.userVariables.get(name) ?? null;
    const settings = scope === 'global' ? this.server.settings : this.settings;
    const value = settings.get(name);
    if (!settings.isNumber(name)) return value;
    return value === 'ON' ? 1 : value === 'OFF' ? 0 : Number(value);
  }

  /** The database of a table's name. Throws SqlError. */
  databaseOf({ database, table, at }: Name): string {
    if (this.dialect.name === 'postgres') {
      if (database !== undefined && database !== 'public') throw noTable(this.dialect, '', `${database}.${table}`, at);
      return this.database ?? 'postgres';
    }
    const name = database ?? this.database;
    if (name === undefined) throw new SqlError(1046, '3D000', 'No database selected');
    if (!this.server.store.has(name)) throw noDatabase(this.dialect, name);
    return name;
  }

  /** All tables of a database, as this session sees them. */
  tables(database: string): Map<string, Table> {
    const committed = this.transaction?.snapshot?.get(database) ?? this.server.store.databases.get(database)?.tables;
    const all = new Map(committed ?? []);
    for (const [name, table] of this.transaction?.changes.get(database) ?? [])
      if (table) all.set(name, table);
      else all.delete(name);
    return all;
  }

  /** A table to be read; MySQL's transactions go on to see what they saw first. Throws SqlError. */
  table(name: Name): { database: string; table: Table } {
    const database = this.databaseOf(name);
    const own = this.transaction?.changes.get(database);
    const committed = this.transaction?.snapshot?.get(database) ?? this.server.store.databases.get(database)?.tables;
    const table = own?.has(name.table) ? own.get(name.table) : committed?.get(name.table);
    if (!table) throw noTable(this.dialect, database, name.table, name.at);
    return { database, table };
  }

  read(name: Name): TableRows {
    const own = this.server.catalogueTable(this, name);
    if (own) return own;
    this.#keepSnapshot();
    const { database, table } = this.#checked('SELECT', name);
    return {
      ...{ database, columns: table.columns, rows: table.rows },
      key: table.uniques.find(({ primary }) => primary)?.columns ?? [],
    };
  }

  /** MySQL tells of a missing table only those who may see it. */
  #checked(privilege: string, name: Name): { database: string; table: Table } {
    const { privileges } = this.server;
    if (this.dialect.name === 'mysql') privileges.check(this, privilege, this.databaseOf(name), name.table);
    const found = this.table(name);
    privileges.check(this, privilege, found.database, name.table, found.table);
    return found;
  }

  #keepSnapshot(): void {
    const { transaction } = this;
    if (!transaction?.explicit || transaction.snapshot || this.dialect.name !== 'mysql') return;
    if (this.settings.get('transaction_isolation') !== 'REPEATABLE-READ') return;
    transaction.snapshot = new Map(
      [...this.server.store.databases].map(([name, { tables }]) => [name, new Map(tables)]),
    );
  }

  /** A table that is to change: its own until the transaction ends, in the state that was committed last. Throws SqlError. */
  async owned(name: Name, privilege: string): Promise<{ database: string; table: Table }> {
    const { database } = this.#checked(privilege, name);
    await this.lock(database, name.table);
    const own = this.transaction?.changes.get(database);
    const table = own?.has(name.table)
      ? own.get(name.table)
      : this.server.store.databases.get(database)?.tables.get(name.table);
    if (!table) throw noTable(this.dialect, database, name.table, name.at);
    return { database, table };
  }

  async lock(database: string, table: string): Promise<void> {
    if (this.transaction?.readOnly)
      throw fault(
        this.dialect,
        [1792, '25006', 'Cannot execute statement in a READ ONLY transaction.'],
        ['25006', 'cannot execute this statement in a read-only transaction'],
      );
    const timeout =
      this.dialect.name === 'mysql'
        ? this.settings.number('innodb_lock_wait_timeout') * 1000
        : this.settings.number('lock_timeout');
    await this.server.locks.take(this, `${database}.${table}`, timeout || 24 * 3_600_000);
  }

  put(database: string, name: string, table: Table | undefined): void {
    this.transaction?.put(database, name, table);
  }

  /** Accounts are about to change: a transaction may take it back. */
  changeAccounts(): void {
    if (this.transaction) this.transaction.accounts ??= this.server.accounts.saved();
  }

  begin(explicit: boolean, readOnly = false): void {
    this.transaction = new Transaction(explicit, readOnly);
  }

  /** Makes what the transaction changed the state that all see. Throws SqlError or SysError: then nothing has changed. */
  commit(): void {
    const { transaction } = this;
    if (!transaction) return;
    try {
      for (const [database, changes] of transaction.changes) this.server.store.put(database, changes);
      const names = [...transaction.changes.values()].some((changes) => changes.size > 0);
      if (transaction.accounts !== undefined || names) this.server.save();
    } catch (error) {
      this.rollback();
      throw error;
    }
    this.#end();
  }

  rollback(): void {
    if (this.transaction?.accounts !== undefined) this.server.accounts.restore(this.transaction.accounts);
    this.#end();
  }

  #end(): void {
    this.transaction = undefined;
    this.server.locks.release(this);
  }
}
