/** What a node of RabbitMQ knows: users, what they may do, queues; kept in its data directory. */
import { createHash, randomBytes } from 'node:crypto';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { imageVersion } from '../../lib/versions.ts';

/** Where a node keeps what it knows, and its cookie. */
export const HOME = '/var/lib/rabbitmq';
/** Who may ask the node by its tools has this secret. */
export const COOKIE = `${HOME}/.erlang.cookie`;
/** Where tools speak to the node. */
export const DISTRIBUTION_PORT = 25_672;

/** Patterns of what a user may configure, write and read. */
export type Permissions = readonly [configure: string, write: string, read: string];

interface User {
  name: string;
  hash: string;
  tags: string[];
  permissions: Permissions | undefined;
}

export interface Queue {
  name: string;
  durable: boolean;
  messages: number;
}

interface Definitions {
  users: User[];
  queues: Queue[];
}

export function nodeName(p: Process): string {
  return `rabbit@${p.container.hostname}`;
}

export class Broker {
  readonly p: Process;
  readonly startedAt: number;
  readonly listeners: { port: number; protocol: string; about: string }[] = [];
  connections = 0;
  #users: User[] = [];
  #queues: Queue[] = [];

  constructor(p: Process) {
    this.p = p;
    this.startedAt = p.container.clock.now();
  }

  get #file(): string {
    return `${HOME}/mnesia/${nodeName(this.p)}/definitions.json`;
  }

  /** Reads the data directory; false: this is a new node. Throws SysError. */
  load(): boolean {
    const { vfs } = this.p;
    if (!vfs.find(this.p, this.#file)) return false;
    const { users, queues } = JSON.parse(vfs.readText(this.p, this.#file)) as Definitions;
    this.#users = users;
    // Those that are not durable went with the node.
    this.#queues = queues.filter(({ durable }) => durable);
    return true;
  }

  /** Writes the data directory. Throws SysError. */
  save(): void {
    const { vfs } = this.p;
    for (const folder of [`${HOME}/mnesia`, `${HOME}/mnesia/${nodeName(this.p)}`]) {
      if (!vfs.find(this.p, folder)) vfs.mkdir(this.p, folder);
    }
    const definitions: Definitions = { users: this.#users, queues: this.#queues };
    vfs.writeFile(this.p, this.#file, `${JSON.stringify(definitions)}\n`, 0o600);
  }

  get version(): string {
    return imageVersion(this.p);
  }

  get users(): readonly User[] {
    return this.#users;
  }

  get queues(): readonly Queue[] {
    return this.#queues;
  }

  user(name: string): User | undefined {
    return this.#users.find((user) => user.name === name);
  }

  addUser(name: string, password: string, tags: string[] = [], permissions?: Permissions): void {
    this.p.charge(2 * (name.length + password.length) + 200);
    this.#users.push({ name, hash: hashOf(password, randomBytes(4)), tags, permissions });
  }

  removeUser(name: string): void {
    this.#users = this.#users.filter((user) => user.name !== name);
  }

  setPassword(user: User, password: string): void {
    user.hash = hashOf(password, randomBytes(4));
  }

  /** Whether these are the credentials of a user. */
  authenticates(name: string, password: string): boolean {
    const user = this.user(name);
    if (!user) return false;
    return hashOf(password, Buffer.from(user.hash, 'base64').subarray(0, 4)) === user.hash;
  }

  addQueue(queue: Queue): void {
    this.p.charge(2 * queue.name.length + 200);
    this.#queues.push(queue);
  }

  removeQueue(name: string): void {
    this.#queues = this.#queues.filter((queue) => queue.name !== name);
  }
}

/** Salt and digest as RabbitMQ keeps them (rabbit_password_hashing_sha256), base64. */
function hashOf(password: string, salt: Buffer): string {
  const digest = createHash('sha256').update(salt).update(password).digest();
  return Buffer.concat([salt, digest]).toString('base64');
}

/** The cookie in the home folder; undefined: there is none that this process may read. */
export function readCookie(p: Process): string | undefined {
  try {
    return p.vfs.readText(p, COOKIE).trim();
  } catch (error) {
    if (!isSysError(error)) throw error;
    return undefined;
  }
}
