/** INSERT, UPDATE, DELETE and TRUNCATE. */
import type { Column, Expression, SelectItem, Statement, StatementOf } from './ast.ts';
import { fault, noColumn, SqlError } from './errors.ts';
import { Frame } from './frame.ts';
import { prepare, Query, type Rows } from './query.ts';
import type { Session } from './session.ts';
import type { Table } from './store.ts';
import { fitted, type Value } from './types.ts';
import { keyOf, truthy } from './values.ts';

type Of<T extends Statement['t']> = StatementOf<T>;
type Row = readonly Value[];

/** Rows that a statement changed, and what RETURNING shows of them. */
export interface Changed {
  count: number;
  returned: Rows | undefined;
  /** The first number that AUTO_INCREMENT gave. */
  firstId?: number | undefined;
}

const positionOf = (session: Session, table: Table, name: string): number => {
  const at = table.columns.findIndex((column) => column.name === name);
  if (at < 0) throw noColumn(session.dialect, name, 'field list');
  return at;
};

/** A frame over the rows of one table. */
function frameOf(session: Session, alias: string, database: string, table: Table): Frame {
  const frame = new Frame(session.dialect, undefined);
  frame.add({ alias, database, columns: table.columns, hidden: new Set(), key: [] });
  return frame;
}

async function valueIn(session: Session, frame: Frame, e: Expression): Promise<Value> {
  await prepare(session, frame, [e]);
  return session.evaluator.value(e, frame);
}

async function returned(
  session: Session,
  alias: string,
  database: string,
  table: Table,
  rows: readonly Row[],
  items: SelectItem[] | undefined,
): Promise<Rows | undefined> {
  if (!items) return undefined;
  const name = { database: undefined, table: alias, at: 0 };
  const source = { alias, of: name, join: 'inner', on: undefined, using: [] } as const;
  const query = new Query(
    {
      ...{
        dialect: session.dialect,
        budget: session.budget,
        evaluator: session.evaluator,
        strictGroups: session.strictGroups,
      },
      read: () => ({ database, columns: table.columns, rows, key: [] }),
    },
    {
      ...{
        t: 'select',
        distinct: false,
        items,
        from: [{ ...source, using: [] }],
        where: undefined,
        group: [],
        having: undefined,
      },
      ...{ unions: [], order: [], limit: undefined, offset: 0, locks: false },
    },
    undefined,
  );
  return query.run();
}

/** Whether rows collide in what must be unique, with each other or with those that are there. */
class Uniqueness {
  readonly #session: Session;
  readonly #name: string;
  readonly #seen: { name: string; columns: string[]; places: number[]; keys: Set<string> }[];

  constructor(session: Session, name: string, table: Table, rows: readonly Row[]) {
    this.#session = session;
    this.#name = name;
    this.#seen = table.uniques.map(({ name: key, columns }) => {
      const places = columns.map((column) => positionOf(session, table, column));
      const keys = new Set<string>();
      for (const row of rows) {
        const value = this.#key(row, places);
        if (value !== undefined) keys.add(value);
      }
      return { name: key, columns, places, keys };
    });
  }

  /** NULL collides with nothing. */
  #key(row: Row, places: readonly number[]): string | undefined {
    const values = places.map((at) => row[at] ?? null);
    return values.includes(null) ? undefined : keyOf(this.#session.dialect, values);
  }

  collision(row: Row): SqlError | undefined {
    for (const { name, places, keys } of this.#seen) {
      const key = this.#key(row, places);
      if (key === undefined || !keys.has(key)) continue;
      const values = places.map((at) => row[at]).join('-');
      return fault(
        this.#session.dialect,
        [
          1062,
          '23000',
          `Duplicate entry '${values}' for key '${this.#session.dialect.maria ? '' : `${this.#name}.`}${name}'`,
        ],
        ['23505', `duplicate key value violates unique constraint "${name}"`],
      );
    }
    return undefined;
  }

  add(row: Row): void {
    for (const { places, keys } of this.#seen) {
      const key = this.#key(row, places);
      if (key !== undefined) keys.add(key);
    }
  }
}

