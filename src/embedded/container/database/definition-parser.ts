/** Reads CREATE, ALTER and DROP of databases, tables and indexes. */
import type { Check, Column, Expression, Statement, TableChange, Unique } from './ast.ts';
import { fault, unsupported } from './errors.ts';
import { QueryParser } from './query-parser.ts';

/** What stands inside the parentheses of CREATE TABLE. */
interface Parts {
  columns: Column[];
  uniques: Unique[];
  checks: Check[];
}

/** Options of tables that change nothing here; other words are no options. */
const tableOptions = new Set(['engine', 'charset', 'collate', 'comment', 'auto_increment', 'row_format']);

export class DefinitionParser extends QueryParser {
  protected lenient(kind: 'create' | 'drop'): boolean {
    return kind === 'create' ? this.skip('if', 'not', 'exists') : this.skip('if', 'exists');
  }

  protected createDatabase(): Statement {
    const lenient = this.lenient('create');
    const name = this.name();
    let owner: string | undefined;
    for (;;) {
      if (this.mysql && this.skip('default')) continue;
      if (this.mysql && (this.skip('character', 'set') || this.oneOf('charset', 'collate'))) {
        this.skip('=');
        this.name();
      } else if (!this.mysql && this.skip('owner')) {
        this.skip('=');
        owner = this.name();
      } else if (!this.mysql && (this.skip('with') || this.oneOf('encoding', 'template'))) {
        this.skip('=');
        if (this.peek().t === 'string' || this.ahead('template0')) this.at++;
      } else break;
    }
    return { t: 'create-database', name, lenient, ...(owner !== undefined && { owner }) };
  }

  protected createTable(): Statement {
    const lenient = this.lenient('create');
    const table = this.tableName();
    const parts: Parts = { columns: [], uniques: [], checks: [] };
    if (this.ahead('as') || this.ahead('select') || this.ahead('like'))
      throw unsupported(this.dialect, 'CREATE TABLE AS');
    this.inParentheses(() => this.list(() => this.#part(table.table, parts)));
    while (this.mysql && (this.ahead('default') || this.#isTableOption())) {
      if (this.skip('default')) continue;
      if (!this.skip('character', 'set')) this.at++;
      this.skip('=');
      this.at++;
      this.skip(',');
    }
    for (const { columns } of parts.uniques) {
      for (const name of columns) {
        if (parts.columns.some((column) => column.name === name)) continue;
        throw fault(
          this.dialect,
          [1072, '42000', `Key column '${name}' doesn't exist in table`],
          ['42703', `column "${name}" named in key does not exist`],
        );
      }
    }
    this.#checkPrimary(table.table, parts);
    return { t: 'create-table', table, ...parts, lenient };
  }

  #isTableOption(): boolean {
    return this.ahead('character', 'set') || tableOptions.has(this.peek().text.toLowerCase());
  }

  #checkPrimary(table: string, { columns, uniques }: Parts): void {
    const primaries = uniques.filter(({ primary }) => primary);
    if (primaries.length > 1)
      throw fault(
        this.dialect,
        [1068, '42000', 'Multiple primary key defined'],
        ['42P16', `multiple primary keys for table "${table}" are not allowed`],
      );
    for (const column of columns) {
      if (primaries[0]?.columns.includes(column.name)) column.notNull = true;
      if (columns.filter(({ name }) => name === column.name).length > 1)
        throw fault(
          this.dialect,
          [1060, '42S21', `Duplicate column name '${column.name}'`],
          ['42701', `column "${column.name}" specified more than once`],
        );
    }
    const counting = columns.filter(({ counts }) => counts);
    if (this.mysql && (counting.length > 1 || counting.some(({ name }) => !uniques.some((u) => u.columns[0] === name))))
      throw fault(
        this.dialect,
        [
          1075,
          '42000',
          'Incorrect table definition; there can be only one auto column and it must be defined as a key',
        ],
        ['42601', ''],
      );
  }

  /** A column, or a constraint of the table. */
  #part(table: string, parts: Parts): void {
    const named = this.skip('constraint') ? this.name() : undefined;
    const unique = this.#tableUnique(table, named);
    if (unique) parts.uniques.push(unique);
    else if (this.skip('check')) parts.checks.push(this.#check(table, named, undefined, parts));
    else if (this.ahead('foreign') || named !== undefined) this.fail();
    else if (this.mysql && (this.skip('index') || (this.ahead('key') && this.skip('key')))) {
      if (!this.ahead('(')) this.name();
      this.inParentheses(() => this.list(() => this.name()));
    } else this.column(table, parts);
  }

  #tableUnique(table: string, named: string | undefined): Unique | undefined {
    const primary = this.skip('primary', 'key');
    if (!primary && !this.skip('unique')) return undefined;
    if (!primary && this.mysql && !this.skip('key')) this.skip('index');
    const own = this.mysql && !primary && !this.ahead('(') ? this.name() : named;
    const columns = this.inParentheses(() => this.list(() => this.name()));
    return this.unique(table, columns, primary, own);
  }

