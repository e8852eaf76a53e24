/** As much SQL as it takes to see that a database keeps what it is given: tables, rows, conditions. */

export type Value = string | number | null;

export type Expression =
  | { t: 'value'; value: Value }
  | { t: 'column'; name: string }
  | { t: 'call'; name: string; args: Expression[]; star: boolean }
  | { t: 'variable'; name: string }
  | { t: 'binary'; op: string; left: Expression; right: Expression }
  | { t: 'not' | 'negate'; of: Expression }
  | { t: 'null-test'; of: Expression; negated: boolean }
  | { t: 'in'; of: Expression; list: Expression[]; negated: boolean };

export interface Column {
  name: string;
  type: string;
  notNull: boolean;
  key: boolean;
  counts: boolean;
  fallback: Expression | undefined;
}

interface Name {
  database: string | undefined;
  table: string;
}

export type Statement =
  | {
      t: 'select';
      /** `label`: the name after AS; `text`: as it was written. An item without expression is `*`. */
      items: { expression: Expression | undefined; label: string | undefined; text: string }[];
      from: Name | undefined;
      where: Expression | undefined;
      order: { by: Expression; down: boolean }[];
      limit: number | undefined;
    }
  | { t: 'insert'; into: Name; columns: string[] | undefined; rows: Expression[][] }
  | { t: 'update'; table: Name; set: [string, Expression][]; where: Expression | undefined }
  | { t: 'delete'; from: Name; where: Expression | undefined }
  | { t: 'create-table'; table: Name; columns: Column[]; unlessThere: boolean }
  | { t: 'create-database' | 'drop-database'; name: string; lenient: boolean }
  | { t: 'drop-table'; tables: Name[]; lenient: boolean }
  | { t: 'create-user'; name: string; password: string | undefined; lenient: boolean }
  | { t: 'show'; what: 'databases' | 'tables' }
  | { t: 'describe'; table: Name }
  | { t: 'use'; name: string }
  | { t: 'nothing'; tag: string };

/** A statement that is not understood; `near` is the text from where on. */
export class SqlSyntaxError extends Error {
  readonly near: string;

  constructor(near: string) {
    super(`syntax error at or near "${near}"`);
    this.near = near;
  }
}

interface Token {
  t: 'word' | 'quoted' | 'string' | 'number' | 'op' | 'end';
  text: string;
  at: number;
}

/** `backticks`: MySQL's way, where `"` quotes strings too. */
function lex(source: string, backticks: boolean): Token[] {
  const tokens: Token[] = [];
  const pattern =
    /(\s+|--[^\n]*|\/\*[\s\S]*?\*\/|#[^\n]*)|('(?:[^'\\]|''|\\[\s\S])*')|("(?:[^"]|"")*")|(`[^`]*`)|(@@?[A-Za-z_][\w.]*)|([A-Za-z_][\w$]*)|(\d+\.?\d*|\.\d+)|(<=|>=|<>|!=|\|\||::|[-+*/%=<>(),.;])/y;
  for (let at = 0; at < source.length; ) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (!match) throw new SqlSyntaxError(source.slice(at, at + 80));
    const [text, blank, string, double, backtick, variable, word, number] = match;
    const unquote = (quoted: string, quote: string) =>
      quoted
        .slice(1, -1)
        .replaceAll(quote + quote, quote)
        .replace(/\\(.)/g, (whole, c: string) => (backticks ? ({ n: '\n', t: '\t' }[c] ?? c) : whole));
    if (string !== undefined) tokens.push({ t: 'string', text: unquote(string, "'"), at });
    else if (double !== undefined) tokens.push({ t: backticks ? 'string' : 'quoted', text: unquote(double, '"'), at });
    else if (backtick !== undefined) tokens.push({ t: 'quoted', text: backtick.slice(1, -1), at });
    else if (variable !== undefined || word !== undefined) tokens.push({ t: 'word', text, at });
    else if (number !== undefined) tokens.push({ t: 'number', text, at });
    else if (blank === undefined) tokens.push({ t: 'op', text, at });
    at += text.length;
  }
  tokens.push({ t: 'end', text: '', at: source.length });
  return tokens;
}

