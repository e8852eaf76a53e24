/** Runs statements, each as a transaction of its own or in that of its session. */
import { alterUser, createUser, dropUser, grant } from './access.ts';
import type { Expression, Statement, StatementOf } from './ast.ts';
import { Budget } from './budget.ts';
import { type Changed, insert, remove, truncate, update } from './changes.ts';
import { alterTable, createDatabase, createIndex, createTable, dropDatabase, dropTables } from './definitions.ts';
import { fault, noDatabase, SqlError, unsupported } from './errors.ts';
import { Frame } from './frame.ts';
import { prepare, Query, type Rows } from './query.ts';
import type { Session } from './session.ts';
import { show } from './show.ts';
import { isNumeric, shown } from './types.ts';

export interface Result {
  /** Undefined: the statement has no rows to show. */
  columns: { name: string; numeric: boolean }[] | undefined;
  rows: (string | null)[][];
  affected: number;
  /** The first number that AUTO_INCREMENT gave; 0: none. */
  lastId: number;
  /** What psql prints: `INSERT 0 1`. */
  tag: string;
}

const done = (tag: string, affected = 0, lastId = 0): Result => ({
  columns: undefined,
  rows: [],
  affected,
  tag,
  lastId,
});

function resultOf(session: Session, { columns, rows }: Rows, tag: string): Result {
  return {
    columns: columns.map(({ name, type }) => ({
      name,
      numeric: isNumeric(type) || (session.dialect.name === 'mysql' && type.kind === 'bool'),
    })),
    rows: rows.map((row) =>
      row.map((value, i) => shown(session.dialect, columns[i]?.type ?? { kind: 'text', name: 'text' }, value)),
    ),
    affected: rows.length,
    ...{ tag, lastId: 0 },
  };
}

const changedTag = (session: Session, tag: string, { count, returned, firstId }: Changed): Result => {
  if (firstId !== undefined) session.lastId = firstId;
  return returned ? { ...resultOf(session, returned, tag), affected: count } : done(tag, count, firstId);
};

type Kind = Statement['t'];
type Of<T extends Kind> = StatementOf<T>;
type Run<T extends Kind> = (session: Session, statement: Of<T>) => Promise<Result> | Result;

/** What is no part of a transaction: it begins, ends or does not touch one. */
const control = new Set<Kind>([
  'begin',
  'commit',
  'rollback',
  'savepoint',
  'rollback-to',
  'release',
  'set',
  'use',
  'flush',
]);
/** What ends the transaction with MySQL. */
const committing = new Set<Kind>([
  ...([
    'create-database',
    'drop-database',
    'create-table',
    'create-index',
    'alter-table',
    'drop-table',
    'truncate',
  ] as const),
  ...(['create-user', 'alter-user', 'drop-user', 'grant', 'revoke', 'flush', 'begin'] as const),
]);

const noTransaction = (what: string) => new SqlError(0, '25P01', `${what} can only be used in transaction blocks`);

function savepoint(session: Session, { t, name }: Of<'savepoint' | 'rollback-to' | 'release'>): Result {
  const tag = { savepoint: 'SAVEPOINT', 'rollback-to': 'ROLLBACK', release: 'RELEASE' }[t];
  const { transaction } = session;
  if (!transaction && session.dialect.name === 'postgres')
    throw noTransaction(
      t === 'savepoint' ? 'SAVEPOINT' : t === 'release' ? 'RELEASE SAVEPOINT' : 'ROLLBACK TO SAVEPOINT',
    );
  if (t === 'savepoint') transaction?.savepoint(name);
  else if (!(t === 'release' ? transaction?.release(name) : transaction?.rollbackTo(name)))
    throw fault(
      session.dialect,
      [1305, '42000', `SAVEPOINT ${name} does not exist`],
      ['3B001', `savepoint "${name}" does not exist`],
    );
  return done(tag);
}

async function set(session: Session, { assignments, local }: Of<'set'>): Promise<Result> {
  if (local) throw unsupported(session.dialect, 'SET LOCAL');
  for (const { scope, name, value } of assignments) {
    const given = value?.t === 'default' ? undefined : await evaluated(session, value);
    if (scope === 'user') {
      session.userVariables.set(name, given ?? null);
      continue;
    }
    if (scope === 'global') session.server.privileges.checkAdministration(session, 'SUPER');
    const settings = scope === 'global' ? session.server.settings : session.settings;
    const text =
      given === undefined || given === null
        ? undefined
        : typeof given === 'boolean'
          ? given
            ? 'on'
            : 'off'
          : String(given);
    if (session.dialect.name === 'mysql' && name === 'names')
      for (const one of ['character_set_client', 'character_set_results']) settings.set(one, text);
    else settings.set(name, text);
    if (name === 'autocommit' && settings.flag('autocommit')) session.commit();
  }
  return done('SET');
}

async function evaluated(session: Session, e: Expression | undefined) {
  if (!e) return null;
  const frame = new Frame(session.dialect, undefined);
  session.evaluator.bind(e, frame, 'field list', false);
  await prepare(session, frame, [e]);
  return session.evaluator.value(e, frame);
}

function use(session: Session, { name }: Of<'use'>): Result {
  if (!session.server.privileges.mayUse(session, name)) throw session.server.privileges.noDatabaseAccess(session, name);
  if (!session.server.store.has(name)) throw noDatabase(session.dialect, name);
  session.database = name;
  return done('USE');
}

function begin(session: Session, { isolation, readOnly }: Of<'begin'>): Result {
  if (isolation !== undefined && isolation !== 'read committed')
    throw unsupported(session.dialect, `ISOLATION LEVEL ${isolation.toUpperCase()}`);
  const always = session.dialect.name === 'postgres' && session.settings.flag('default_transaction_read_only');
  if (!session.transaction?.explicit) session.begin(true, readOnly || always);
  return done('BEGIN');
}