/** Throws SqlError for NULL where none may be, and for what CHECK forbids. */
function checkRow(session: Session, name: string, table: Table, row: Row, frame: Frame): void {
  for (const [i, { name: column, notNull }] of table.columns.entries()) {
    if (!notNull || row[i] !== null) continue;
    throw fault(
      session.dialect,
      [1048, '23000', `Column '${column}' cannot be null`],
      ['23502', `null value in column "${column}" of relation "${name}" violates not-null constraint`],
    );
  }
  frame.row = row;
  for (const check of table.checks) {
    const met = session.evaluator.value(check.expression, frame);
    if (met === null || truthy(met)) continue;
    throw fault(
      session.dialect,
      session.dialect.maria
        ? [4025, '23000', `CONSTRAINT \`${check.name}\` failed for \`${session.database}\`.\`${name}\``]
        : [3819, 'HY000', `Check constraint '${check.name}' is violated.`],
      ['23514', `new row for relation "${name}" violates check constraint "${check.name}"`],
    );
  }
}

/** Values for all columns of a new row. */
class NewRows {
  readonly #session: Session;
  readonly #table: Table;
  readonly #targets: number[];
  readonly #frame: Frame;
  readonly #listed: boolean;
  firstId: number | undefined;

  constructor(session: Session, table: Table, columns: readonly string[] | undefined) {
    this.#session = session;
    this.#table = table;
    this.#frame = new Frame(session.dialect, undefined);
    this.#listed = columns !== undefined;
    this.#targets = columns?.map((name) => positionOf(session, table, name)) ?? table.columns.map((_, i) => i);
    if (new Set(this.#targets).size < this.#targets.length)
      throw fault(
        session.dialect,
        [1110, '42000', `Column '${columns?.[0]}' specified twice`],
        ['42701', `column "${columns?.[0]}" specified more than once`],
      );
  }

  async of(expressions: readonly Expression[], number: number): Promise<Value[]> {
    this.#checkCount(expressions.length, number);
    const given = new Map<number, Value>();
    for (const [i, e] of expressions.entries()) {
      if (e.t === 'default') continue;
      this.#session.evaluator.bind(e, this.#frame, 'field list', false);
      given.set(this.#targets[i] ?? 0, await valueIn(this.#session, this.#frame, e));
    }
    return this.#complete(given);
  }

  fromQuery(values: readonly Value[]): Value[] {
    this.#checkCount(values.length, 1);
    return this.#complete(new Map(values.map((value, i) => [this.#targets[i] ?? 0, value])));
  }

  #checkCount(count: number, number: number): void {
    const wanted = this.#targets.length;
    const short = this.#session.dialect.name === 'postgres' && !this.#listed;
    if (
      count === wanted ||
      (count === 0 && this.#session.dialect.name === 'mysql' && !this.#listed) ||
      (short && count < wanted)
    )
      return;
    throw fault(
      this.#session.dialect,
      [1136, '21S01', `Column count doesn't match value count at row ${number}`],
      [
        '42601',
        count > wanted
          ? 'INSERT has more expressions than target columns'
          : 'INSERT has more target columns than expressions',
      ],
    );
  }

  #complete(given: ReadonlyMap<number, Value>): Value[] {
    const { dialect } = this.#session;
    return this.#table.columns.map((column, i) => {
      const value = given.get(i);
      if (
        column.counts &&
        (value === undefined ||
          (value === null && dialect.name === 'mysql') ||
          (value === 0 && dialect.name === 'mysql'))
      )
        return this.#count();
      if (value === undefined) return this.#fallback(column);
      const kept = fitted(dialect, column.type, value, column.name);
      if (column.counts && dialect.name === 'mysql')
        this.#table.counter.next = Math.max(this.#table.counter.next, Number(kept) + 1);
      return kept;
    });
  }

  #count(): number {
    const next = this.#table.counter.next++;
    this.firstId ??= next;
    return next;
  }

  #fallback(column: Column): Value {
    const { dialect, evaluator } = this.#session;
    if (column.fallback)
      return fitted(dialect, column.type, evaluator.value(column.fallback, this.#frame), column.name);
    if (column.notNull && dialect.name === 'mysql')
      throw new SqlError(1364, 'HY000', `Field '${column.name}' doesn't have a default value`);
    return null;
  }
}

