/** CREATE, ALTER and DROP of databases, tables and indexes. */
import { onDatabase, onSchema, onTable } from './accounts.ts';
import type { Name, Statement, StatementOf, TableChange, Unique } from './ast.ts';
import { fault, noColumn, SqlError, unsupported } from './errors.ts';
import { Frame } from './frame.ts';
import type { Session } from './session.ts';
import type { Table } from './store.ts';
import { fitted, type Value } from './types.ts';
import { keyOf } from './values.ts';

type Of<T extends Statement['t']> = StatementOf<T>;

/** Databases cannot be made or dropped in a transaction of PostgreSQL. */
function checkOutside(session: Session, what: string): void {
  if (session.dialect.name === 'postgres' && session.transaction?.explicit)
    throw new SqlError(0, '25001', `${what} cannot run inside a transaction block`);
}

export function createDatabase(session: Session, { name, lenient, owner }: Of<'create-database'>): void {
  const { server } = session;
  checkOutside(session, 'CREATE DATABASE');
  server.privileges.checkDatabase(session, 'create', name);
  if (owner !== undefined && !server.accounts.find({ name: owner, host: '%' }))
    throw new SqlError(0, '42704', `role "${owner}" does not exist`);
  if (lenient && server.store.has(name)) return;
  server.create(name, owner ?? session.user);
}

/** Resolves with how many tables went with it. */
export function dropDatabase(session: Session, { name, lenient }: Of<'drop-database'>): number {
  const { server, dialect } = session;
  checkOutside(session, 'DROP DATABASE');
  if (dialect.name === 'mysql') server.privileges.checkDatabase(session, 'drop', name);
  const found = server.store.databases.get(name);
  if (!found || dialect.own.includes(name)) {
    if (dialect.own.includes(name))
      throw fault(
        dialect,
        [3552, 'HY000', `Access to system schema '${name}' is rejected.`],
        ['55006', `cannot drop the currently open database`],
      );
    if (lenient) return 0;
    throw fault(
      dialect,
      [1008, 'HY000', `Can't drop database '${name}'; database doesn't exist`],
      ['3D000', `database "${name}" does not exist`],
    );
  }
  server.privileges.checkDatabase(session, 'drop', name);
  if (dialect.name === 'postgres') {
    if (session.database === name) throw new SqlError(0, '55006', 'cannot drop the currently open database');
    if ([...server.sessions].some(({ database }) => database === name))
      throw new SqlError(0, '55006', `database "${name}" is being accessed by other users`);
  }
  const { size } = found.tables;
  if (dialect.name === 'postgres') for (const on of [onDatabase(name), onSchema(name)]) server.accounts.forget(on);
  server.store.drop(name);
  for (const other of server.sessions) if (other.database === name) other.database = undefined;
  server.save();
  return size;
}

/** A place where a table may be made; undefined: it is there already and may be. */
async function freePlace(session: Session, name: Name, lenient: boolean): Promise<string | undefined> {
  const database = session.databaseOf(name);
  if (session.dialect.name === 'mysql' && session.dialect.own.includes(database))
    throw session.server.privileges.noDatabaseAccess(session, database);
  session.server.privileges.checkDefinition(session, 'CREATE', database, name.table);
  await session.lock(database, name.table);
  if (!session.tables(database).has(name.table)) return database;
  if (lenient) return undefined;
  throw fault(
    session.dialect,
    [1050, '42S01', `Table '${name.table}' already exists`],
    ['42P07', `relation "${name.table}" already exists`],
  );
}

export async function createTable(
  session: Session,
  { table: name, columns, uniques, checks, lenient }: Of<'create-table'>,
): Promise<void> {
  const database = await freePlace(session, name, lenient);
  if (database === undefined) return;
  const frame = new Frame(session.dialect, undefined);
  frame.add({ alias: name.table, database, columns, hidden: new Set(), key: [] });
  for (const { expression } of checks) session.evaluator.bind(expression, frame, 'check constraint', false);
  const none = new Frame(session.dialect, undefined);
  for (const { name: column, type, fallback } of columns) {
    if (!fallback) continue;
    session.evaluator.bind(fallback, none, 'default', false);
    fitted(session.dialect, type, session.evaluator.value(fallback, none), column);
  }
  if (session.dialect.name === 'postgres' && session.server.store.databases.get(database) === undefined)
    session.server.store.create(database, 'postgres');
  session.put(database, name.table, {
    columns,
    uniques,
    checks,
    indexes: [],
    rows: [],
    counter: { next: 1 },
    owner: session.user,
  });
}