async function select(session: Session, statement: Of<'select'>): Promise<Result> {
  if (statement.locks) for (const { of } of statement.from) if (!('t' in of)) await session.owned(of, 'UPDATE');
  const rows = await new Query(session, statement, undefined).run();
  return resultOf(session, rows, `SELECT ${rows.rows.length}`);
}

const after = (tag: string, what: Promise<void> | undefined) => Promise.resolve(what).then(() => done(tag));

const runs: { [T in Kind]: Run<T> } = {
  select,
  insert: async (session, statement) => {
    const changed = await insert(session, statement);
    return changedTag(session, `INSERT 0 ${changed.count}`, changed);
  },
  update: async (session, statement) => {
    const changed = await update(session, statement);
    return changedTag(session, `UPDATE ${changed.count}`, changed);
  },
  delete: async (session, statement) => {
    const changed = await remove(session, statement);
    return changedTag(session, `DELETE ${changed.count}`, changed);
  },
  truncate: (session, statement) => after('TRUNCATE TABLE', truncate(session, statement)),
  'create-table': (session, statement) => after('CREATE TABLE', createTable(session, statement)),
  'create-index': (session, statement) => after('CREATE INDEX', createIndex(session, statement)),
  'alter-table': (session, statement) => after('ALTER TABLE', alterTable(session, statement)),
  'drop-table': (session, statement) => after('DROP TABLE', dropTables(session, statement)),
  'create-database': (session, statement) => {
    createDatabase(session, statement);
    return done('CREATE DATABASE', 1);
  },
  'drop-database': (session, statement) => done('DROP DATABASE', dropDatabase(session, statement)),
  'create-user': (session, statement) => {
    createUser(session, statement);
    return done('CREATE ROLE');
  },
  'alter-user': (session, statement) => {
    alterUser(session, statement);
    return done('ALTER ROLE');
  },
  'drop-user': (session, statement) => {
    dropUser(session, statement);
    return done('DROP ROLE');
  },
  grant: (session, statement) => {
    grant(session, statement);
    return done(statement.on.t === 'role' ? 'GRANT ROLE' : 'GRANT');
  },
  revoke: (session, statement) => {
    grant(session, statement);
    return done(statement.on.t === 'role' ? 'REVOKE ROLE' : 'REVOKE');
  },
  begin,
  commit: (session) => {
    const failed = session.transaction?.failed === true;
    if (failed) session.rollback();
    else session.commit();
    return done(failed ? 'ROLLBACK' : 'COMMIT');
  },
  rollback: (session) => {
    session.rollback();
    return done('ROLLBACK');
  },
  savepoint,
  'rollback-to': savepoint,
  release: savepoint,
  set,
  use,
  // Privileges are in effect as soon as they are given: nothing is to be read again.
  flush: (session) => {
    session.server.privileges.checkAdministration(session, 'RELOAD');
    return done('FLUSH');
  },
  show: (session, statement) => resultOf(session, show(session, statement), 'SHOW'),
  'show-tables': (session, statement) => resultOf(session, show(session, statement), 'SHOW'),
  'show-variables': (session, statement) => resultOf(session, show(session, statement), 'SHOW'),
  'show-variable': (session, statement) => resultOf(session, show(session, statement), 'SHOW'),
  'show-grants': (session, statement) => resultOf(session, show(session, statement), 'SHOW'),
  'show-create': (session, statement) => resultOf(session, show(session, statement), 'SHOW'),
  describe: (session, statement) => resultOf(session, show(session, statement), 'SHOW'),
};

/** The settings' limit for a statement, in milliseconds. */
function limitOf({ dialect, settings }: Session, { t }: Statement): number {
  if (dialect.name === 'postgres') return settings.number('statement_timeout');
  if (dialect.maria) return Number(settings.get('max_statement_time')) * 1000;
  return t === 'select' ? settings.number('max_execution_time') : 0;
}

/** Runs one statement. Throws SqlError, and SysError where files cannot be written; then it has changed nothing. */
export async function execute(session: Session, statement: Statement): Promise<Result> {
  const mysql = session.dialect.name === 'mysql';
  session.budget = new Budget(session.server.p, session.dialect, limitOf(session, statement));
  if (session.transaction?.failed && !['commit', 'rollback', 'rollback-to'].includes(statement.t))
    throw new SqlError(0, '25P02', 'current transaction is aborted, commands ignored until end of transaction block');
  if (mysql && committing.has(statement.t)) session.commit();
  const run = runs[statement.t] as Run<Kind>;
  if (control.has(statement.t)) {
    try {
      return await run(session, statement);
    } catch (error) {
      if (session.transaction && !mysql) session.transaction.failed = true;
      throw error;
    }
  }
  if (!session.transaction)
    session.begin(
      mysql && !session.settings.flag('autocommit') && !committing.has(statement.t),
      !mysql && session.settings.flag('default_transaction_read_only'),
    );
  const undo = session.transaction?.mark();
  try {
    const result = await run(session, statement);
    if (!session.transaction?.explicit) session.commit();
    return result;
  } catch (error) {
    undo?.();
    failedIn(session, error);
    throw error;
  }
}

/** A failure ends a statement's own transaction, and with PostgreSQL all that goes on. */
function failedIn(session: Session, error: unknown): void {
  const { transaction } = session;
  if (!transaction) return;
  if (!transaction.explicit || (error instanceof SqlError && error.code === 1213)) session.rollback();
  else if (session.dialect.name === 'postgres') transaction.failed = true;
}
