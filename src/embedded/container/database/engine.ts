/** Runs SQL on databases that are kept in files of the container, one for each table. */
import { ownValue } from '../../../kernel/own.ts';
import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { type Column, type Expression, SqlSyntaxError, type Statement, type Value } from './sql.ts';

/** An error with the codes that the two kinds of servers have for it. */
export class SqlError extends Error {
  readonly code: number;
  readonly state: string;

  constructor(code: number, state: string, message: string) {
    super(message);
    this.code = code;
    this.state = state;
  }
}

/**
 * What a server tells of an error: its own words for what it does not understand, which says so (the statement may be
 * good SQL, these servers know few), and for a full disk. Throws what is neither.
 */
export function sqlErrorOf(error: unknown, told: { unknown(near: string): SqlError; full(): SqlError }): SqlError {
  if (error instanceof SqlError) return error;
  if (error instanceof SqlSyntaxError) return told.unknown(error.near.slice(0, 80));
  if (isSysError(error, 'ENOSPC')) return told.full();
  throw error;
}

export interface Result {
  /** Undefined: the statement has no rows to show. */
  columns: { name: string; numeric: boolean }[] | undefined;
  rows: Value[][];
  affected: number;
  /** What psql prints: `INSERT 0 1`. */
  tag: string;
}

interface Table {
  columns: Column[];
  rows: Value[][];
  next: number;
}

/** What differs between the servers. */
export interface Dialect {
  name: 'mysql' | 'postgres';
  version: string;
  /** Databases that are always there. */
  own: readonly string[];
  /** The folder of a database. */
  folder(database: string): string;
  /** The file of a table in it. */
  file(table: string): string;
}

export interface Session {
  user: string;
  database: string | undefined;
}

/** Bytes of one table's rows; what is more belongs into a real database. */
const MAX_TABLE_BYTES = 4 * 1024 * 1024;

export class Databases {
  readonly #p: Process;
  readonly #dialect: Dialect;
  readonly #all = new Map<string, Map<string, Table>>();
  /** Passwords by name; undefined: none is asked for. */
  readonly users = new Map<string, string | undefined>();
  readonly #catalogue: string;

  /** `catalogue`: the file that names users and databases. */
  constructor(p: Process, dialect: Dialect, catalogue: string) {
    this.#p = p;
    this.#dialect = dialect;
    this.#catalogue = catalogue;
  }

