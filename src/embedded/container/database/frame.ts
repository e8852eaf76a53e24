/** The rows that an expression sees, and where its columns are in them. */
import type { Expression, Select } from './ast.ts';
import { type Dialect, fault, noColumn } from './errors.ts';
import type { Type, Value } from './types.ts';

export interface RelationColumn {
  name: string;
  type: Type;
}

/** A table or query with a name, as a part of a row. */
export interface Relation {
  alias: string;
  database: string | undefined;
  columns: readonly RelationColumn[];
  /** Where its columns begin in a row. */
  start: number;
  /** Columns that USING shows once only. */
  hidden: ReadonlySet<string>;
  /** Columns of its primary key. */
  key: readonly string[];
}

type ColumnReference = Extract<Expression, { t: 'column' }>;

export interface Place {
  frame: Frame;
  relation: Relation;
  index: number;
  type: Type;
}

/** One query while it runs: its relations, the row that is looked at, the query around it. */
export class Frame {
  readonly relations: Relation[] = [];
  readonly outer: Frame | undefined;
  row: readonly Value[] = [];
  /** The rows of the group that aggregates are made of. */
  group: readonly (readonly Value[])[] | undefined;
  /** Results of queries inside of expressions, for the row that is looked at. */
  readonly results = new Map<Select, Value[][]>();
  /** Those of them that are others for every row. */
  readonly changing = new Set<Select>();
  /** The types of their first columns. */
  readonly queryTypes = new Map<Select, Type | undefined>();
  /** A column of the query around it is used: its result is not the same for every row there. */
  correlated = false;
  readonly #dialect: Dialect;
  readonly #places = new Map<ColumnReference, Place>();

  constructor(dialect: Dialect, outer: Frame | undefined) {
    this.#dialect = dialect;
    this.outer = outer;
  }

  add(relation: Omit<Relation, 'start'>): Relation {
    const last = this.relations.at(-1);
    const added = { ...relation, start: last ? last.start + last.columns.length : 0 };
    if (this.relations.some(({ alias, database }) => alias === added.alias && database === added.database))
      throw fault(
        this.#dialect,
        [1066, '42000', `Not unique table/alias: '${added.alias}'`],
        ['42712', `table name "${added.alias}" specified more than once`],
      );
    this.relations.push(added);
    return added;
  }

  /** Where a column is. Throws SqlError: there is none, or there are two. `clause`: where it stands, in MySQL's words. */
  find(column: ColumnReference, clause = 'field list'): Place {
    const known = this.#places.get(column);
    if (known) return known;
    const place = this.#search(column, clause);
    this.#places.set(column, place);
    return place;
  }

  /** Whether a column of its own has this name. */
  has(column: ColumnReference): boolean {
    return this.#own(column).length > 0;
  }

  #search(column: ColumnReference, clause: string): Place {
    const crossed: Frame[] = [];
    for (let frame: Frame | undefined = this; frame; frame = frame.outer) {
      const found = frame.#own(column);
      const [first] = found;
      if (found.length > 1)
        throw fault(
          this.#dialect,
          [1052, '23000', `Column '${column.name}' in ${clause} is ambiguous`],
          ['42702', `column reference "${column.name}" is ambiguous`],
          { at: column.at },
        );
      if (first) {
        for (const inner of crossed) inner.correlated = true;
        return first;
      }
      crossed.push(frame);
    }
    const name = column.table === undefined ? column.name : `${column.table}.${column.name}`;
    if (this.#dialect.name === 'postgres' && column.table !== undefined && !this.#knows(column.table))
      throw fault(
        this.#dialect,
        [1054, '42S22', ''],
        ['42P01', `missing FROM-clause entry for table "${column.table}"`],
        { at: column.at },
      );
    throw noColumn(this.#dialect, name, clause, column.at);
  }

  #knows(table: string): boolean {
    if (this.relations.some(({ alias }) => alias === table)) return true;
    return this.outer ? this.outer.#knows(table) : false;
  }

  #own({ table, name }: ColumnReference): Place[] {
    const found: Place[] = [];
    for (const relation of this.relations) {
      if (table !== undefined ? relation.alias !== table : relation.hidden.has(name)) continue;
      for (const [i, column] of relation.columns.entries()) {
        const same =
          this.#dialect.name === 'mysql' ? column.name.toLowerCase() === name.toLowerCase() : column.name === name;
        if (same) found.push({ frame: this, relation, index: relation.start + i, type: column.type });
      }
    }
    return found;
  }
}
