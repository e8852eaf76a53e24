/**
 * Reads expressions and queries.
 * Large because expressions and queries hold each other: one grammar.
 */
import type { Expression, Name, Select, SelectItem, Source } from './ast.ts';
import { fault, tooDeep } from './errors.ts';
import { TokenReader } from './reader.ts';
import { type Type, typeOfName } from './types.ts';

/** How many operators may stand in one expression: what walks it recurses. */
const MAX_HEIGHT = 1000;

/** Functions that are called without parentheses. */
const bare = new Set(
  'current_date current_time current_timestamp current_user session_user user localtimestamp'.split(' '),
);

/** Reads queries. Large because it is one grammar, a method for each of its rules. */
export class QueryParser extends TokenReader {
  readonly #heights = new WeakMap<Expression, number>();
  /** Queries with a name (WITH), the inner ones last. */
  readonly #named: Map<string, Select>[] = [];

  #binary(op: string, left: Expression, right: Expression): Expression {
    const node: Expression = { t: 'binary', op, left, right };
    const height = 1 + Math.max(this.#heights.get(left) ?? 0, this.#heights.get(right) ?? 0);
    if (height > MAX_HEIGHT) throw tooDeep(this.dialect);
    this.#heights.set(node, height);
    return node;
  }

  protected expression(): Expression {
    return this.nested(() => {
      let left = this.#conjunction();
      while (this.skip('or')) left = this.#binary('or', left, this.#conjunction());
      return left;
    });
  }

