/** Accounts (MySQL) and roles (PostgreSQL), and what they may. */
import type { Account } from './ast.ts';

interface Grant {
  /** `*`, `d:DATABASE`, `s:DATABASE`, `t:DATABASE.TABLE` */
  on: string;
  privilege: string;
  /** It may be given on. */
  option: boolean;
}

export interface Known extends Account {
  password: string | undefined;
  /** Attributes of a role: superuser, createdb, createrole, login. */
  flags: Record<string, boolean>;
  grants: Grant[];
  /** Roles that it is a member of. */
  roles: string[];
}

export const onDatabase = (name: string) => `d:${name}`;
export const onSchema = (database: string) => `s:${database}`;
export const onTable = (database: string, table: string) => `t:${database}.${table}`;

/** Everybody, with PostgreSQL. */
export const PUBLIC = 'public';

export class Accounts {
  #all: Known[] = [];

  restore(saved: unknown): void {
    this.#all = structuredClone(saved) as Known[];
  }

  /** What save() and restore() need. */
  saved(): unknown {
    return structuredClone(this.#all);
  }

  get all(): readonly Known[] {
    return this.#all;
  }

  add(name: string, password: string | undefined, more: Partial<Known> = {}): Known {
    const account = { name, host: '%', password, flags: {}, grants: [], roles: [], ...more };
    this.#all.push(account);
    return account;
  }

  find({ name, host }: Account): Known | undefined {
    return this.#all.find((account) => account.name === name && account.host === host);
  }

  remove(account: Known): void {
    this.#all = this.#all.filter((other) => other !== account);
    for (const other of this.#all) other.roles = other.roles.filter((role) => role !== account.name);
  }

  /** The account that a client from `host` logs in to: one for the very host comes before one for many. */
  matching(name: string, host: string): Known | undefined {
    const fits = ({ host: pattern }: Known) =>
      pattern === '%' ||
      pattern === host ||
      (host === 'localhost' && pattern === '127.0.0.1') ||
      (pattern.endsWith('%') && host.startsWith(pattern.slice(0, -1)));
    return this.#all
      .filter((account) => account.name === name && fits(account))
      .sort((a, b) => b.host.replace('%', '').length - a.host.replace('%', '').length)[0];
  }

  grant(account: Known, on: string, privilege: string, option = false): void {
    const held = account.grants.find((grant) => grant.on === on && grant.privilege === privilege);
    if (held) held.option ||= option;
    else account.grants.push({ on, privilege, option });
  }

  /** Whether there was something to take. */
  revoke(account: Known, on: string, privilege: string): boolean {
    const kept = account.grants.filter(
      (grant) => grant.on !== on || (privilege !== 'ALL' && grant.privilege !== privilege && grant.privilege !== 'ALL'),
    );
    const all = account.grants.find((grant) => grant.on === on && grant.privilege === 'ALL');
    const taken = kept.length < account.grants.length;
    account.grants = kept;
    // Of everything one is taken: the others stay.
    if (all && privilege !== 'ALL')
      for (const other of TABLE_PRIVILEGES) if (other !== privilege) this.grant(account, on, other, all.option);
    return taken;
  }

  /** Forgets what was given on something that is gone. */
  forget(on: string): void {
    for (const account of this.#all) account.grants = account.grants.filter((grant) => grant.on !== on);
  }

  /** The account, the roles it is in, and with PostgreSQL everybody. */
  identities(account: Known): Known[] {
    const found = new Set([account]);
    for (const one of found)
      for (const role of [...one.roles, PUBLIC]) {
        const known = this.#all.find(({ name }) => name === role);
        if (known) found.add(known);
      }
    return [...found];
  }

  /** Whether an account holds a privilege on one of the objects; with `option`: may give it on. */
  holds(account: Known, privilege: string, on: readonly string[], option = false): boolean {
    return this.identities(account).some(({ grants }) =>
      grants.some(
        (grant) =>
          on.includes(grant.on) &&
          (grant.privilege === privilege || grant.privilege === 'ALL' || privilege === 'ANY') &&
          (!option || grant.option),
      ),
    );
  }
}

export const TABLE_PRIVILEGES = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CREATE',
  'DROP',
  'ALTER',
  'INDEX',
  'REFERENCES',
  'TRUNCATE',
  'TRIGGER',
];
