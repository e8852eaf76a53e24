/**
 * Runs queries: joins, filters, groups, sorts.
 * Large because one query goes through all of these steps.
 */

import type { Expression, Name, Select, SelectItem, Source } from './ast.ts';
import type { Budget } from './budget.ts';
import { type Dialect, fault, unsupported } from './errors.ts';
import type { Evaluator } from './evaluate.ts';
import { Frame, type Relation, type RelationColumn } from './frame.ts';
import { checkGrouped } from './grouping.ts';
import type { Value } from './types.ts';
import { compareValues, keyOf, truthy } from './values.ts';
import { hasAggregate, isExists, queriesIn, replaced } from './walk.ts';

export interface Rows {
  columns: RelationColumn[];
  rows: Value[][];
}

/** A table as a query reads it. */
export interface TableRows {
  database: string;
  columns: readonly RelationColumn[];
  rows: readonly (readonly Value[])[];
  key: readonly string[];
}

/** What a query may ask of the session that runs it. */
export interface QueryContext {
  readonly dialect: Dialect;
  readonly budget: Budget;
  readonly evaluator: Evaluator;
  readonly strictGroups: boolean;
  /** Throws SqlError: there is no such table, or it may not be read. */
  read(name: Name): TableRows;
}

type Row = readonly Value[];

/** Runs one query. Large because the clauses of a SELECT share its rows and groups. */
export class Query {
  readonly #context: QueryContext;
  readonly #select: Select;
  readonly #frame: Frame;
  /** Items that begin with `*` in their place. */
  readonly #items: SelectItem[] = [];

  constructor(context: QueryContext, select: Select, outer: Frame | undefined) {
    this.#context = context;
    this.#select = select;
    this.#frame = new Frame(context.dialect, outer);
  }

  /** Whether its rows depend on the query around it. */
  get correlated(): boolean {
    return this.#frame.correlated;
  }