  #conjunction(): Expression {
    let left = this.#negation();
    while (this.skip('and') || (this.mysql && this.skip('&&'))) left = this.#binary('and', left, this.#negation());
    return left;
  }

  #negation(): Expression {
    return this.skip('not') ? { t: 'not', of: this.nested(() => this.#negation()) } : this.#comparison();
  }

  #comparison(): Expression {
    let left = this.#sum();
    for (;;) {
      const op = this.oneOf('=', '<>', '!=', '<=', '>=', '<', '>');
      if (op !== undefined) left = this.#binary(op === '!=' ? '<>' : op, left, this.#sum());
      else {
        const test = this.#test(left);
        if (!test) return left;
        left = test;
      }
    }
  }

  /** IS, IN, LIKE and BETWEEN after `left`. */
  #test(left: Expression): Expression | undefined {
    if (this.skip('is')) {
      const negated = this.skip('not');
      if (this.skip('null')) return { t: 'null-test', of: left, negated };
      const value = this.skip('true') || !this.skip('false');
      const same = this.#binary('is', left, { t: 'value', value });
      return negated ? { t: 'not', of: same } : same;
    }
    const negated = this.ahead('not') && ['in', 'like', 'ilike', 'between'].includes(this.peek(1).text.toLowerCase());
    if (negated) this.at++;
    const not = (of: Expression): Expression => (negated ? { t: 'not', of } : of);
    if (this.skip('in')) {
      return this.inParentheses((): Expression => {
        if (this.ahead('select') || this.ahead('with'))
          return { t: 'in-query', of: left, query: this.query(), negated };
        return { t: 'in', of: left, list: this.list(() => this.expression()), negated };
      });
    }
    if (this.skip('like')) return not(this.#binary('like', left, this.#sum()));
    if (!this.mysql && this.skip('ilike')) return not(this.#binary('ilike', left, this.#sum()));
    if (this.skip('between')) {
      const low = this.#sum();
      this.expect('and');
      return not(this.#binary('and', this.#binary('>=', left, low), this.#binary('<=', left, this.#sum())));
    }
    return undefined;
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      const op = this.oneOf('+', '-', '||');
      if (op === undefined) return left;
      left = this.#binary(this.mysql && op === '||' ? 'or' : op, left, this.#product());
    }
  }

  #product(): Expression {
    let left = this.#unary();
    for (;;) {
      const op = this.oneOf('*', '/', '%') ?? (this.mysql ? this.oneOf('div', 'mod') : undefined);
      if (op === undefined) return left;
      left = this.#binary(op === 'mod' ? '%' : op, left, this.#unary());
    }
  }

  #unary(): Expression {
    if (this.skip('-')) return { t: 'negate', of: this.nested(() => this.#unary()) };
    if (this.skip('+')) return this.nested(() => this.#unary());
    let of = this.#primary();
    while (!this.mysql && this.skip('::')) of = this.nested(() => ({ t: 'cast', of, type: this.type() }));
    return of;
  }

  #primary(): Expression {
    const token = this.peek();
    if (this.skip('(')) {
      const inner: Expression =
        this.ahead('select') || this.ahead('with') ? { t: 'scalar', query: this.query() } : this.expression();
      this.expect(')');
      return inner;
    }
    if (token.t === 'string' || token.t === 'number') {
      this.at++;
      if (token.t === 'string') return { t: 'value', value: token.text };
      const fraction = /\.(\d*)/.exec(token.text)?.[1]?.length;
      return { t: 'value', value: Number(token.text), ...(fraction !== undefined && { fraction }) };
    }
    if (token.t === 'word' && token.text.startsWith('@')) return this.#variable();
    if (this.skip('null')) return { t: 'value', value: null };
    if (this.skip('true')) return { t: 'value', value: true };
    if (this.skip('false')) return { t: 'value', value: false };
    if (this.skip('exists')) return this.inParentheses(() => ({ t: 'exists', query: this.query() }));
    if (this.skip('case')) return this.#case();
    if (this.skip('default')) return { t: 'default' };
    if (this.skip('cast')) {
      return this.inParentheses(() => {
        const of = this.expression();
        this.expect('as');
        return { t: 'cast', of, type: this.mysql ? this.#castType() : this.type() };
      });
    }
    if (this.mysql && this.ahead('values', '(')) this.fail();
    // PostgreSQL's `date '2024-01-01'`.
    if (token.t === 'word' && this.peek(1).t === 'string' && /^(date|time|timestamp|interval)$/i.test(token.text)) {
      this.at++;
      const type = typeOfName(this.dialect, token.text.toLowerCase(), []);
      if (!type) this.fail();
      return { t: 'cast', of: { t: 'value', value: this.string() }, type };
    }
    return this.#nameOrCall();
  }

  #nameOrCall(): Expression {
    const { at, text } = this.peek();
    // LEFT and RIGHT are functions too.
    const call = /^(left|right|if|replace|values|insert)$/i.test(text) && this.peek(1).text === '(';
    const name = call ? this.word() : this.name();
    if (this.skip('.')) {
      const second = this.name();
      if (this.skip('.')) return { t: 'column', table: second, name: this.name(), at };
      if (!this.ahead('(')) return { t: 'column', table: name, name: second, at };
      if (name !== 'pg_catalog') this.fail();
      return this.#call(second, at);
    }
    if (this.ahead('(')) return this.#call(name, at);
    if (bare.has(name)) return { t: 'call', name, args: [], star: false, distinct: false, at };
    return { t: 'column', table: undefined, name, at };
  }

  #call(name: string, at: number): Expression {
    this.expect('(');
    const distinct = this.skip('distinct');
    const star = this.skip('*');
    const args = star || this.ahead(')') ? [] : this.list(() => this.expression());
    if (name === 'group_concat' && this.skip('separator')) args.push({ t: 'value', value: this.string() });
    this.expect(')');
    if (this.ahead('over')) this.fail();
    return { t: 'call', name, args, star, distinct, at };
  }

  #variable(): Expression {
    const { text } = this.peek();
    this.at++;
    if (!text.startsWith('@@')) return { t: 'variable', scope: 'user', name: text.slice(1).toLowerCase() };
    const [, scope, name = ''] = /^@@(?:(global|session|local)\.)?(.*)$/i.exec(text) ?? [];
    return { t: 'variable', scope: scope?.toLowerCase() === 'global' ? 'global' : 'session', name: name.toLowerCase() };
  }

  #case(): Expression {
    const of = this.ahead('when') ? undefined : this.expression();
    const whens: [Expression, Expression][] = [];
    while (this.skip('when')) {
      const when = this.expression();
      this.expect('then');
      whens.push([when, this.expression()]);
    }
    if (whens.length === 0) this.fail();
    const otherwise = this.skip('else') ? this.expression() : undefined;
    this.expect('end');
    return { t: 'case', of, whens, otherwise };
  }

  /** MySQL's names of types in CAST are others than those of columns. */
  #castType(): Type {
    if (this.skip('signed') || this.skip('unsigned')) {
      if (!this.skip('integer')) this.skip('int');
      return { kind: 'int', bytes: 8, name: 'bigint' };
    }
    if (this.ahead('char') && this.peek(1).text !== '(') {
      this.at++;
      return { kind: 'text', name: 'longtext' };
    }
    return this.type();
  }

  protected type(): Type {
    const { at, text } = this.peek();
    let name = this.name();
    if (name === 'double' && this.skip('precision')) name = 'double precision';
    if (name === 'character' && this.skip('varying')) name = 'character varying';
    const sizes = this.skip('(') ? this.list(() => this.integer()) : [];
    if (sizes.length > 0) this.expect(')');
    if (name === 'timestamp' || name === 'time') {
      if (this.skip('with', 'time', 'zone')) name += 'tz';
      else this.skip('without', 'time', 'zone');
    }
    const type = typeOfName(this.dialect, name, sizes);
    if (type) {
      if (this.mysql && this.skip('unsigned')) return { ...type, name: `${type.name} unsigned` };
      return type;
    }
    if (this.mysql) {
      this.at = this.tokens.findIndex((token) => token.at === at);
      this.fail();
    }
    throw fault(this.dialect, [1064, '42000', ''], ['42704', `type "${text}" does not exist`], { at });
  }

  /** SELECT with what belongs to it, from its first word or WITH on. */
  protected query(): Select {
    return this.nested(() => {
      const names = new Map<string, Select>();
      this.#named.push(names);
      if (this.skip('with')) {
        this.list(() => {
          const name = this.name();
          this.expect('as');
          names.set(
            name,
            this.inParentheses(() => this.query()),
          );
        });
      }
      const query = this.#select();
      while (this.skip('union')) {
        const all = this.skip('all');
        if (!all) this.skip('distinct');
        query.unions.push({ all, query: this.#select() });
      }
      this.#tail(query);
      this.#named.pop();
      return query;
    });
  }

  #select(): Select {
    this.expect('select');
    const distinct = this.skip('distinct');
    if (!distinct) this.skip('all');
    const items = this.selectItems();
    const from = this.skip('from') && !(this.mysql && this.skip('dual')) ? this.#sources() : [];
    const where = this.skip('where') ? this.expression() : undefined;
    const group = this.skip('group', 'by') ? this.list(() => this.expression()) : [];
    const having = this.skip('having') ? this.expression() : undefined;
    return {
      ...{ t: 'select', distinct, items, from, where, group, having },
      ...{ unions: [], order: [], limit: undefined, offset: 0, locks: false },
    };
  }

  protected selectItems(): SelectItem[] {
    return this.list((): SelectItem => {
      if (this.skip('*')) return { expression: undefined, table: undefined, label: undefined, text: '*' };
      if (this.isName && this.peek(1).text === '.' && this.peek(2).text === '*') {
        const table = this.name();
        this.at += 2;
        return { expression: undefined, table, label: undefined, text: `${table}.*` };
      }
      const from = this.peek().at;
      const expression = this.expression();
      const last = this.tokens[this.at - 1];
      const text = this.source.slice(from, this.peek().t === 'end' && last ? undefined : this.peek().at).trim();
      return { expression, table: undefined, label: this.#alias(), text: text.replace(/;$/, '') };
    });
  }

  #alias(): string | undefined {
    if (this.skip('as')) return this.peek().t === 'string' ? this.string() : this.#labelName();
    return this.isName ? this.name() : undefined;
  }

  /** After AS every word is a name. */
  #labelName(): string {
    return this.peek().t === 'word' ? this.word() : this.name();
  }

  #sources(): Source[] {
    const all: Source[] = [this.#source('inner')];
    for (;;) {
      if (this.skip(',') || this.skip('cross', 'join')) all.push(this.#source('inner'));
      else if (this.skip('inner', 'join') || this.skip('join')) all.push(this.#joined('inner'));
      else if (this.skip('left', 'join') || this.skip('left', 'outer', 'join')) all.push(this.#joined('left'));
      else return all;
    }
  }

  #joined(join: 'inner' | 'left'): Source {
    const source = this.#source(join);
    if (this.skip('on')) return { ...source, on: this.expression() };
    if (this.skip('using')) return { ...source, using: this.inParentheses(() => this.list(() => this.name())) };
    if (!this.mysql || join === 'left') this.fail();
    return source;
  }

  #source(join: 'inner' | 'left'): Source {
    const plain = { join, on: undefined, using: [] };
    if (this.skip('(')) {
      const of = this.query();
      this.expect(')');
      const alias = this.#alias();
      if (alias === undefined && (this.mysql || Number.parseInt(this.dialect.version, 10) < 16))
        throw fault(
          this.dialect,
          [1248, '42000', 'Every derived table must have its own alias'],
          ['42601', 'subquery in FROM must have an alias'],
        );
      return { ...plain, alias: alias ?? 'unnamed_subquery', of };
    }
    const name = this.tableName();
    const of: Name | Select = (name.database === undefined && this.#withName(name.table)) || name;
    return { ...plain, of, alias: this.#alias() ?? name.table };
  }

  #withName(name: string): Select | undefined {
    return this.#named.findLast((names) => names.has(name))?.get(name);
  }

  /** ORDER BY, LIMIT and what locks rows. */
  #tail(query: Select): void {
    if (this.skip('order', 'by')) {
      query.order = this.list(() => {
        const by = this.expression();
        const down = this.skip('desc');
        if (!down) this.skip('asc');
        const nulls = this.skip('nulls') ? (this.oneOf('first', 'last') as 'first' | 'last' | undefined) : undefined;
        return { by, down, nulls };
      });
    }
    for (;;) {
      if (this.skip('limit')) {
        if (!this.mysql && this.skip('all')) continue;
        query.limit = this.integer();
        if (this.mysql && this.skip(',')) [query.offset, query.limit] = [query.limit, this.integer()];
      } else if (this.skip('offset')) {
        query.offset = this.integer();
        if (!this.skip('rows')) this.skip('row');
      } else break;
    }
    if (this.skip('for')) {
      this.expect('update');
      query.locks = true;
    }
  }
}