const reserved = new Set(
  'from where order group limit having as and or not is null in like between union join on set values asc desc'.split(
    ' ',
  ),
);

class Parser {
  readonly #source: string;
  readonly #tokens: Token[];
  #at = 0;

  constructor(source: string, backticks: boolean) {
    this.#source = source;
    this.#tokens = lex(source, backticks);
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] ?? { t: 'end', text: '', at: 0 };
  }

  #fail(): never {
    throw new SqlSyntaxError(this.#source.slice(this.#peek().at).trim());
  }

  /** Takes the words or signs if they come next. */
  #skip(...words: string[]): boolean {
    const found = words.every((word, i) => {
      const { t, text } = this.#peek(i);
      return (t === 'word' || t === 'op') && text.toLowerCase() === word;
    });
    if (found) this.#at += words.length;
    return found;
  }

  #expect(...words: string[]): void {
    if (!this.#skip(...words)) this.#fail();
  }

  #name(): string {
    const { t, text } = this.#peek();
    if (t !== 'quoted' && (t !== 'word' || reserved.has(text.toLowerCase()))) this.#fail();
    this.#at++;
    return t === 'quoted' ? text : text.toLowerCase();
  }

  #tableName(): Name {
    const first = this.#name();
    return this.#skip('.') ? { database: first, table: this.#name() } : { database: undefined, table: first };
  }

  #list<T>(read: () => T): T[] {
    const all = [read()];
    while (this.#skip(',')) all.push(read());
    return all;
  }

  /** Everything up to the end of the input. */
  statements(): Statement[] {
    const all: Statement[] = [];
    while (this.#peek().t !== 'end') {
      if (this.#skip(';')) continue;
      all.push(this.#statement());
      if (!this.#skip(';') && this.#peek().t !== 'end') this.#fail();
    }
    return all;
  }

  #statement(): Statement {
    if (this.#skip('select')) return this.#select();
    if (this.#skip('insert', 'into')) return this.#insert();
    if (this.#skip('update')) {
      const table = this.#tableName();
      this.#expect('set');
      const set = this.#list((): [string, Expression] => {
        const name = this.#name();
        this.#expect('=');
        return [name, this.#expression()];
      });
      return { t: 'update', table, set, where: this.#where() };
    }
    if (this.#skip('delete', 'from')) return { t: 'delete', from: this.#tableName(), where: this.#where() };
    if (this.#skip('create')) return this.#create();
    if (this.#skip('drop')) return this.#drop();
    if (this.#skip('show')) {
      if (this.#skip('databases') || this.#skip('schemas')) return { t: 'show', what: 'databases' };
      this.#expect('tables');
      return { t: 'show', what: 'tables' };
    }
    if (this.#skip('describe') || this.#skip('desc')) return { t: 'describe', table: this.#tableName() };
    if (this.#skip('use')) return { t: 'use', name: this.#name() };
    for (const [words, tag] of [
      [['grant'], 'GRANT'],
      [['revoke'], 'REVOKE'],
      [['flush', 'privileges'], 'FLUSH'],
      [['set'], 'SET'],
      [['begin'], 'BEGIN'],
      [['start', 'transaction'], 'BEGIN'],
      [['commit'], 'COMMIT'],
    ] as const) {
      if (!this.#skip(...words)) continue;
      while (this.#peek().t !== 'end' && this.#peek().text !== ';') this.#at++;
      return { t: 'nothing', tag };
    }
    this.#fail();
  }

  #select(): Statement {
    const items = this.#list(() => {
      if (this.#skip('*')) return { expression: undefined, label: undefined, text: '*' };
      const from = this.#peek().at;
      const expression = this.#expression();
      const text = this.#source.slice(from, this.#peek().at).trim();
      if (this.#skip('as')) return { expression, label: this.#name(), text };
      const { t, text: next } = this.#peek();
      const alias = t === 'quoted' || (t === 'word' && !reserved.has(next.toLowerCase()));
      return { expression, label: alias ? this.#name() : undefined, text };
    });
    const from = this.#skip('from') ? this.#tableName() : undefined;
    const where = this.#where();
    const order = this.#skip('order', 'by')
      ? this.#list(() => {
          const by = this.#expression();
          const down = this.#skip('desc');
          if (!down) this.#skip('asc');
          return { by, down };
        })
      : [];
    let limit: number | undefined;
    if (this.#skip('limit')) {
      const { t, text } = this.#peek();
      if (t !== 'number') this.#fail();
      this.#at++;
      limit = Number(text);
    }
    return { t: 'select', items, from, where, order, limit };
  }

  #where(): Expression | undefined {
    return this.#skip('where') ? this.#expression() : undefined;
  }

  #insert(): Statement {
    const into = this.#tableName();
    let columns: string[] | undefined;
    if (this.#skip('(')) {
      columns = this.#list(() => this.#name());
      this.#expect(')');
    }
    if (!this.#skip('values')) this.#expect('value');
    const rows = this.#list(() => {
      this.#expect('(');
      const row = this.#list(() => this.#expression());
      this.#expect(')');
      return row;
    });
    return { t: 'insert', into, columns, rows };
  }

  #create(): Statement {
    if (this.#skip('database') || this.#skip('schema')) {
      const lenient = this.#skip('if', 'not', 'exists');
      return { t: 'create-database', name: this.#name(), lenient };
    }
    if (this.#skip('user') || this.#skip('role')) {
      const lenient = this.#skip('if', 'not', 'exists');
      const { t, text } = this.#peek();
      if (t !== 'string' && t !== 'word' && t !== 'quoted') this.#fail();
      this.#at++;
      let password: string | undefined;
      // `'user'@'host' IDENTIFIED BY 'x'`, `user WITH LOGIN PASSWORD 'x'`
      while (this.#peek().t !== 'end' && this.#peek().text !== ';') {
        const introduces = this.#skip('identified', 'by') || this.#skip('password');
        if (introduces && this.#peek().t === 'string') password = this.#peek().text;
        this.#at++;
      }
      return { t: 'create-user', name: text, password, lenient };
    }
    this.#expect('table');
    const unlessThere = this.#skip('if', 'not', 'exists');
    const table = this.#tableName();
    this.#expect('(');
    const columns: Column[] = [];
    do {
      if (this.#skip('primary', 'key', '(')) {
        for (const name of this.#list(() => this.#name())) {
          const column = columns.find((c) => c.name === name);
          if (column) Object.assign(column, { key: true, notNull: true });
        }
        this.#expect(')');
      } else columns.push(this.#column());
    } while (this.#skip(','));
    this.#expect(')');
    // ENGINE, CHARSET and the like change nothing here.
    while (this.#peek().t !== 'end' && this.#peek().text !== ';') this.#at++;
    return { t: 'create-table', table, columns, unlessThere };
  }

  #column(): Column {
    const column: Column = {
      name: this.#name(),
      type: this.#name(),
      notNull: false,
      key: false,
      counts: false,
      fallback: undefined,
    };
    if (this.#skip('(')) {
      const sizes = this.#list(() => this.#peek().text && this.#tokens[this.#at++]?.text);
      this.#expect(')');
      column.type += `(${sizes.join(',')})`;
    } else if (column.type === 'double' || column.type === 'character') {
      if (this.#skip('precision') || this.#skip('varying'))
        column.type = column.type === 'double' ? 'double precision' : 'varchar';
    }
    column.counts = /^(big|small)?serial$/.test(column.type);
    for (;;) {
      if (this.#skip('not', 'null')) column.notNull = true;
      else if (this.#skip('null') || this.#skip('unique') || this.#skip('unsigned')) continue;
      else if (this.#skip('primary', 'key')) Object.assign(column, { key: true, notNull: true });
      else if (this.#skip('auto_increment')) column.counts = true;
      else if (this.#skip('default')) column.fallback = this.#primary();
      else return column;
    }
  }

  #drop(): Statement {
    const database = this.#skip('database') || this.#skip('schema');
    if (!database) this.#expect('table');
    const lenient = this.#skip('if', 'exists');
    if (database) return { t: 'drop-database', name: this.#name(), lenient };
    return { t: 'drop-table', tables: this.#list(() => this.#tableName()), lenient };
  }

  #expression(): Expression {
    let left = this.#conjunction();
    while (this.#skip('or')) left = { t: 'binary', op: 'or', left, right: this.#conjunction() };
    return left;
  }

  #conjunction(): Expression {
    let left = this.#negation();
    while (this.#skip('and')) left = { t: 'binary', op: 'and', left, right: this.#negation() };
    return left;
  }

  #negation(): Expression {
    return this.#skip('not') ? { t: 'not', of: this.#negation() } : this.#comparison();
  }

  #comparison(): Expression {
    const left = this.#sum();
    if (this.#skip('is', 'not', 'null')) return { t: 'null-test', of: left, negated: true };
    if (this.#skip('is', 'null')) return { t: 'null-test', of: left, negated: false };
    const negated = this.#skip('not');
    if (this.#skip('in', '(')) {
      const list = this.#list(() => this.#expression());
      this.#expect(')');
      return { t: 'in', of: left, list, negated };
    }
    if (this.#skip('like')) {
      const like: Expression = { t: 'binary', op: 'like', left, right: this.#sum() };
      return negated ? { t: 'not', of: like } : like;
    }
    if (negated) this.#fail();
    const op = ['=', '<>', '!=', '<=', '>=', '<', '>'].find((o) => this.#skip(o));
    return op === undefined ? left : { t: 'binary', op: op === '!=' ? '<>' : op, left, right: this.#sum() };
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      const op = ['+', '-', '||'].find((o) => this.#skip(o));
      if (op === undefined) return left;
      left = { t: 'binary', op, left, right: this.#product() };
    }
  }

  #product(): Expression {
    let left = this.#primary();
    for (;;) {
      const op = ['*', '/', '%'].find((o) => this.#skip(o));
      if (op === undefined) return left;
      left = { t: 'binary', op, left, right: this.#primary() };
    }
  }

  #primary(): Expression {
    if (this.#skip('(')) {
      const inner = this.#expression();
      this.#expect(')');
      return inner;
    }
    if (this.#skip('-')) return { t: 'negate', of: this.#primary() };
    for (const [word, value] of [
      ['null', null],
      ['true', 1],
      ['false', 0],
    ] as const)
      if (this.#skip(word)) return { t: 'value', value };
    const token = this.#peek();
    if (token.t === 'string' || token.t === 'number') {
      this.#at++;
      return { t: 'value', value: token.t === 'number' ? Number(token.text) : token.text };
    }
    if (token.t === 'word' && token.text.startsWith('@')) {
      this.#at++;
      return { t: 'variable', name: token.text.replace(/^@@((global|session)\.)?/i, '').toLowerCase() };
    }
    const name = this.#name();
    if (this.#skip('.')) return { t: 'column', name: this.#name() };
    if (!this.#skip('(')) return { t: 'column', name };
    const star = this.#skip('*');
    const args = star || this.#peek().text === ')' ? [] : this.#list(() => this.#expression());
    this.#expect(')');
    return { t: 'call', name, args, star };
  }
}

/** Reads statements that follow each other. Throws SqlSyntaxError. */
export function parseSql(source: string, dialect: 'mysql' | 'postgres'): Statement[] {
  return new Parser(source, dialect === 'mysql').statements();
}