  /** Reads what the data directory has. */
  load(): void {
    const { users, databases } = JSON.parse(this.#p.vfs.readText(this.#p, this.#catalogue));
    for (const [name, password] of users) this.users.set(name, password ?? undefined);
    for (const [database, tables] of databases) {
      const all = new Map<string, Table>();
      for (const table of tables)
        all.set(table, JSON.parse(this.#p.vfs.readText(this.#p, this.#path(database, table))));
      this.#all.set(database, all);
    }
  }

  /** Writes who and what there is. */
  save(): void {
    const users = [...this.users].map(([name, password]) => [name, password ?? null]);
    const databases = [...this.#all].map(([name, tables]) => [name, [...tables.keys()]]);
    this.#p.vfs.writeFile(this.#p, this.#catalogue, encode({ users, databases }), 0o640);
  }

  #path(database: string, table: string): string {
    return `${this.#dialect.folder(database)}/${this.#dialect.file(table)}`;
  }

  #store(database: string, name: string, table: Table): void {
    const content = encode(table);
    if (content.length > MAX_TABLE_BYTES) throw new SqlError(1114, '53100', `The table '${name}' is full`);
    this.#p.vfs.writeFile(this.#p, this.#path(database, name), content, 0o640);
  }

  names(): string[] {
    return [...new Set([...this.#dialect.own, ...this.#all.keys()])].sort();
  }

  has(database: string): boolean {
    return this.#all.has(database) || this.#dialect.own.includes(database);
  }

  create(database: string): void {
    if (this.has(database)) {
      const postgres = `database "${database}" already exists`;
      throw this.#error(1007, '42P04', `Can't create database '${database}'; database exists`, postgres);
    }
    this.#p.vfs.mkdir(this.#p, this.#dialect.folder(database), 0o750);
    this.#all.set(database, new Map());
    this.save();
  }

  #error(code: number, state: string, mysql: string, postgres: string): SqlError {
    const own = this.#dialect.name === 'mysql';
    const states: Record<number, string> = {
      1046: '3D000',
      1049: '42000',
      1054: '42S22',
      1146: '42S02',
      1050: '42S01',
      1051: '42S02',
    };
    return new SqlError(code, own ? (states[code] ?? 'HY000') : state, own ? mysql : postgres);
  }

  #tables(session: Session, database: string | undefined): [string, Map<string, Table>] {
    // A name before the table's is its database, or with PostgreSQL its schema.
    const name = this.#dialect.name === 'mysql' ? (database ?? session.database) : session.database;
    if (name === undefined) throw this.#error(1046, '3D000', 'No database selected', 'no database selected');
    let tables = this.#all.get(name);
    if (!tables && this.#dialect.own.includes(name)) {
      tables = new Map();
      if (this.#dialect.name === 'postgres') this.#all.set(name, tables);
    }
    if (!tables) throw this.#error(1049, '3D000', `Unknown database '${name}'`, `database "${name}" does not exist`);
    return [name, tables];
  }

  #table(session: Session, { database, table }: { database: string | undefined; table: string }): [string, Table] {
    const [name, tables] = this.#tables(session, database);
    const found = tables.get(table);
    if (!found)
      throw this.#error(1146, '42P01', `Table '${name}.${table}' doesn't exist`, `relation "${table}" does not exist`);
    return [name, found];
  }

  /** Runs one statement. Throws SqlError. */
  async execute(session: Session, statement: Statement): Promise<Result> {
    const done = (tag: string, affected = 0): Result => ({ columns: undefined, rows: [], affected, tag });
    switch (statement.t) {
      case 'select':
        return this.#select(session, statement);
      case 'insert': {
        const { into, columns, rows } = statement;
        const [database, table] = this.#table(session, into);
        const added = rows.map((row) => this.#newRow(session, table, into.table, columns, row));
        table.rows.push(...added);
        this.#store(database, into.table, table);
        return done(`INSERT 0 ${added.length}`, added.length);
      }
      case 'update': {
        const [database, table] = this.#table(session, statement.table);
        let changed = 0;
        for (const row of table.rows) {
          if (!(await this.#matches(session, table, row, statement.where))) continue;
          const values = statement.set.map(([name, e]): [number, Value] => [
            this.#position(table, name),
            this.#value(session, e, table, row),
          ]);
          for (const [at, value] of values) row[at] = value;
          changed++;
        }
        this.#store(database, statement.table.table, table);
        return done(`UPDATE ${changed}`, changed);
      }
      case 'delete': {
        const [database, table] = this.#table(session, statement.from);
        const kept: Value[][] = [];
        for (const row of table.rows) if (!(await this.#matches(session, table, row, statement.where))) kept.push(row);
        const gone = table.rows.length - kept.length;
        table.rows = kept;
        this.#store(database, statement.from.table, table);
        return done(`DELETE ${gone}`, gone);
      }
      case 'create-table': {
        const { table: name, columns, unlessThere } = statement;
        const [database, tables] = this.#tables(session, name.database);
        if (tables.has(name.table)) {
          if (unlessThere) return done('CREATE TABLE');
          throw this.#error(
            1050,
            '42P07',
            `Table '${name.table}' already exists`,
            `relation "${name.table}" already exists`,
          );
        }
        const table = { columns, rows: [], next: 1 };
        this.#store(database, name.table, table);
        tables.set(name.table, table);
        this.save();
        return done('CREATE TABLE');
      }
      case 'create-database':
        if (!statement.lenient || !this.has(statement.name)) this.create(statement.name);
        return done('CREATE DATABASE', 1);
      case 'drop-database': {
        const { name, lenient } = statement;
        const tables = this.#all.get(name);
        if (!tables) {
          if (lenient) return done('DROP DATABASE');
          throw this.#error(
            1008,
            '3D000',
            `Can't drop database '${name}'; database doesn't exist`,
            `database "${name}" does not exist`,
          );
        }
        for (const table of tables.keys()) this.#p.vfs.unlink(this.#p, this.#path(name, table));
        this.#p.vfs.rmdir(this.#p, this.#dialect.folder(name));
        this.#all.delete(name);
        if (session.database === name) session.database = undefined;
        this.save();
        return done('DROP DATABASE', tables.size);
      }
      case 'drop-table':
        for (const name of statement.tables) {
          const [database, tables] = this.#tables(session, name.database);
          if (tables.delete(name.table)) this.#p.vfs.unlink(this.#p, this.#path(database, name.table));
          else if (!statement.lenient)
            throw this.#error(
              1051,
              '42P01',
              `Unknown table '${database}.${name.table}'`,
              `table "${name.table}" does not exist`,
            );
        }
        this.save();
        return done('DROP TABLE');
      case 'create-user':
        if (this.users.has(statement.name) && !statement.lenient)
          throw this.#error(
            1396,
            '42710',
            `Operation CREATE USER failed for '${statement.name}'@'%'`,
            `role "${statement.name}" already exists`,
          );
        this.users.set(statement.name, statement.password);
        this.save();
        return done('CREATE ROLE');
      case 'show': {
        if (statement.what === 'databases') return listOf('Database', this.names());
        const [database, tables] = this.#tables(session, undefined);
        return listOf(`Tables_in_${database}`, [...tables.keys()].sort());
      }
      case 'describe': {
        const [, table] = this.#table(session, statement.table);
        const rows = table.columns.map((c): Value[] => [
          c.name,
          c.type,
          c.notNull ? 'NO' : 'YES',
          c.key ? 'PRI' : '',
          null,
          c.counts ? 'auto_increment' : '',
        ]);
        const columns = ['Field', 'Type', 'Null', 'Key', 'Default', 'Extra'].map((name) => ({ name, numeric: false }));
        return { columns, rows, affected: rows.length, tag: '' };
      }
      case 'use':
        if (!this.has(statement.name)) throw this.#error(1049, '3D000', `Unknown database '${statement.name}'`, '');
        session.database = statement.name;
        return done('USE');
      case 'nothing':
        return done(statement.tag);
    }
  }

  #newRow(
    session: Session,
    table: Table,
    name: string,
    columns: string[] | undefined,
    values: readonly Expression[],
  ): Value[] {
    const targets = columns?.map((column) => this.#position(table, column)) ?? table.columns.map((_, i) => i);
    if (values.length !== targets.length && (columns || values.length > targets.length)) {
      const postgres =
        values.length > targets.length
          ? 'INSERT has more expressions than target columns'
          : 'INSERT has more target columns than expressions';
      throw this.#error(1136, '42601', "Column count doesn't match value count at row 1", postgres);
    }
    const row: Value[] = table.columns.map((column) =>
      column.fallback ? this.#value(session, column.fallback, undefined, []) : null,
    );
    for (const [i, value] of values.entries()) {
      const at = targets[i] ?? 0;
      row[at] = this.#typed(table.columns[at], this.#value(session, value, undefined, []));
    }
    for (const [i, column] of table.columns.entries()) {
      if (row[i] === null && column.counts) row[i] = table.next;
      if (column.counts) table.next = Math.max(table.next, Number(row[i]) + 1);
      if (row[i] === null && column.notNull) {
        const postgres = `null value in column "${column.name}" of relation "${name}" violates not-null constraint`;
        throw this.#error(1364, '23502', `Field '${column.name}' doesn't have a default value`, postgres);
      }
      if (column.key && table.rows.some((other) => other[i] === row[i])) {
        const postgres = `duplicate key value violates unique constraint "${name}_pkey"`;
        throw this.#error(1062, '23505', `Duplicate entry '${row[i]}' for key '${name}.PRIMARY'`, postgres);
      }
    }
    return row;
  }

  #typed(column: Column | undefined, value: Value): Value {
    if (value === null || !column || !isNumeric(column.type)) return value === null ? null : String(value);
    const number = Number(value);
    if (!Number.isNaN(number) && value !== '') return number;
    const postgres = `invalid input syntax for type integer: "${value}"`;
    throw this.#error(
      1366,
      '22P02',
      `Incorrect integer value: '${value}' for column '${column.name}' at row 1`,
      postgres,
    );
  }

  #position(table: Table, name: string): number {
    const at = table.columns.findIndex((column) => column.name === name);
    if (at < 0)
      throw this.#error(1054, '42703', `Unknown column '${name}' in 'field list'`, `column "${name}" does not exist`);
    return at;
  }

  async #matches(session: Session, table: Table, row: Value[], where: Expression | undefined): Promise<boolean> {
    const turn = this.#p.step(2);
    if (turn) await turn;
    return where === undefined || truthy(this.#value(session, where, table, row));
  }

  async #select(session: Session, s: Extract<Statement, { t: 'select' }>): Promise<Result> {
    const table = s.from ? this.#table(session, s.from)[1] : undefined;
    let rows: Value[][] = table ? [] : [[]];
    if (table) for (const row of table.rows) if (await this.#matches(session, table, row, s.where)) rows.push(row);
    const counts = s.items.some(({ expression }) => expression?.t === 'call' && aggregates.has(expression.name));
    const keys = rows.map((row) => ({ row, key: s.order.map(({ by }) => this.#value(session, by, table, row)) }));
    keys.sort((a, b) => {
      for (const [i, { down }] of s.order.entries()) {
        const order = compareValues(a.key[i] ?? null, b.key[i] ?? null) * (down ? -1 : 1);
        if (order !== 0) return order;
      }
      return 0;
    });
    rows = keys.map(({ row }) => row);
    const columns: { name: string; numeric: boolean }[] = [];
    const readers: ((row: Value[]) => Value)[] = [];
    for (const { expression, label, text } of s.items) {
      if (!expression) {
        for (const [i, column] of (table?.columns ?? []).entries()) {
          columns.push({ name: column.name, numeric: isNumeric(column.type) });
          readers.push((row) => row[i] ?? null);
        }
        continue;
      }
      const read = (row: Value[]) =>
        expression.t === 'call' && aggregates.has(expression.name)
          ? this.#aggregate(session, expression, table, rows)
          : this.#value(session, expression, table, row);
      const sample = rows[0] || counts ? read(rows[0] ?? []) : null;
      columns.push({ name: label ?? this.#label(expression, text), numeric: typeof sample === 'number' });
      readers.push(read);
    }
    const shown = (counts ? [rows[0] ?? []] : rows).slice(0, s.limit ?? rows.length + 1);
    const values = shown.map((row) => readers.map((read) => read(row)));
    return { columns, rows: values, affected: values.length, tag: `SELECT ${values.length}` };
  }

  /** MySQL names a column by its text, PostgreSQL by its function or not at all. */
  #label(expression: Expression, text: string): string {
    if (this.#dialect.name === 'mysql') return text;
    return expression.t === 'column' || expression.t === 'call' ? expression.name : '?column?';
  }

  #aggregate(
    session: Session,
    call: Extract<Expression, { t: 'call' }>,
    table: Table | undefined,
    rows: readonly Value[][],
  ): Value {
    const [argument] = call.args;
    if (call.star || !argument) return rows.length;
    const values = rows.map((row) => this.#value(session, argument, table, row)).filter((v) => v !== null);
    if (call.name === 'count') return values.length;
    if (values.length === 0) return null;
    if (call.name === 'min' || call.name === 'max') {
      const sorted = values.sort(compareValues);
      return (call.name === 'min' ? sorted[0] : sorted.at(-1)) ?? null;
    }
    const sum = values.reduce<number>((total, v) => total + Number(v), 0);
    return call.name === 'sum' ? sum : sum / values.length;
  }

  #value(session: Session, e: Expression, table: Table | undefined, row: readonly Value[]): Value {
    switch (e.t) {
      case 'value':
        return e.value;
      case 'column': {
        if (table) return row[this.#position(table, e.name)] ?? null;
        const special = this.#function(session, e.name);
        if (special !== undefined) return special;
        throw this.#error(
          1054,
          '42703',
          `Unknown column '${e.name}' in 'field list'`,
          `column "${e.name}" does not exist`,
        );
      }
      case 'variable': {
        const known: Record<string, Value> = {
          version: this.#dialect.version,
          hostname: this.#p.container.hostname,
          port: 3306,
          datadir: '/var/lib/mysql/',
        };
        const value = ownValue(known, e.name);
        if (value === undefined) throw new SqlError(1193, 'HY000', `Unknown system variable '${e.name}'`);
        return value;
      }
      case 'call': {
        const special = this.#function(session, e.name);
        if (special !== undefined) return special;
        const args = e.args.map((arg) => this.#value(session, arg, table, row));
        const text = args.map((a) => (a === null ? '' : String(a)));
        if (e.name === 'concat') return args.includes(null) && this.#dialect.name === 'mysql' ? null : text.join('');
        if (e.name === 'upper' || e.name === 'lower')
          return e.name === 'upper' ? (text[0] ?? '').toUpperCase() : (text[0] ?? '').toLowerCase();
        if (e.name === 'length') return (text[0] ?? '').length;
        if (e.name === 'coalesce') return args.find((a) => a !== null) ?? null;
        throw this.#error(
          1305,
          '42883',
          `FUNCTION ${session.database ?? ''}.${e.name} does not exist`,
          `function ${e.name}() does not exist`,
        );
      }
      case 'not': {
        const of = this.#value(session, e.of, table, row);
        return of === null ? null : Number(!truthy(of));
      }
      case 'negate':
        return -Number(this.#value(session, e.of, table, row));
      case 'null-test':
        return Number((this.#value(session, e.of, table, row) === null) !== e.negated);
      case 'in': {
        const of = this.#value(session, e.of, table, row);
        const found = e.list.some((item) => compareValues(of, this.#value(session, item, table, row)) === 0);
        return Number(found !== e.negated);
      }
      case 'binary':
        return this.#binary(e.op, this.#value(session, e.left, table, row), this.#value(session, e.right, table, row));
    }
  }

  #function(session: Session, name: string): Value | undefined {
    const now = new Date(this.#p.container.clock.now()).toISOString().replace('T', ' ');
    switch (name) {
      case 'version':
        return this.#dialect.name === 'mysql'
          ? this.#dialect.version
          : `PostgreSQL ${this.#dialect.version} on x86_64-pc-linux-gnu`;
      case 'now':
      case 'current_timestamp':
        return this.#dialect.name === 'mysql' ? now.slice(0, 19) : now.replace('Z', '+00');
      case 'current_date':
        return now.slice(0, 10);
      case 'user':
      case 'current_user':
      case 'session_user':
        return this.#dialect.name === 'mysql' ? `${session.user}@localhost` : session.user;
      case 'database':
      case 'schema':
      case 'current_database':
        return session.database ?? null;
      default:
        return undefined;
    }
  }

  #binary(op: string, a: Value, b: Value): Value {
    if (op === 'and') return Number(truthy(a) && truthy(b));
    if (op === 'or') return Number(truthy(a) || truthy(b));
    if (a === null || b === null) return null;
    if (op === '||') return `${a}${b}`;
    if (op === 'like') {
      // `%` and `_`, matched from both ends without going back.
      return Number(like(String(a), String(b), this.#dialect.name === 'mysql'));
    }
    const order = compareValues(a, b);
    const comparisons: Record<string, boolean> = {
      '=': order === 0,
      '<>': order !== 0,
      '<': order < 0,
      '<=': order <= 0,
      '>': order > 0,
      '>=': order >= 0,
    };
    const compared = comparisons[op];
    if (compared !== undefined) return Number(compared);
    const [x, y] = [Number(a), Number(b)];
    if ((op === '/' || op === '%') && y === 0) {
      if (this.#dialect.name === 'mysql') return null;
      throw new SqlError(1365, '22012', 'division by zero');
    }
    if (op === '/')
      return this.#dialect.name === 'postgres' && Number.isInteger(x) && Number.isInteger(y)
        ? Math.trunc(x / y)
        : x / y;
    return op === '+' ? x + y : op === '-' ? x - y : op === '*' ? x * y : x % y;
  }
}

const aggregates = new Set(['count', 'sum', 'min', 'max', 'avg']);

const isNumeric = (type: string) =>
  /^((big|small|tiny|medium)?int|integer|(big|small)?serial|decimal|numeric|float|double|real|bool)/.test(type);

const truthy = (value: Value) => value !== null && Number(value) !== 0;

function compareValues(a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === 'number' || typeof b === 'number') return Number(a) - Number(b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** SQL's LIKE, in time that grows with both lengths only. */
function like(text: string, pattern: string, ignoreCase: boolean): boolean {
  const [t, p] = ignoreCase ? [text.toLowerCase(), pattern.toLowerCase()] : [text, pattern];
  let [i, j, star, mark] = [0, 0, -1, 0];
  while (i < t.length) {
    if (j < p.length && p[j] !== '%' && (p[j] === '_' || p[j] === t[i])) {
      i++;
      j++;
    } else if (p[j] === '%') {
      star = j++;
      mark = i;
    } else if (star >= 0) {
      j = star + 1;
      i = ++mark;
    } else return false;
  }
  while (p[j] === '%') j++;
  return j === p.length;
}

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function listOf(name: string, values: readonly string[]): Result {
  return { columns: [{ name, numeric: false }], rows: values.map((v) => [v]), affected: values.length, tag: '' };
}
