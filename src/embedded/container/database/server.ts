/** A database server: what it keeps, who may log in, how many do. */
import type { Process } from '../kernel/process.ts';
import { Accounts, onDatabase, PUBLIC } from './accounts.ts';
import { catalogueTable } from './catalogue.ts';
import { type Dialect, fault } from './errors.ts';
import { Locks } from './locks.ts';
import { Privileges } from './privileges.ts';
import { type Login, Session } from './session.ts';
import { Settings } from './settings.ts';
import { Store } from './store.ts';

export class DatabaseServer {
  readonly p: Process;
  readonly dialect: Dialect;
  readonly accounts = new Accounts();
  readonly store: Store;
  readonly locks: Locks;
  readonly privileges: Privileges;
  readonly settings: Settings;
  readonly sessions = new Set<Session>();
  readonly catalogueTable = catalogueTable;
  #connections = 7;

  /** `catalogue`: the file that names accounts and databases; `place`: what the server is called, or where its data is. */
  constructor(p: Process, dialect: Dialect, catalogue: string, place: string, port: number) {
    this.p = p;
    this.dialect = dialect;
    this.store = new Store(p, dialect, catalogue);
    this.locks = new Locks(p, dialect);
    this.privileges = new Privileges(dialect, this.accounts, this.store);
    this.settings = Settings.of(dialect, place, port);
  }

  /** Reads what the data directory has. */
  load(): void {
    this.accounts.restore(this.store.load());
  }

  save(): void {
    this.store.save(this.accounts.saved());
  }

  /** Makes a database, or the entry of one that is always there. Throws SqlError: there is one already. */
  create(database: string, owner: string): void {
    if (this.store.databases.has(database) || (this.dialect.name === 'mysql' && this.store.has(database)))
      throw fault(
        this.dialect,
        [1007, 'HY000', `Can't create database '${database}'; database exists`],
        ['42P04', `database "${database}" already exists`],
      );
    this.store.create(database, owner);
    const everybody = this.accounts.find({ name: PUBLIC, host: '%' });
    if (everybody) this.accounts.grant(everybody, onDatabase(database), 'CONNECT');
    this.save();
  }

  /** The number that the next connection has. */
  nextConnection(): number {
    return ++this.#connections;
  }

  /** Opens a session. Throws SqlError: there are too many. */
  open(login: Login): Session {
    if (this.sessions.size >= this.settings.number('max_connections'))
      throw fault(this.dialect, [1040, '08004', 'Too many connections'], ['53300', 'sorry, too many clients already']);
    const session = new Session(this, login);
    this.sessions.add(session);
    return session;
  }

  /** Ends a session; what it did not commit is as if it never was. */
  close(session: Session): void {
    session.rollback();
    this.sessions.delete(session);
  }
}
