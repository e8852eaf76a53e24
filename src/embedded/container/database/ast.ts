/** What statements of SQL are once they are read. */
import type { Type, Value } from './types.ts';

export type Expression =
  | { t: 'value'; value: Value; fraction?: number }
  /** `at`: where it stands in the source. */
  | { t: 'column'; table: string | undefined; name: string; at: number }
  | { t: 'variable'; scope: 'user' | 'global' | 'session'; name: string }
  | { t: 'call'; name: string; args: Expression[]; star: boolean; distinct: boolean; at: number }
  | { t: 'binary'; op: string; left: Expression; right: Expression }
  | { t: 'not' | 'negate'; of: Expression }
  | { t: 'null-test'; of: Expression; negated: boolean }
  | { t: 'in'; of: Expression; list: Expression[]; negated: boolean }
  | { t: 'in-query'; of: Expression; query: Select; negated: boolean }
  | { t: 'exists' | 'scalar'; query: Select }
  | { t: 'case'; of: Expression | undefined; whens: [Expression, Expression][]; otherwise: Expression | undefined }
  | { t: 'cast'; of: Expression; type: Type }
  | { t: 'default' };

export interface Name {
  /** MySQL: the database; PostgreSQL: the schema. */
  database: string | undefined;
  table: string;
  at: number;
}

export interface Source {
  alias: string;
  of: Name | Select;
  join: 'inner' | 'left';
  on: Expression | undefined;
  using: string[];
}

export interface SelectItem {
  /** Undefined: `*`, or `table.*`. */
  expression: Expression | undefined;
  table: string | undefined;
  label: string | undefined;
  /** As it was written. */
  text: string;
}

export interface Select {
  t: 'select';
  distinct: boolean;
  items: SelectItem[];
  from: Source[];
  where: Expression | undefined;
  group: Expression[];
  having: Expression | undefined;
  unions: { all: boolean; query: Select }[];
  order: { by: Expression; down: boolean; nulls: 'first' | 'last' | undefined }[];
  limit: number | undefined;
  offset: number;
  locks: boolean;
}

export interface Column {
  name: string;
  type: Type;
  notNull: boolean;
  /** Counts up: AUTO_INCREMENT, SERIAL, GENERATED AS IDENTITY. */
  counts: boolean;
  fallback: Expression | undefined;
}

export interface Unique {
  name: string;
  columns: string[];
  primary: boolean;
}

export interface Check {
  name: string;
  expression: Expression;
}

export interface Account {
  name: string;
  host: string;
}

export type Target =
  | { t: 'global' }
  | { t: 'database'; name: string | undefined }
  | { t: 'table'; tables: Name[] }
  | { t: 'schema'; name: string }
  | { t: 'all-tables'; schema: string }
  | { t: 'role'; roles: string[] };

export interface AccountOptions {
  password?: string;
  flags: Record<string, boolean>;
}

export type Statement =
  | Select
  | {
      t: 'insert';
      into: Name;
      columns: string[] | undefined;
      rows: Expression[][] | undefined;
      query: Select | undefined;
      /** Rows that collide are left out. */
      ignore: boolean;
      returning: SelectItem[] | undefined;
    }
  | {
      t: 'update';
      table: Name;
      set: [string, Expression][];
      where: Expression | undefined;
      returning: SelectItem[] | undefined;
    }
  | { t: 'delete'; from: Name; where: Expression | undefined; returning: SelectItem[] | undefined }
  | { t: 'truncate'; tables: Name[] }
  | { t: 'create-table'; table: Name; columns: Column[]; uniques: Unique[]; checks: Check[]; lenient: boolean }
  | { t: 'create-index'; name: string; table: Name; columns: string[]; unique: boolean; lenient: boolean }
  | { t: 'alter-table'; table: Name; change: TableChange }
  | { t: 'drop-table'; tables: Name[]; lenient: boolean }
  | { t: 'create-database' | 'drop-database'; name: string; lenient: boolean; owner?: string }
  | { t: 'create-user' | 'alter-user'; accounts: Account[]; options: AccountOptions; lenient: boolean; role: boolean }
  | { t: 'drop-user'; accounts: Account[]; lenient: boolean; role: boolean }
  | { t: 'grant' | 'revoke'; privileges: string[]; on: Target; accounts: Account[]; option: boolean }
  | { t: 'begin'; isolation: string | undefined; readOnly: boolean }
  | { t: 'commit' | 'rollback' }
  | { t: 'savepoint' | 'rollback-to' | 'release'; name: string }
  | {
      t: 'set';
      assignments: { scope: 'user' | 'global' | 'session'; name: string; value: Expression | undefined }[];
      local: boolean;
    }
  | { t: 'show'; what: 'databases' | 'warnings' | 'processlist' }
  | { t: 'show-tables'; database: string | undefined; like: string | undefined }
  | { t: 'show-variables'; like: string | undefined; global: boolean }
  | { t: 'show-variable'; name: string }
  | { t: 'show-grants'; account: Account | undefined }
  | { t: 'show-create'; table: Name }
  | { t: 'describe'; table: Name }
  | { t: 'use'; name: string }
  | { t: 'flush' };

export type TableChange =
  | { t: 'add'; column: Column; uniques: Unique[]; lenient: boolean }
  | { t: 'drop'; column: string; lenient: boolean }
  | { t: 'rename'; column: string; to: string }
  | { t: 'rename-table'; to: string }
  | { t: 'add-unique'; unique: Unique }
  | { t: 'owner'; role: string };

type Having<S extends { t: string }, T extends string> = S extends unknown ? (T extends S['t'] ? S : never) : never;

/** The statements of a kind. */
export type StatementOf<T extends Statement['t']> = Having<Statement, T>;
