/** Accounts, kept in admin.system.users as MongoDB does, and what their roles allow. */
import type { Document } from 'bson';
import type { Process } from '../../kernel/process.ts';
import { isDocument } from './compare.ts';
import { MongoFault } from './fault.ts';
import { type Credentials, credentialsFor } from './scram.ts';
import type { MongoStore } from './store.ts';

export interface Role {
  role: string;
  db: string;
}

export interface Account {
  _id: string;
  user: string;
  db: string;
  credentials: { 'SCRAM-SHA-256': Credentials };
  roles: Role[];
}

/** What a command does to the database it is for. */
export type Action = 'read' | 'write' | 'admin' | 'users' | 'monitor';

const ofDatabase: Readonly<Record<string, readonly Action[]>> = {
  ...{ read: ['read'], readWrite: ['read', 'write'], dbAdmin: ['admin'], userAdmin: ['users'] },
  dbOwner: ['read', 'write', 'admin', 'users'],
};
const ofAll: Readonly<Record<string, readonly Action[]>> = {
  ...{ readAnyDatabase: ['read', 'monitor'], readWriteAnyDatabase: ['read', 'write', 'monitor'] },
  ...{ dbAdminAnyDatabase: ['admin', 'monitor'], userAdminAnyDatabase: ['users', 'monitor'] },
  ...{ clusterMonitor: ['monitor'], clusterAdmin: ['monitor'], root: ['read', 'write', 'admin', 'users', 'monitor'] },
};
const actionsOf = (table: Readonly<Record<string, readonly Action[]>>, role: string) =>
  Object.hasOwn(table, role) ? (table[role] ?? []) : [];

export function allows(roles: readonly Role[], action: Action, db: string): boolean {
  return roles.some(
    (r) => actionsOf(ofAll, r.role).includes(action) || (r.db === db && actionsOf(ofDatabase, r.role).includes(action)),
  );
}

export class Users {
  readonly #p: Process;
  readonly #store: MongoStore;

  constructor(p: Process, store: MongoStore) {
    this.#p = p;
    this.#store = store;
  }

  get all(): readonly Account[] {
    return this.#store.documents('admin', 'system.users') as Account[];
  }

  find(db: string, user: string): Account | undefined {
    return this.all.find(({ _id }) => _id === `${db}.${user}`);
  }

  /** Throws MongoFault: there is one already, or no such role. */
  async create(db: string, user: string, password: unknown, roles: unknown): Promise<void> {
    if (typeof password !== 'string' || password === '')
      throw new MongoFault(
        2,
        "Must provide a 'pwd' field for all user documents, except those with '$external' as the user's source db",
      );
    const wanted = rolesOf(roles, db);
    if (this.find(db, user)) throw new MongoFault(51_003, `User "${user}@${db}" already exists`);
    const credentials = { 'SCRAM-SHA-256': await credentialsFor(this.#p, password) };
    await this.#save([...this.all, { _id: `${db}.${user}`, user, db, credentials, roles: wanted }]);
  }

  /** Throws MongoFault: there is none. */
  async drop(db: string, user: string): Promise<void> {
    const rest = this.all.filter(({ _id }) => _id !== `${db}.${user}`);
    if (rest.length === this.all.length) throw new MongoFault(11, `User '${user}@${db}' not found`);
    await this.#save(rest);
  }

  async #save(accounts: readonly Account[]): Promise<void> {
    await this.#store.write('admin', 'system.users', accounts as unknown as Document[]);
  }
}

function rolesOf(roles: unknown, db: string): Role[] {
  if (!Array.isArray(roles)) throw new MongoFault(2, '"createUser" command requires a "roles" array');
  return roles.map((given) => {
    const found: Role = isDocument(given)
      ? { role: String(given.role), db: String(given.db ?? db) }
      : { role: String(given), db };
    const known = Object.hasOwn(ofDatabase, found.role) || (found.db === 'admin' && Object.hasOwn(ofAll, found.role));
    if (!known) throw new MongoFault(31, `Could not find role: ${found.role}@${found.db}`);
    return found;
  });
}