  get #mysql(): boolean {
    return this.#context.dialect.name === 'mysql';
  }

  async run(): Promise<Rows> {
    const select = this.#select;
    let rows = await this.#sources();
    this.#expand();
    const group = select.group.map((e) => this.#named(this.#ordinal(e, 'group statement'), false));
    const having = select.having && (this.#mysql ? this.#named(select.having, true) : select.having);
    const united = select.unions.length > 0;
    const order = united
      ? []
      : select.order.map(({ by }) => this.#named(this.#ordinal(by, 'order clause'), this.#mysql, true));
    this.#bind(group, having, order);
    if (select.where) rows = await this.#filter(rows, select.where);
    const expressions = this.#items.flatMap(({ expression }) => (expression ? [expression] : []));
    const grouped = group.length > 0 || having !== undefined || [...expressions, ...order].some(hasAggregate);
    const groups = grouped ? await this.#groups(rows, group) : undefined;
    if (grouped && this.#context.strictGroups)
      checkGrouped(this.#context.dialect, this.#frame, group, { items: expressions, having, order });
    const made: { values: Value[]; keys: Value[] }[] = [];
    const seen = new Set<string>();
    const needed = [...expressions, ...order, ...(having ? [having] : [])];
    for (const member of groups ?? rows) {
      const ready = this.#look(member, groups !== undefined, needed);
      if (ready) await ready;
      const value = (e: Expression) => this.#context.evaluator.value(e, this.#frame);
      if (having && !truthy(value(having))) continue;
      const values = expressions.map(value);
      if (select.distinct) {
        const key = keyOf(this.#context.dialect, values);
        if (seen.has(key)) continue;
        seen.add(key);
      }
      made.push({ values, keys: order.map(value) });
      const turn = this.#context.budget.step();
      if (turn) await turn;
      // Nothing sorts what follows: it is not needed.
      if (order.length === 0 && !united && select.limit !== undefined && made.length >= select.offset + select.limit)
        break;
    }
    // Now that queries among them have run, their types are known.
    const columns = this.#items.map((item) => this.#column(item));
    const result = united ? await this.#unite({ columns, rows: made.map(({ values }) => values) }) : this.#sorted(made);
    const from = select.offset;
    return { columns, rows: result.slice(from, select.limit === undefined ? undefined : from + select.limit) };
  }

  /** Lets the frame look at a row or group, and runs the queries inside of expressions for it: await the result if there is one. */
  #look(row: Row | readonly Row[], isGroup: boolean, expressions: readonly Expression[]): Promise<void> | undefined {
    const frame = this.#frame;
    if (isGroup) {
      const group = row as readonly Row[];
      frame.group = group;
      frame.row = group[0] ?? [];
    } else frame.row = row as Row;
    return prepare(this.#context, frame, expressions);
  }

  async #open(source: Source): Promise<{ relation: Relation; rows: readonly Row[] }> {
    const { of, alias } = source;
    const hidden = new Set(source.using);
    if ('t' in of) {
      const { columns, rows } = await new Query(this.#context, of, undefined).run();
      return { relation: this.#frame.add({ alias, database: undefined, columns, hidden, key: [] }), rows };
    }
    const { database, columns, rows, key } = this.#context.read(of);
    return { relation: this.#frame.add({ alias, database, columns, hidden, key }), rows };
  }

  /** The rows of all sources, joined. */
  async #sources(): Promise<readonly Row[]> {
    let rows: readonly Row[] = [[]];
    for (const [i, source] of this.#select.from.entries()) {
      const { relation, rows: more } = await this.#open(source);
      rows = i === 0 ? more : await this.#join(rows, more, relation, source);
    }
    return rows;
  }

  async #join(left: readonly Row[], right: readonly Row[], relation: Relation, source: Source): Promise<Row[]> {
    const { budget, evaluator } = this.#context;
    const frame = this.#frame;
    const on = this.#condition(source, relation);
    if (on) evaluator.bind(on, frame, 'on clause', false);
    const candidates = this.#index(right, relation, on ?? this.#select.where);
    const joined: Row[] = [];
    const empty: Row = relation.columns.map(() => null);
    for (const row of left) {
      let met = false;
      for (const other of candidates(row)) {
        const both = [...row, ...other];
        const turn = budget.step();
        if (turn) await turn;
        if (on) {
          const ready = this.#look(both, false, [on]);
          if (ready) await ready;
          if (!truthy(evaluator.value(on, frame))) continue;
        }
        met = true;
        joined.push(both);
        budget.rows(joined.length);
      }
      if (!met && source.join === 'left') joined.push([...row, ...empty]);
    }
    return joined;
  }

  /** USING as the condition that it means. */
  #condition({ on, using }: Source, relation: Relation): Expression | undefined {
    const before = this.#frame.relations.filter((other) => other !== relation);
    const conditions = using.map((name): Expression => {
      const left = before.find(({ columns }) => columns.some((column) => column.name === name));
      const column = (table: string | undefined): Expression => ({ t: 'column', table, name, at: 0 });
      return { t: 'binary', op: '=', left: column(left?.alias), right: column(relation.alias) };
    });
    return conditions.reduce<Expression | undefined>(
      (all, one) => (all ? { t: 'binary', op: 'and', left: all, right: one } : one),
      on,
    );
  }

  /** The rows of the right side that can go with one of the left: found by a column that both share, if the condition has one. */
  #index(right: readonly Row[], relation: Relation, condition: Expression | undefined): (row: Row) => readonly Row[] {
    const pair = condition && this.#sharedColumns(condition, relation);
    if (!pair) return () => right;
    const { dialect } = this.#context;
    const byKey = new Map<string, Row[]>();
    for (const row of right) {
      const value = row[pair.right - relation.start] ?? null;
      if (value === null) continue;
      const key = keyOf(dialect, [value]);
      const same = byKey.get(key);
      if (same) same.push(row);
      else byKey.set(key, [row]);
    }
    return (row) => byKey.get(keyOf(dialect, [row[pair.left] ?? null])) ?? [];
  }

  #sharedColumns(e: Expression, relation: Relation): { left: number; right: number } | undefined {
    if (e.t !== 'binary') return undefined;
    if (e.op === 'and') return this.#sharedColumns(e.left, relation) ?? this.#sharedColumns(e.right, relation);
    if (e.op !== '=' || e.left.t !== 'column' || e.right.t !== 'column') return undefined;
    if (!this.#frame.has(e.left) || !this.#frame.has(e.right)) return undefined;
    const [a, b] = [this.#frame.find(e.left), this.#frame.find(e.right)];
    // A number and a text may be equal without the same key.
    if (a.type.kind !== b.type.kind || a.relation === b.relation) return undefined;
    if (b.relation === relation) return { left: a.index, right: b.index };
    return a.relation === relation ? { left: b.index, right: a.index } : undefined;
  }

  async #filter(rows: readonly Row[], where: Expression): Promise<Row[]> {
    const kept: Row[] = [];
    const expressions = [where];
    for (const row of rows) {
      const turn = this.#context.budget.step();
      if (turn) await turn;
      const ready = this.#look(row, false, expressions);
      if (ready) await ready;
      if (truthy(this.#context.evaluator.value(where, this.#frame))) kept.push(row);
    }
    return kept;
  }

  async #groups(rows: readonly Row[], by: readonly Expression[]): Promise<(readonly Row[])[]> {
    if (by.length === 0) return [rows];
    const groups = new Map<string, Row[]>();
    for (const row of rows) {
      const turn = this.#context.budget.step();
      if (turn) await turn;
      const ready = this.#look(row, false, by);
      if (ready) await ready;
      const key = keyOf(
        this.#context.dialect,
        by.map((e) => this.#context.evaluator.value(e, this.#frame)),
      );
      const same = groups.get(key);
      if (same) same.push(row);
      else groups.set(key, [row]);
    }
    return [...groups.values()];
  }

  #bind(group: readonly Expression[], having: Expression | undefined, order: readonly Expression[]): void {
    const { evaluator } = this.#context;
    const frame = this.#frame;
    if (this.#select.where) evaluator.bind(this.#select.where, frame, 'where clause', false);
    for (const e of group) evaluator.bind(e, frame, 'group statement', false);
    for (const { expression } of this.#items) if (expression) evaluator.bind(expression, frame, 'field list');
    if (having) evaluator.bind(having, frame, 'having clause');
    for (const e of order) evaluator.bind(e, frame, 'order clause');
  }

  /** Puts columns in place of `*`. */
  #expand(): void {
    for (const item of this.#select.items) {
      if (item.expression) {
        this.#items.push(item);
        continue;
      }
      const relations = this.#frame.relations.filter(({ alias }) => item.table === undefined || alias === item.table);
      if (relations.length === 0)
        throw item.table === undefined
          ? fault(
              this.#context.dialect,
              [1096, 'HY000', 'No tables used'],
              ['42601', 'SELECT * with no tables specified is not valid'],
            )
          : fault(
              this.#context.dialect,
              [1051, '42S02', `Unknown table '${item.table}'`],
              ['42P01', `missing FROM-clause entry for table "${item.table}"`],
            );
      for (const { alias, columns, hidden } of relations) {
        for (const { name } of columns) {
          if (item.table === undefined && hidden.has(name)) continue;
          this.#items.push({ ...item, label: name, expression: { t: 'column', table: alias, name, at: 0 } });
        }
      }
    }
  }

  /** An item for its number, as GROUP BY and ORDER BY know it. */
  #ordinal(e: Expression, clause: string): Expression {
    if (e.t !== 'value' || typeof e.value !== 'number') return e;
    const item = this.#items[e.value - 1]?.expression;
    if (item) return item;
    const name = clause === 'order clause' ? 'ORDER BY' : 'GROUP BY';
    throw fault(
      this.#context.dialect,
      [1054, '42S22', `Unknown column '${e.value}' in '${clause}'`],
      ['42P10', `${name} position ${e.value} is not in select list`],
    );
  }

  /** Puts items in place of their names. `inside`: also within an expression; `first`: also where a column has the name. */
  #named(e: Expression, inside: boolean, first = false): Expression {
    const itemOf = (part: Expression) => {
      if (part.t !== 'column' || part.table !== undefined) return undefined;
      if (!first && this.#frame.has(part)) return undefined;
      return this.#items.find(({ label, expression }) => label === part.name && expression && expression !== part)
        ?.expression;
    };
    return inside ? replaced(e, itemOf) : (itemOf(e) ?? e);
  }

  /** MySQL names a column by its text, PostgreSQL by its function or not at all. */
  #column({ expression, label, text }: SelectItem): RelationColumn {
    if (!expression) throw unsupported(this.#context.dialect, '*');
    return {
      name: label ?? labelOf(expression, text, this.#mysql),
      type: this.#context.evaluator.type(expression, this.#frame),
    };
  }

  #sorted(made: { values: Value[]; keys: Value[] }[]): Value[][] {
    const { order } = this.#select;
    if (order.length > 0) made.sort((a, b) => this.#compare(a.keys, b.keys));
    return made.map(({ values }) => values);
  }

  #compare(a: readonly Value[], b: readonly Value[]): number {
    for (const [i, { down, nulls }] of this.#select.order.entries()) {
      const [x = null, y = null] = [a[i], b[i]];
      if ((x === null) !== (y === null)) {
        // MySQL: NULL is smallest. PostgreSQL: largest, unless it is said.
        const first = nulls ? nulls === 'first' : this.#mysql !== down;
        return (x === null) === first ? -1 : 1;
      }
      const order = compareValues(this.#context.dialect, x, y) * (down ? -1 : 1);
      if (order !== 0) return order;
    }
    return 0;
  }

  async #unite(first: Rows): Promise<Value[][]> {
    const { dialect, budget } = this.#context;
    let { rows } = first;
    for (const { all, query } of this.#select.unions) {
      const next = await new Query(this.#context, query, this.#frame.outer).run();
      if (next.columns.length !== first.columns.length)
        throw fault(
          dialect,
          [1222, '21000', 'The used SELECT statements have a different number of columns'],
          ['42601', 'each UNION query must have the same number of columns'],
        );
      rows = [...rows, ...next.rows];
      budget.rows(rows.length);
      if (!all) {
        const unique = new Map<string, Value[]>();
        for (const row of rows) {
          const key = keyOf(dialect, row);
          if (!unique.has(key)) unique.set(key, row);
        }
        rows = [...unique.values()];
      }
    }
    const keys = this.#select.order.map(({ by }) => {
      const at =
        by.t === 'column'
          ? first.columns.findIndex(({ name }) => name === by.name)
          : by.t === 'value'
            ? Number(by.value) - 1
            : -1;
      if (at >= 0 && at < first.columns.length) return at;
      throw by.t === 'column'
        ? fault(
            dialect,
            [1054, '42S22', `Unknown column '${by.name}' in 'order clause'`],
            ['42703', `column "${by.name}" does not exist`],
          )
        : unsupported(dialect, 'ORDER BY of an expression after UNION');
    });
    return this.#sorted(rows.map((values) => ({ values, keys: keys.map((at) => values[at] ?? null) })));
  }
}

function labelOf(e: Expression, text: string, mysql: boolean): string {
  if (e.t === 'column') return e.name;
  if (mysql) return e.t === 'value' && typeof e.value === 'string' ? e.value : text;
  switch (e.t) {
    case 'call':
      return e.name;
    case 'cast': {
      const inner = labelOf(e.of, text, false);
      return inner === '?column?' ? (e.type.name.split(/[ (]/)[0] ?? '') : inner;
    }
    case 'case':
      return (e.otherwise && e.otherwise.t === 'column' && e.otherwise.name) || 'case';
    case 'exists':
      return 'exists';
    case 'scalar': {
      const [item] = e.query.items;
      return item?.label ?? (item?.expression ? labelOf(item.expression, item.text, false) : '?column?');
    }
    case 'value':
      return typeof e.value === 'boolean' ? 'bool' : '?column?';
    default:
      return '?column?';
  }
}

/** Runs the queries inside of expressions, those that are the same for every row once: await the result if there is one. */
export function prepare(
  context: QueryContext,
  frame: Frame,
  expressions: readonly Expression[],
): Promise<void> | undefined {
  for (const e of expressions) if (queriesIn(e).length > 0) return runQueries(context, frame, expressions);
  return undefined;
}

async function runQueries(context: QueryContext, frame: Frame, expressions: readonly Expression[]): Promise<void> {
  for (const e of expressions) {
    for (const select of queriesIn(e)) {
      if (frame.results.has(select) && !frame.changing.has(select)) continue;
      const query = new Query(context, select, frame);
      const { columns, rows } = await query.run();
      if (columns.length !== 1 && !isExists(e, select))
        throw fault(
          context.dialect,
          [1241, '21000', 'Operand should contain 1 column(s)'],
          ['42601', 'subquery must return only one column'],
        );
      frame.results.set(select, rows);
      frame.queryTypes.set(select, columns[0]?.type);
      if (query.correlated) frame.changing.add(select);
    }
  }
}