/** Puts rows into a table. Throws SqlError. */
export async function insert(session: Session, statement: Of<'insert'>): Promise<Changed> {
  const { into, ignore } = statement;
  // The query may read the table itself: it is run first.
  const query = statement.query && (await new Query(session, statement.query, undefined).run());
  const { database, table } = await session.owned(into, 'INSERT');
  const unique = new Uniqueness(session, into.table, table, table.rows);
  const frame = frameOf(session, into.table, database, table);
  const maker = new NewRows(session, table, statement.columns);
  const added: Row[] = [];
  const take = async (row: Row) => {
    checkRow(session, into.table, table, row, frame);
    const collision = unique.collision(row);
    if (collision && !ignore) throw collision;
    if (!collision) {
      unique.add(row);
      added.push(row);
    }
    const turn = session.budget.step(4);
    if (turn) await turn;
  };
  for (const row of query?.rows ?? []) await take(maker.fromQuery(row));
  for (const [i, expressions] of (statement.rows ?? []).entries()) await take(await maker.of(expressions, i + 1));
  session.budget.rows(table.rows.length + added.length);
  session.put(database, into.table, { ...table, rows: [...table.rows, ...added] });
  return {
    count: added.length,
    firstId: maker.firstId,
    returned: await returned(session, into.table, database, table, added, statement.returning),
  };
}

/** Rows that a condition is met by, by their places. */
async function matching(
  session: Session,
  frame: Frame,
  table: Table,
  where: Expression | undefined,
): Promise<Set<number>> {
  const found = new Set<number>();
  if (where) session.evaluator.bind(where, frame, 'where clause', false);
  for (const [i, row] of table.rows.entries()) {
    const turn = session.budget.step();
    if (turn) await turn;
    frame.row = row;
    if (!where || truthy(await valueIn(session, frame, where))) found.add(i);
  }
  return found;
}

/** Changes rows of a table. Throws SqlError. */
export async function update(session: Session, { table: name, set, where, returning }: Of<'update'>): Promise<Changed> {
  const { database, table } = await session.owned(name, 'UPDATE');
  if (where) session.server.privileges.check(session, 'SELECT', database, name.table, table);
  const frame = frameOf(session, name.table, database, table);
  const targets = set.map(([column, e]) => {
    if (e.t !== 'default') session.evaluator.bind(e, frame, 'field list', false);
    return { at: positionOf(session, table, column), e };
  });
  const found = await matching(session, frame, table, where);
  const rows: Row[] = [];
  const changed: Row[] = [];
  let different = 0;
  for (const [i, row] of table.rows.entries()) {
    if (!found.has(i)) {
      rows.push(row);
      continue;
    }
    frame.row = row;
    const next = [...row];
    for (const { at, e } of targets) {
      const column = table.columns[at];
      if (!column) continue;
      const of = e.t === 'default' ? (column.fallback ?? { t: 'value', value: null }) : e;
      next[at] = fitted(session.dialect, column.type, await valueIn(session, frame, of), column.name);
    }
    checkRow(session, name.table, table, next, frame);
    rows.push(next);
    changed.push(next);
    if (next.some((value, at) => value !== row[at])) different++;
  }
  // Only when all have changed: rows may swap their keys.
  const unique = new Uniqueness(session, name.table, table, []);
  for (const row of rows) {
    const collision = unique.collision(row);
    if (collision) throw collision;
    unique.add(row);
  }
  if (changed.length > 0) session.put(database, name.table, { ...table, rows });
  const count = session.dialect.name === 'mysql' ? different : changed.length;
  return { count, returned: await returned(session, name.table, database, table, changed, returning) };
}

/** Removes rows of a table. Throws SqlError. */
export async function remove(session: Session, { from, where, returning }: Of<'delete'>): Promise<Changed> {
  const { database, table } = await session.owned(from, 'DELETE');
  if (where) session.server.privileges.check(session, 'SELECT', database, from.table, table);
  const frame = frameOf(session, from.table, database, table);
  const found = await matching(session, frame, table, where);
  if (found.size > 0) session.put(database, from.table, { ...table, rows: table.rows.filter((_, i) => !found.has(i)) });
  const gone = table.rows.filter((_, i) => found.has(i));
  return { count: gone.length, returned: await returned(session, from.table, database, table, gone, returning) };
}

/** Empties tables; MySQL counts from 1 again. Throws SqlError. */
export async function truncate(session: Session, { tables }: Of<'truncate'>): Promise<void> {
  for (const name of tables) {
    const { database, table } = await session.owned(name, session.dialect.name === 'mysql' ? 'DROP' : 'TRUNCATE');
    const counter = session.dialect.name === 'mysql' ? { next: 1 } : table.counter;
    session.put(database, name.table, { ...table, rows: [], counter });
  }
}