export async function dropTables(session: Session, { tables, lenient }: Of<'drop-table'>): Promise<void> {
  for (const name of tables) {
    const database = session.databaseOf(name);
    const found = session.tables(database).get(name.table);
    if (session.dialect.name === 'mysql' || found)
      session.server.privileges.checkDefinition(session, 'DROP', database, name.table, found);
    if (!found) {
      if (lenient) continue;
      throw fault(
        session.dialect,
        [1051, '42S02', `Unknown table '${database}.${name.table}'`],
        ['42P01', `table "${name.table}" does not exist`],
      );
    }
    await session.lock(database, name.table);
    if (session.dialect.name === 'postgres') session.server.accounts.forget(onTable(database, name.table));
    session.put(database, name.table, undefined);
  }
}

/** A table whose definition is to change. */
async function defined(session: Session, name: Name, privilege: string): Promise<{ database: string; table: Table }> {
  const { database, table } = session.table(name);
  session.server.privileges.checkDefinition(session, privilege, database, name.table, table);
  await session.lock(database, name.table);
  return { database, table: session.tables(database).get(name.table) ?? table };
}

/** Throws SqlError where rows that are there collide, or a column is missing. */
function checkUnique(session: Session, name: string, table: Table, unique: Unique): void {
  const places = unique.columns.map((column) => {
    const at = table.columns.findIndex((other) => other.name === column);
    if (at >= 0) return at;
    throw fault(
      session.dialect,
      [1072, '42000', `Key column '${column}' doesn't exist in table`],
      ['42703', `column "${column}" does not exist`],
    );
  });
  if (table.uniques.some((other) => other.name === unique.name))
    throw fault(
      session.dialect,
      [1061, '42000', `Duplicate key name '${unique.name}'`],
      ['42P07', `relation "${unique.name}" already exists`],
    );
  const seen = new Set<string>();
  for (const row of table.rows) {
    const values = places.map((at) => row[at] ?? null);
    if (values.includes(null) && !unique.primary) continue;
    const key = keyOf(session.dialect, values);
    if (seen.has(key))
      throw fault(
        session.dialect,
        [1062, '23000', `Duplicate entry '${values.join('-')}' for key '${name}.${unique.name}'`],
        ['23505', `could not create unique index "${unique.name}"`],
      );
    seen.add(key);
  }
}

export async function createIndex(
  session: Session,
  { name, table: of, columns, unique, lenient }: Of<'create-index'>,
): Promise<void> {
  const { database, table } = await defined(session, of, 'INDEX');
  if (table.indexes.some((index) => index.name === name)) {
    if (lenient) return;
    throw fault(
      session.dialect,
      [1061, '42000', `Duplicate key name '${name}'`],
      ['42P07', `relation "${name}" already exists`],
    );
  }
  checkUnique(session, of.table, unique ? table : { ...table, rows: [] }, { name, columns, primary: false });
  session.put(
    database,
    of.table,
    unique
      ? { ...table, uniques: [...table.uniques, { name, columns, primary: false }] }
      : { ...table, indexes: [...table.indexes, { name, columns }] },
  );
}

export async function alterTable(session: Session, { table: name, change }: Of<'alter-table'>): Promise<void> {
  const { database, table } = await defined(session, name, 'ALTER');
  if (change.t === 'rename-table') {
    const to = await freePlace(session, { ...name, table: change.to }, false);
    if (to === undefined) return;
    session.put(database, name.table, undefined);
    session.put(database, change.to, table);
    return;
  }
  if (change.t === 'owner') {
    if (!session.server.accounts.find({ name: change.role, host: '%' }))
      throw new SqlError(0, '42704', `role "${change.role}" does not exist`);
    return session.put(database, name.table, { ...table, owner: change.role });
  }
  session.put(database, name.table, altered(session, name.table, table, change));
}

