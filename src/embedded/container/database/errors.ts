/** Errors with the codes, states and words of each kind of server. */

/** What differs between the servers. */
export interface Dialect {
  name: 'mysql' | 'postgres';
  maria: boolean;
  version: string;
  /** Databases that are always there. */
  own: readonly string[];
  /** The folder of a database. */
  folder(database: string): string;
  /** The file of a table in it. */
  file(table: string): string;
}

export class SqlError extends Error {
  /** MySQL's number; 0 from a server that has none. */
  readonly code: number;
  readonly state: string;
  /** Where in the statement, from 0; PostgreSQL shows it. */
  readonly at: number | undefined;
  readonly hint: string | undefined;

  constructor(code: number, state: string, message: string, more: { at?: number | undefined; hint?: string } = {}) {
    super(message);
    this.code = code;
    this.state = state;
    this.at = more.at;
    this.hint = more.hint;
  }
}

/** The error of a server: MySQL's number, state and words, or PostgreSQL's state and words. */
export function fault(
  dialect: Dialect,
  mysql: readonly [code: number, state: string, text: string],
  postgres: readonly [state: string, text: string],
  more: { at?: number | undefined; hint?: string } = {},
): SqlError {
  return dialect.name === 'mysql' ? new SqlError(...mysql) : new SqlError(0, ...postgres, more);
}

/** What a real server would do and this one can't: it says so, in words of its own. */
export function unsupported(dialect: Dialect, what: string): SqlError {
  return fault(
    dialect,
    [1235, '42000', `This server, a simulated one, doesn't support '${what}'`],
    ['0A000', `this server, a simulated one, does not support ${what}`],
  );
}

/** An expression or query that is nested deeper than a server's stack. */
export function tooDeep(dialect: Dialect): SqlError {
  return fault(
    dialect,
    [
      1436,
      'HY000',
      "Thread stack overrun:  1030016 bytes used of a 1048576 byte stack, and 20000 bytes needed.  Use 'mysqld --thread_stack=#' to specify a bigger stack.",
    ],
    ['54001', 'stack depth limit exceeded'],
    {
      hint: 'Increase the configuration parameter "max_stack_depth" (currently 2048kB), after ensuring the platform\'s stack depth limit is adequate.',
    },
  );
}

export const noTable = (dialect: Dialect, database: string, table: string, at?: number) =>
  fault(
    dialect,
    [1146, '42S02', `Table '${database}.${table}' doesn't exist`],
    ['42P01', `relation "${table}" does not exist`],
    { at },
  );

export const noDatabase = (dialect: Dialect, name: string) =>
  fault(dialect, [1049, '42000', `Unknown database '${name}'`], ['3D000', `database "${name}" does not exist`]);

export const noColumn = (dialect: Dialect, name: string, clause: string, at?: number) =>
  fault(
    dialect,
    [1054, '42S22', `Unknown column '${name}' in '${clause}'`],
    ['42703', `column ${name.includes('.') ? name : `"${name}"`} does not exist`],
    { at },
  );