  protected unique(table: string, columns: string[], primary: boolean, name?: string): Unique {
    const made = this.mysql
      ? primary
        ? 'PRIMARY'
        : (columns[0] ?? '')
      : primary
        ? `${table}_pkey`
        : `${table}_${columns.join('_')}_key`;
    return { columns, primary, name: (this.mysql && primary ? undefined : name) ?? made };
  }

  #check(table: string, named: string | undefined, column: string | undefined, { checks }: Parts): Check {
    const expression = this.inParentheses(() => this.expression());
    const made = this.mysql
      ? `${table}_chk_${checks.length + 1}`
      : `${table}${column === undefined ? '' : `_${column}`}_check`;
    return { name: named ?? made, expression };
  }

  protected column(table: string, parts: Parts): Column {
    const name = this.name();
    const type = this.type();
    const column: Column = {
      name,
      type,
      notNull: type.counts === true,
      counts: type.counts === true,
      fallback: undefined,
    };
    parts.columns.push(column);
    const unique = (primary: boolean) => parts.uniques.push(this.unique(table, [name], primary));
    if (this.mysql && type.counts) unique(false);
    for (;;) {
      const named = this.skip('constraint') ? this.name() : undefined;
      if (this.skip('not', 'null')) column.notNull = true;
      else if (this.skip('primary', 'key')) unique(true);
      else if (this.skip('unique')) {
        if (this.mysql) this.skip('key');
        unique(false);
      } else if (this.skip('default')) column.fallback = this.#default();
      else if (this.skip('check')) parts.checks.push(this.#check(table, named, name, parts));
      else if (this.mysql && this.skip('auto_increment')) column.counts = true;
      else if (this.mysql && this.skip('comment')) this.string();
      else if (!this.mysql && this.skip('generated')) {
        if (!this.skip('always')) this.expect('by', 'default');
        this.expect('as', 'identity');
        column.counts = true;
        column.notNull = true;
      } else if (!this.skip('null')) {
        if (this.ahead('references') || named !== undefined) this.fail();
        return column;
      }
    }
  }

  /** A default is checked when it is used. */
  #default(): Expression {
    return this.expression();
  }

  protected createIndex(unique: boolean): Statement {
    const lenient = this.lenient('create');
    const named = this.ahead('on') ? undefined : this.name();
    this.expect('on');
    const table = this.tableName();
    if (this.skip('using')) this.name();
    const columns = this.inParentheses(() =>
      this.list(() => {
        const name = this.name();
        if (!this.skip('asc')) this.skip('desc');
        return name;
      }),
    );
    const name = named ?? `${table.table}_${columns.join('_')}_idx`;
    return { t: 'create-index', name, table, columns, unique, lenient };
  }

  protected alterTable(): Statement {
    const table = this.tableName();
    const change = this.#tableChange(table.table);
    if (this.ahead(',')) throw unsupported(this.dialect, 'several changes in one ALTER TABLE');
    return { t: 'alter-table', table, change };
  }

  #tableChange(table: string): TableChange {
    if (this.skip('add')) {
      const named = this.skip('constraint') ? this.name() : undefined;
      const unique = this.#tableUnique(table, named);
      if (unique) return { t: 'add-unique', unique };
      if (named !== undefined || this.ahead('check')) throw unsupported(this.dialect, 'ADD CONSTRAINT');
      this.skip('column');
      const lenient = this.lenient('create');
      const parts: Parts = { columns: [], uniques: [], checks: [] };
      const column = this.column(table, parts);
      if (parts.checks.length > 0) throw unsupported(this.dialect, 'CHECK in ALTER TABLE');
      return { t: 'add', column, uniques: parts.uniques, lenient };
    }
    if (this.skip('drop')) {
      if (this.oneOf('constraint', 'primary', 'index', 'key', 'check') !== undefined)
        throw unsupported(this.dialect, 'DROP CONSTRAINT');
      this.skip('column');
      const lenient = this.lenient('drop');
      return { t: 'drop', column: this.name(), lenient };
    }
    if (!this.mysql && this.skip('owner', 'to')) return { t: 'owner', role: this.name() };
    if (!this.skip('rename'))
      throw this.isName ? unsupported(this.dialect, 'this change of ALTER TABLE') : this.error();
    if (this.skip('to')) return { t: 'rename-table', to: this.name() };
    this.skip('column');
    const column = this.name();
    this.expect('to');
    return { t: 'rename', column, to: this.name() };
  }

  protected dropTable(): Statement {
    const lenient = this.lenient('drop');
    const tables = this.list(() => this.tableName());
    if (!this.skip('cascade')) this.skip('restrict');
    return { t: 'drop-table', tables, lenient };
  }
}
