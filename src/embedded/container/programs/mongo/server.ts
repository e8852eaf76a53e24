import type { Document } from 'bson';
import type { Process } from '../../kernel/process.ts';
import { Cursors } from './cursors.ts';
import type { ScramServer } from './scram.ts';
import { MongoStore } from './store.ts';
import { type Role, Users } from './users.ts';

/** A running server. */
export class MongoServer {
  readonly p: Process;
  readonly store: MongoStore;
  readonly users: Users;
  /** Whether who is not logged in may do nothing. */
  authorization = false;
  connections = 0;
  totalConnections = 0;
  /** Counts of commands, by name, for serverStatus. */
  readonly opcounters = { insert: 0, query: 0, update: 0, delete: 0, getmore: 0, command: 0 };

  constructor(p: Process, folder: string) {
    this.p = p;
    this.store = new MongoStore(p, folder);
    this.users = new Users(p, this.store);
  }
}

/** What a connection has of its own. */
export class MongoSession {
  readonly id: number;
  readonly remote: string;
  readonly cursors = new Cursors();
  /** The server's own: it may do everything. */
  readonly internal: boolean;
  user: { user: string; db: string; roles: readonly Role[] } | undefined;
  /** An authentication that has begun. */
  conversation: { scram: ScramServer; db: string } | undefined;
  /** What the driver says it is. */
  client: Document | undefined;

  constructor(id: number, remote: string, internal = false) {
    this.id = id;
    this.remote = remote;
    this.internal = internal;
  }
}