type ColumnChange = Exclude<TableChange, { t: 'rename-table' | 'owner' }>;

function altered(session: Session, name: string, table: Table, change: ColumnChange): Table {
  const { dialect } = session;
  const place = (column: string) => {
    const at = table.columns.findIndex((other) => other.name === column);
    if (at >= 0) return at;
    throw change.t === 'drop'
      ? fault(
          dialect,
          [1091, '42000', `Can't DROP '${column}'; check that column/key exists`],
          ['42703', `column "${column}" of relation "${name}" does not exist`],
        )
      : noColumn(dialect, column, name);
  };
  switch (change.t) {
    case 'add-unique': {
      checkUnique(session, name, table, change.unique);
      const columns = table.columns.map((column) =>
        change.unique.primary && change.unique.columns.includes(column.name) ? { ...column, notNull: true } : column,
      );
      return { ...table, columns, uniques: [...table.uniques, change.unique] };
    }
    case 'add':
      return withColumn(session, name, table, change);
    case 'drop': {
      if (change.lenient && !table.columns.some((column) => column.name === change.column)) return table;
      const at = place(change.column);
      if (table.checks.length > 0) throw unsupported(dialect, 'DROP COLUMN of a table with CHECK');
      if (table.columns.length === 1 && dialect.name === 'mysql')
        throw new SqlError(1090, '42000', "You can't delete all columns with ALTER TABLE; use DROP TABLE instead");
      const without = <T>(list: readonly T[]) => list.filter((_, i) => i !== at);
      return {
        ...table,
        columns: without(table.columns),
        rows: table.rows.map(without),
        uniques: table.uniques.filter(({ columns }) => !columns.includes(change.column)),
        indexes: table.indexes.filter(({ columns }) => !columns.includes(change.column)),
      };
    }
    case 'rename': {
      const at = place(change.column);
      if (table.checks.length > 0) throw unsupported(dialect, 'RENAME COLUMN of a table with CHECK');
      const renamed = (columns: readonly string[]) =>
        columns.map((column) => (column === change.column ? change.to : column));
      return {
        ...table,
        columns: table.columns.map((column, i) => (i === at ? { ...column, name: change.to } : column)),
        uniques: table.uniques.map((unique) => ({ ...unique, columns: renamed(unique.columns) })),
        indexes: table.indexes.map((index) => ({ ...index, columns: renamed(index.columns) })),
      };
    }
  }
}

function withColumn(
  session: Session,
  name: string,
  table: Table,
  { column, uniques, lenient }: Extract<TableChange, { t: 'add' }>,
): Table {
  const { dialect } = session;
  if (table.columns.some((other) => other.name === column.name)) {
    if (lenient) return table;
    throw fault(
      dialect,
      [1060, '42S21', `Duplicate column name '${column.name}'`],
      ['42701', `column "${column.name}" of relation "${name}" already exists`],
    );
  }
  const frame = new Frame(dialect, undefined);
  if (column.fallback) session.evaluator.bind(column.fallback, frame, 'default', false);
  const plain: Value = column.fallback
    ? fitted(dialect, column.type, session.evaluator.value(column.fallback, frame), column.name)
    : null;
  if (plain === null && column.notNull && !column.counts && table.rows.length > 0 && dialect.name === 'postgres')
    throw new SqlError(0, '23502', `column "${column.name}" of relation "${name}" contains null values`);
  // MySQL gives rows that are there the type's empty value.
  const empty: Value = column.notNull && plain === null ? (column.type.kind === 'text' ? '' : 0) : plain;
  const rows = table.rows.map((row) => [...row, column.counts ? table.counter.next++ : empty]);
  const next = { ...table, columns: [...table.columns, column], rows };
  for (const unique of uniques) checkUnique(session, name, next, unique);
  return { ...next, uniques: [...table.uniques, ...uniques] };
}
