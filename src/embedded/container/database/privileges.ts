/** Whether a session may do what its statement asks, and what the server says if not. */
import { type Accounts, type Known, onDatabase, onSchema, onTable } from './accounts.ts';
import { type Dialect, fault, SqlError } from './errors.ts';
import type { Store, Table } from './store.ts';

export interface Who {
  readonly user: string;
  readonly host: string;
  readonly account: Known;
}

export class Privileges {
  readonly #dialect: Dialect;
  readonly #accounts: Accounts;
  readonly #store: Store;

  constructor(dialect: Dialect, accounts: Accounts, store: Store) {
    this.#dialect = dialect;
    this.#accounts = accounts;
    this.#store = store;
  }

  isSuper({ account }: Who): boolean {
    return account.flags.superuser === true;
  }

  /** Whether it is the owner's role, or is in it. */
  isOwner(who: Who, owner: string | undefined): boolean {
    return this.isSuper(who) || this.#accounts.identities(who.account).some(({ name }) => name === owner);
  }

  has(who: Who, privilege: string, database: string, name?: string, table?: Table): boolean {
    if (this.isSuper(who)) return true;
    if (this.#dialect.name === 'postgres' && table && this.isOwner(who, table.owner)) return true;
    const on = this.#dialect.name === 'mysql' ? ['*', onDatabase(database)] : [];
    return this.#accounts.holds(who.account, privilege, name === undefined ? on : [...on, onTable(database, name)]);
  }

  /** Throws SqlError: the privilege on this table is missing. */
  check(who: Who, privilege: string, database: string, name: string, table?: Table): void {
    if (this.has(who, privilege, database, name, table)) return;
    throw fault(
      this.#dialect,
      [1142, '42000', `${privilege} command denied to user '${who.user}'@'${who.host}' for table '${name}'`],
      ['42501', `permission denied for table ${name}`],
    );
  }

  /** CREATE, ALTER, DROP and INDEX: a privilege with MySQL, the owner's right with PostgreSQL. */
  checkDefinition(who: Who, privilege: string, database: string, name: string, table?: Table): void {
    if (this.#dialect.name === 'mysql') return this.check(who, privilege, database, name);
    if (table && !this.isOwner(who, table.owner)) throw new SqlError(0, '42501', `must be owner of table ${name}`);
    if (table) return;
    const { account } = who;
    const owner = this.#store.databases.get(database)?.owner;
    // Until release 15 everybody could create tables.
    const open = Number.parseInt(this.#dialect.version, 10) < 15;
    if (open || this.isOwner(who, owner) || this.#accounts.holds(account, 'CREATE', [onSchema(database)])) return;
    throw new SqlError(0, '42501', 'permission denied for schema public');
  }

  checkDatabase(who: Who, what: 'create' | 'drop', database: string): void {
    if (this.isSuper(who)) return;
    if (this.#dialect.name === 'mysql') {
      if (this.has(who, what.toUpperCase(), database)) return;
      throw this.noDatabaseAccess(who, database);
    }
    if (what === 'create' && who.account.flags.createdb !== true)
      throw new SqlError(0, '42501', 'permission denied to create database');
    if (what === 'drop' && !this.isOwner(who, this.#store.databases.get(database)?.owner))
      throw new SqlError(0, '42501', `must be owner of database ${database}`);
  }

  noDatabaseAccess({ account: { name, host } }: Who, database: string): SqlError {
    return new SqlError(1044, '42000', `Access denied for user '${name}'@'${host}' to database '${database}'`);
  }

  /** Whether a session may connect to a database, or use it. */
  mayUse(who: Who, database: string): boolean {
    if (this.isSuper(who)) return true;
    if (this.#dialect.name === 'postgres')
      return (
        this.isOwner(who, this.#store.databases.get(database)?.owner) ||
        this.#accounts.holds(who.account, 'CONNECT', [onDatabase(database)])
      );
    if (database === 'information_schema' || database === 'performance_schema') return true;
    const tables = [...(this.#store.databases.get(database)?.tables.keys() ?? [])].map((name) =>
      onTable(database, name),
    );
    return this.#accounts.holds(who.account, 'ANY', ['*', onDatabase(database), ...tables]);
  }

  /** CREATE USER and the like. */
  checkAccounts(who: Who, what: 'create' | 'alter' | 'drop'): void {
    if (this.isSuper(who) || who.account.flags.createrole === true) return;
    if (this.#dialect.name === 'postgres') throw new SqlError(0, '42501', `permission denied to ${what} role`);
    if (this.#accounts.holds(who.account, 'CREATE USER', ['*'])) return;
    throw new SqlError(
      1227,
      '42000',
      'Access denied; you need (at least one of) the CREATE USER privilege(s) for this operation',
    );
  }

  /** What needs a privilege that only administrators hold. */
  checkAdministration(who: Who, privilege: string): void {
    if (this.isSuper(who) || this.#accounts.holds(who.account, privilege, ['*'])) return;
    throw new SqlError(
      1227,
      '42000',
      `Access denied; you need (at least one of) the ${privilege} privilege(s) for this operation`,
    );
  }
}
