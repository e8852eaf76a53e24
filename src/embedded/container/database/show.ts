/** SHOW and DESCRIBE. */
import { grantsOf } from './access.ts';
import type { Statement } from './ast.ts';
import { noDatabase, SqlError } from './errors.ts';
import { Evaluator } from './evaluate.ts';
import { Frame } from './frame.ts';
import type { Rows } from './query.ts';
import type { Session } from './session.ts';
import type { Table } from './store.ts';
import { intType, shown, textType, type Value } from './types.ts';
import { like } from './values.ts';

type Shown = Extract<
  Statement,
  { t: 'show' | 'show-tables' | 'show-variables' | 'show-variable' | 'show-grants' | 'show-create' | 'describe' }
>;

const rowsOf = (names: readonly string[], rows: Value[][]): Rows => ({
  columns: names.map((name) => ({ name, type: textType })),
  rows,
});

/** The rows of a SHOW. Throws SqlError. */
export function show(session: Session, statement: Shown): Rows {
  const { server } = session;
  switch (statement.t) {
    case 'show':
      if (statement.what === 'databases')
        return rowsOf(
          ['Database'],
          server.store
            .names()
            .filter((name) => server.privileges.mayUse(session, name))
            .map((name) => [name]),
        );
      if (statement.what === 'warnings') return rowsOf(['Level', 'Code', 'Message'], []);
      return {
        columns: ['Id', 'User', 'Host', 'db', 'Command'].map((name, i) => ({
          name,
          type: i === 0 ? intType : textType,
        })),
        rows: [...server.sessions]
          .filter(
            ({ user }) =>
              user === session.user ||
              server.privileges.isSuper(session) ||
              server.accounts.holds(session.account, 'PROCESS', ['*']),
          )
          .map((other) => [
            other.connection,
            other.user,
            other.host,
            other.database ?? null,
            other === session ? 'Query' : 'Sleep',
          ]),
      };
    case 'show-tables':
      return showTables(session, statement);
    case 'show-variables': {
      const settings = statement.global ? server.settings : session.settings;
      const names = settings.names().filter((name) => statement.like === undefined || like(name, statement.like, true));
      const heads = session.dialect.name === 'mysql' ? ['Variable_name', 'Value'] : ['name', 'setting'];
      return rowsOf(
        heads,
        names.map((name) => [name, settings.get(name)]),
      );
    }
    case 'show-variable':
      return rowsOf(
        [statement.name === 'timezone' ? 'TimeZone' : statement.name],
        [[session.settings.get(statement.name)]],
      );
    case 'show-grants': {
      const { name, host } = statement.account ?? session.account;
      return rowsOf(
        [`Grants for ${name}@${host}`],
        grantsOf(session, statement.account).map((line) => [line]),
      );
    }
    case 'show-create': {
      const { table } = readable(session, statement.table);
      return rowsOf(
        ['Table', 'Create Table'],
        [[statement.table.table, definition(session, statement.table.table, table)]],
      );
    }
    case 'describe': {
      const { table } = readable(session, statement.table);
      return rowsOf(['Field', 'Type', 'Null', 'Key', 'Default', 'Extra'], described(session, table));
    }
  }
}

function readable(session: Session, name: Extract<Shown, { t: 'describe' }>['table']): { table: Table } {
  const database = session.databaseOf(name);
  session.server.privileges.check(session, 'ANY', database, name.table);
  return session.table(name);
}

function showTables(session: Session, { database: named, like: pattern }: Extract<Shown, { t: 'show-tables' }>): Rows {
  const { server } = session;
  const database = named ?? session.database;
  if (database === undefined) throw new SqlError(1046, '3D000', 'No database selected');
  if (!server.privileges.mayUse(session, database)) throw server.privileges.noDatabaseAccess(session, database);
  if (!server.store.has(database)) throw noDatabase(session.dialect, database);
  const names = [...session.tables(database)]
    .filter(
      ([name, table]) =>
        server.privileges.has(session, 'ANY', database, name, table) &&
        (pattern === undefined || like(name, pattern, true)),
    )
    .map(([name]) => name);
  return rowsOf(
    [`Tables_in_${database}${pattern === undefined ? '' : ` (${pattern})`}`],
    names.sort().map((name) => [name]),
  );
}

/** A default as DESCRIBE shows it. */
function fallbackText(session: Session, { fallback, type }: Table['columns'][number]): string | null {
  if (!fallback) return null;
  if (fallback.t === 'call') return fallback.name === 'now' ? 'CURRENT_TIMESTAMP' : fallback.name.toUpperCase();
  return shown(session.dialect, type, new Evaluator(session).value(fallback, new Frame(session.dialect, undefined)));
}

function keyOfColumn({ uniques, indexes }: Table, name: string): string {
  if (uniques.some(({ primary, columns }) => primary && columns.includes(name))) return 'PRI';
  if (uniques.some(({ columns }) => columns[0] === name && columns.length === 1)) return 'UNI';
  return [...uniques, ...indexes].some(({ columns }) => columns[0] === name) ? 'MUL' : '';
}

function described(session: Session, table: Table): Value[][] {
  return table.columns.map((column) => [
    ...[
      column.name,
      column.type.name,
      column.notNull ? 'NO' : 'YES',
      keyOfColumn(table, column.name),
      fallbackText(session, column),
    ],
    column.counts
      ? 'auto_increment'
      : column.fallback?.t === 'call' && !session.dialect.maria
        ? 'DEFAULT_GENERATED'
        : '',
  ]);
}

function definition(session: Session, name: string, table: Table): string {
  const columns = table.columns.map((column) => {
    const fallback = fallbackText(session, column);
    const value =
      fallback === null
        ? column.notNull || column.counts
          ? ''
          : ' DEFAULT NULL'
        : ` DEFAULT ${column.fallback?.t === 'call' ? fallback : `'${fallback}'`}`;
    return `  \`${column.name}\` ${column.type.name}${column.notNull ? ' NOT NULL' : ''}${value}${column.counts ? ' AUTO_INCREMENT' : ''}`;
  });
  const list = (names: readonly string[]) => `(${names.map((column) => `\`${column}\``).join(',')})`;
  const keys = table.uniques.map(
    (unique) => `  ${unique.primary ? 'PRIMARY KEY' : `UNIQUE KEY \`${unique.name}\``} ${list(unique.columns)}`,
  );
  const indexes = table.indexes.map((index) => `  KEY \`${index.name}\` ${list(index.columns)}`);
  const counter =
    table.columns.some(({ counts }) => counts) && table.counter.next > 1 ? ` AUTO_INCREMENT=${table.counter.next}` : '';
  return `CREATE TABLE \`${name}\` (\n${[...columns, ...keys, ...indexes].join(',\n')}\n) ENGINE=InnoDB${counter} DEFAULT CHARSET=utf8mb4`;
}
