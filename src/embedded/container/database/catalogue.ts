/** Tables about tables: information_schema, and what of mysql and pg_catalog is asked for most. */
import type { Expression, Name } from './ast.ts';
import { unsupported } from './errors.ts';
import { Frame } from './frame.ts';
import type { TableRows } from './query.ts';
import type { Session } from './session.ts';
import { boolType, intType, type Type, textType, type Value } from './types.ts';

type Made = { columns: readonly (readonly [string, Type?])[]; rows: () => Value[][] };

const word = (type: string) => type.replace(/\(.*?\)/, '').replace(' unsigned', '');

/** The schemas whose tables a session may look at. */
function schemas(session: Session): string[] {
  if (session.dialect.name === 'postgres') return ['public'];
  return session.server.store.names().filter((name) => session.server.privileges.mayUse(session, name));
}

function tablesOf(session: Session) {
  const { dialect, server } = session;
  return schemas(session).flatMap((schema) => {
    const database = dialect.name === 'mysql' ? schema : (session.database ?? '');
    return [...session.tables(database)]
      .filter(([name, table]) => server.privileges.has(session, 'ANY', database, name, table))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, table]) => ({ schema, database, name, table }));
  });
}

const catalogueName = (session: Session, schema: string) =>
  session.dialect.name === 'mysql' ? 'def' : (session.database ?? schema);

/** A default as information_schema has it. */
function defaultText(
  session: Session,
  table: string,
  column: string,
  type: Type,
  fallback: Expression | undefined,
  counts: boolean,
): Value {
  if (counts) return session.dialect.name === 'postgres' ? `nextval('${table}_${column}_seq'::regclass)` : null;
  if (!fallback) return null;
  if (fallback.t === 'call')
    return session.dialect.name === 'postgres' ? `${fallback.name}()` : fallback.name.toUpperCase();
  const value = session.evaluator.value(fallback, new Frame(session.dialect, undefined));
  return session.dialect.name === 'postgres' && typeof value === 'string'
    ? `'${value}'::${type.name.replace(/\(.*/, '')}`
    : value === null
      ? null
      : String(value);
}

function informationSchema(session: Session, name: string): Made | undefined {
  switch (name) {
    case 'tables':
      return {
        columns: [['table_catalog'], ['table_schema'], ['table_name'], ['table_type'], ['table_rows', intType]],
        rows: () =>
          tablesOf(session).map(({ schema, name: table, table: { rows } }) => [
            catalogueName(session, schema),
            schema,
            table,
            'BASE TABLE',
            rows.length,
          ]),
      };
    case 'columns':
      return {
        columns: [
          ['table_catalog'],
          ['table_schema'],
          ['table_name'],
          ['column_name'],
          ['ordinal_position', intType],
          ['is_nullable'],
          ['data_type'],
          ['column_type'],
          ['character_maximum_length', intType],
          ['column_default'],
        ],
        rows: () =>
          tablesOf(session).flatMap(({ schema, name: table, table: { columns } }) =>
            columns.map(({ name: column, notNull, type, fallback, counts }, i) => [
              ...[
                catalogueName(session, schema),
                schema,
                table,
                column,
                i + 1,
                notNull ? 'NO' : 'YES',
                word(type.name),
                type.name,
              ],
              ...[type.length ?? null, defaultText(session, table, column, type, fallback, counts)],
            ]),
          ),
      };
    case 'schemata':
      return {
        columns: [['catalog_name'], ['schema_name']],
        rows: () =>
          (session.dialect.name === 'postgres' ? ['information_schema', 'pg_catalog', 'public'] : schemas(session)).map(
            (schema) => [catalogueName(session, schema), schema],
          ),
      };
    default:
      return undefined;
  }
}

function pgCatalog(session: Session, name: string): Made | undefined {
  const { server } = session;
  const roles = () => server.accounts.all.filter((account) => account.name !== 'public');
  switch (name) {
    case 'pg_tables':
      return {
        columns: [['schemaname'], ['tablename'], ['tableowner']],
        rows: () => tablesOf(session).map(({ schema, name: table, table: { owner } }) => [schema, table, owner]),
      };
    case 'pg_indexes':
      return {
        columns: [['schemaname'], ['tablename'], ['indexname']],
        rows: () =>
          tablesOf(session).flatMap(({ schema, name: table, table: { uniques, indexes } }) =>
            [...uniques, ...indexes].map((index) => [schema, table, index.name]),
          ),
      };
    case 'pg_database':
      return {
        columns: [['datname'], ['datowner']],
        rows: () =>
          server.store.names().map((database) => [database, server.store.databases.get(database)?.owner ?? 'postgres']),
      };
    case 'pg_roles':
      return {
        columns: [
          ['rolname'],
          ['rolsuper', boolType],
          ['rolcreaterole', boolType],
          ['rolcreatedb', boolType],
          ['rolcanlogin', boolType],
        ],
        rows: () =>
          roles().map(({ name: role, flags }) => [
            role,
            flags.superuser === true,
            flags.createrole === true,
            flags.createdb === true,
            flags.login === true,
          ]),
      };
    case 'pg_user':
      return {
        columns: [['usename'], ['usecreatedb', boolType], ['usesuper', boolType]],
        rows: () =>
          roles()
            .filter(({ flags }) => flags.login)
            .map(({ name: role, flags }) => [role, flags.createdb === true, flags.superuser === true]),
      };
    case 'pg_settings':
      return {
        columns: [['name'], ['setting']],
        rows: () => session.settings.names().map((setting) => [setting, session.settings.get(setting)]),
      };
    case 'pg_stat_activity':
      return {
        columns: [['pid', intType], ['datname'], ['usename'], ['state']],
        rows: () =>
          [...server.sessions].map((other) => [
            ...[other.connection, other.database ?? null, other.user],
            other === session ? 'active' : other.transaction?.explicit ? 'idle in transaction' : 'idle',
          ]),
      };
    default:
      return undefined;
  }
}

/** A table that the server makes when it is asked for; undefined: the name is that of a table of somebody. Throws SqlError. */
export function catalogueTable(session: Session, { database, table }: Name): TableRows | undefined {
  const { dialect } = session;
  const lower = table.toLowerCase();
  const schema = (
    database ?? (dialect.name === 'mysql' ? session.database : lower.startsWith('pg_') ? 'pg_catalog' : undefined)
  )?.toLowerCase();
  let made: Made | undefined;
  if (schema === 'information_schema') made = informationSchema(session, lower);
  else if (dialect.name === 'postgres' && schema === 'pg_catalog') made = pgCatalog(session, lower);
  else if (dialect.name === 'mysql' && schema === 'mysql' && lower === 'user') {
    session.server.privileges.check(session, 'SELECT', 'mysql', 'user');
    made = {
      columns: [['Host'], ['User']],
      rows: () => session.server.accounts.all.map(({ host, name }) => [host, name]),
    };
  } else if (dialect.name === 'postgres' || !dialect.own.includes(schema ?? '')) return undefined;
  if (!made) throw unsupported(dialect, `the table ${schema}.${table}`);
  const upper = dialect.name === 'mysql' && schema === 'information_schema';
  return {
    ...{ database: schema ?? '', key: [], rows: made.rows() },
    columns: made.columns.map(([name, type = textType]) => ({ name: upper ? name.toUpperCase() : name, type })),
  };
}
