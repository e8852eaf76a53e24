/** CEL's grammar and its macros. */
import type { Call, Comprehension, Expr, Ident, Issue, ListExpr, Literal, MapExpr, Select, StructExpr } from './ast.ts';
import { type Token, tokenize } from './lexer.ts';

export interface Parsed {
  expression: Expr | undefined;
  issues: readonly Issue[];
}

/** Expressions are written by users: neither their length nor their depth may hurt. */
const maxDepth = 250;
const maxLength = 100_000;

const reserved = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

const relations = new Set(['<', '<=', '>=', '>', '==', '!=', 'in']);
const wanted =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

/** The name of the accumulator in expanded macros; no user can write it. */
export const accumulator = '@result';

class SyntaxFault extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** Parses an expression. Faults are told as issues. */
export function parse(source: string): Parsed {
  if (source.length > maxLength) {
    return {
      expression: undefined,
      issues: [
        { at: 0, message: `expression code point size exceeds limit: size: ${source.length}, limit ${maxLength}` },
      ],
    };
  }
  const { tokens, issues } = tokenize(source);
  const parser = new Parser(tokens, issues);
  try {
    const expression = parser.whole();
    return { expression: issues.length === 0 ? expression : undefined, issues };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return { expression: undefined, issues: [...issues, { at: error.at, message: error.message }] };
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #issues: Issue[];
  #next = 0;
  #ids = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], issues: Issue[]) {
    this.#tokens = tokens;
    this.#issues = issues;
  }

  whole(): Expr {
    const expression = this.#expression();
    const left = this.#peek();
    if (left.kind !== 'end') {
      const last = this.#tokens[this.#next + 1]?.kind === 'end';
      throw new SyntaxFault(
        left.at,
        `Syntax error: ${last ? 'extraneous' : 'mismatched'} input '${left.raw}' expecting <EOF>`,
      );
    }
    return expression;
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #take(): Token {
    return this.#tokens[this.#next++] as Token;
  }

  #is(text: string): boolean {
    const token = this.#peek();
    return token.text === text && (token.kind === 'punctuation' || token.kind === 'ident');
  }

  #accept(text: string): Token | undefined {
    return this.#is(text) ? this.#take() : undefined;
  }

  #expect(text: string, expecting: string): Token {
    const found = this.#accept(text);
    if (found) return found;
    const { at, raw } = this.#peek();
    throw new SyntaxFault(at, `Syntax error: mismatched input '${raw}' expecting ${expecting}`);
  }

  #expression(): Expr {
    if (++this.#depth > maxDepth) {
      throw new SyntaxFault(this.#peek().at, `expression recursion limit exceeded: ${maxDepth}`);
    }
    const condition = this.#or();
    const question = this.#accept('?');
    let result = condition;
    if (question) {
      const yes = this.#or();
      this.#expect(':', "':'");
      result = this.#call(question.at, '_?_:_', undefined, [condition, yes, this.#expression()]);
    }
    this.#depth--;
    return result;
  }

  #or(): Expr {
    return this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#relation()));
  }

  /** Long chains become balanced trees: their depth stays small. */
  #logical(operator: string, name: string, operand: () => Expr): Expr {
    const terms = [operand()];
    const ops: number[] = [];
    for (let token = this.#accept(operator); token; token = this.#accept(operator)) {
      ops.push(token.at);
      terms.push(operand());
    }
    const tree = (from: number, to: number): Expr => {
      if (from === to) return terms[from] as Expr;
      const middle = Math.floor((from + to) / 2);
      return this.#call(ops[middle] ?? 0, name, undefined, [tree(from, middle), tree(middle + 1, to)]);
    };
    return tree(0, terms.length - 1);
  }

  #relation(): Expr {
    let left = this.#sum();
    while (relations.has(this.#peek().text) && this.#peek().kind !== 'string') {
      const { at, text } = this.#take();
      left = this.#call(at, text === 'in' ? '@in' : `_${text}_`, undefined, [left, this.#sum()]);
    }
    return left;
  }

  #sum(): Expr {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/', '%'], () => this.#unary()));
  }

  #chain(operators: readonly string[], operand: () => Expr): Expr {
    let left = operand();
    while (this.#peek().kind === 'punctuation' && operators.includes(this.#peek().text)) {
      const { at, text } = this.#take();
      left = this.#call(at, `_${text}_`, undefined, [left, operand()]);
    }
    return left;
  }

  #unary(): Expr {
    for (const [operator, name] of [
      ['!', '!_'],
      ['-', '-_'],
    ] as const) {
      const first = this.#accept(operator);
      if (!first) continue;
      let count = 1;
      while (this.#accept(operator)) count++;
      const number = this.#peek();
      // A negative number is one literal.
      if (
        operator === '-' &&
        count === 1 &&
        (number.kind === 'int' || number.kind === 'double') &&
        number.at === first.at + 1
      ) {
        this.#take();
        return this.#members(this.#number(number, first.at, '-'));
      }
      const operand = this.#members(this.#primary());
      return count % 2 === 0 ? operand : this.#call(first.at, name, undefined, [operand]);
    }
    return this.#members(this.#primary());
  }

  #members(start: Expr): Expr {
    let left = start;
    for (;;) {
      const dot = this.#accept('.');
      if (dot) {
        const optional = this.#accept('?') !== undefined;
        const name = this.#take();
        if (name.kind !== 'ident') {
          throw new SyntaxFault(
            name.at,
            `Syntax error: no viable alternative at input '.${name.raw === '<EOF>' ? '' : name.raw}'`,
          );
        }
        const field = name.text.replace(/^`(.*)`$/, '$1');
        const open = optional ? undefined : this.#accept('(');
        if (open) left = this.#memberCall(left, field, open.at);
        else if (optional)
          left = this.#call(dot.at, '_?._', undefined, [left, this.#literal(name.at, 'string', field)]);
        else left = this.#select(dot.at, left, field, false);
        continue;
      }
      const open = this.#accept('[');
      if (!open) return left;
      const optional = this.#accept('?') !== undefined;
      const index = this.#expression();
      this.#expect(']', "']'");
      left = this.#call(open.at, optional ? '_[?_]' : '_[_]', undefined, [left, index]);
    }
  }

  #memberCall(target: Expr, name: string, at: number): Expr {
    const args = this.#arguments(')');
    return this.#macro(at, name, target, args) ?? this.#call(at, name, target, args);
  }

  #arguments(close: string): Expr[] {
    const args: Expr[] = [];
    if (this.#accept(close)) return args;
    do args.push(this.#expression());
    while (this.#accept(','));
    this.#expect(close, `'${close}'`);
    return args;
  }

  #primary(): Expr {
    const token = this.#peek();
    switch (token.kind) {
      case 'int':
      case 'uint':
      case 'double':
        return this.#number(this.#take(), token.at, '');
      case 'string':
        return this.#literal(this.#take().at, 'string', token.text);
      case 'bytes':
        return this.#literal(this.#take().at, 'bytes', new Uint8Array(Buffer.from(token.text, 'latin1')));
      case 'ident':
        return this.#name(this.#take(), '');
      case 'punctuation':
        break;
      case 'end':
        throw new SyntaxFault(token.at, `Syntax error: mismatched input '<EOF>' expecting ${wanted}`);
    }
    this.#take();
    switch (token.text) {
      case '(': {
        const inner = this.#expression();
        this.#expect(')', "')'");
        return inner;
      }
      case '[':
        return this.#list(token.at);
      case '{':
        return this.#map(token.at);
      case '.':
        if (this.#peek().kind === 'ident') return this.#name(this.#take(), '.');
    }
    throw new SyntaxFault(token.at, `Syntax error: extraneous input '${token.raw}' expecting ${wanted}`);
  }

  #name(token: Token, dot: string): Expr {
    const { text, at } = token;
    if (text === 'true' || text === 'false') return this.#literal(at, 'bool', text === 'true');
    if (text === 'null') return this.#literal(at, 'null', null);
    if (reserved.has(text)) this.#issues.push({ at, message: `reserved identifier: ${text}` });
    const open = this.#accept('(');
    if (open) {
      const args = this.#arguments(')');
      return this.#macro(open.at, text, undefined, args) ?? this.#call(open.at, dot + text, undefined, args);
    }
    const struct = this.#structName(text);
    return struct ?? this.#ident(at, dot + text);
  }

  /** `a.b.C{field: value}`. */
  #structName(first: string): Expr | undefined {
    let end = this.#next;
    let name = first;
    while (this.#tokens[end]?.text === '.' && this.#tokens[end + 1]?.kind === 'ident') {
      name += `.${this.#tokens[end + 1]?.text}`;
      end += 2;
    }
    if (this.#tokens[end]?.text !== '{' || this.#tokens[end]?.kind !== 'punctuation') return undefined;
    this.#next = end + 1;
    const at = this.#tokens[end]?.at ?? 0;
    const fields: StructExpr['fields'][number][] = [];
    while (!this.#is('}')) {
      const optional = this.#accept('?') !== undefined;
      const field = this.#take();
      const colon = this.#expect(':', "':'");
      fields.push({ name: field.text, value: this.#expression(), optional, at: colon.at });
      if (!this.#accept(',')) break;
    }
    this.#expect('}', "'}'");
    const node: StructExpr = { kind: 'struct', id: ++this.#ids, at, name, fields };
    return node;
  }

  #list(at: number): Expr {
    const items: Expr[] = [];
    const optional = new Set<number>();
    while (!this.#is(']')) {
      if (this.#accept('?')) optional.add(items.length);
      items.push(this.#expression());
      if (!this.#accept(',')) break;
    }
    this.#expect(']', "']'");
    return this.#listOf(at, items, optional);
  }

  #map(at: number): Expr {
    const entries: MapExpr['entries'][number][] = [];
    while (!this.#is('}')) {
      const optional = this.#accept('?') !== undefined;
      const key = this.#expression();
      this.#expect(':', "':'");
      entries.push({ key, value: this.#expression(), optional });
      if (!this.#accept(',')) break;
    }
    this.#expect('}', "'}'");
    const node: MapExpr = { kind: 'map', id: ++this.#ids, at, entries };
    return node;
  }

  #number(token: Token, at: number, sign: string): Literal {
    const { kind, text } = token;
    if (kind === 'double') return this.#literal(at, 'double', Number(sign + text));
    const value = BigInt(text.replace(/[uU]$/, '')) * (sign === '-' ? -1n : 1n);
    if (kind === 'uint') {
      if (value >= 1n << 64n) this.#issues.push({ at, message: 'invalid uint literal' });
      return this.#literal(at, 'uint', value);
    }
    if (value >= 1n << 63n || value < -(1n << 63n)) this.#issues.push({ at, message: 'invalid int literal' });
    return this.#literal(at, 'int', value);
  }

  #literal(at: number, of: Literal['of'], value: unknown): Literal {
    return { kind: 'literal', id: ++this.#ids, at, of, value };
  }

  #ident(at: number, name: string): Ident {
    return { kind: 'ident', id: ++this.#ids, at, name };
  }

  #select(at: number, operand: Expr, field: string, test: boolean): Select {
    return { kind: 'select', id: ++this.#ids, at, operand, field, test };
  }

  #call(at: number, name: string, target: Expr | undefined, args: readonly Expr[]): Call {
    return { kind: 'call', id: ++this.#ids, at, name, target, args };
  }

  #listOf(at: number, items: readonly Expr[], optional: ReadonlySet<number> = new Set()): ListExpr {
    return { kind: 'list', id: ++this.#ids, at, items, optional };
  }

  /** The expansion of a macro; undefined if it is an ordinary call. */
  #macro(at: number, name: string, target: Expr | undefined, args: readonly Expr[]): Expr | undefined {
    if (!target) return name === 'has' && args.length === 1 ? this.#has(args[0] as Expr) : undefined;
    const [first, second, third, fourth] = args;
    if (name === 'bind' && target.kind === 'ident' && target.name === 'cel' && first && second && third) {
      return this.#bind(at, first, second, third);
    }
    if (args.length === 2 && first && second) {
      switch (name) {
        case 'all':
        case 'exists':
        case 'exists_one':
        case 'existsOne':
          return this.#quantifier(at, name, target, [first], second);
        case 'map':
          return this.#collect(at, target, first, undefined, second);
        case 'filter':
          return this.#collect(at, target, first, second, first);
        case 'optMap':
        case 'optFlatMap':
          return this.#optionalMap(at, name, target, first, second);
      }
    }
    if (args.length === 3 && first && second && third) {
      if (name === 'map') return this.#collect(at, target, first, second, third);
      if (['all', 'exists', 'existsOne'].includes(name))
        return this.#quantifier(at, name, target, [first, second], third);
      if (name === 'transformList') return this.#transformList(at, target, [first, second], undefined, third);
      if (name === 'transformMap') return this.#transformMap(at, target, [first, second], undefined, third);
    }
    if (args.length === 4 && first && second && third && fourth) {
      if (name === 'transformList') return this.#transformList(at, target, [first, second], third, fourth);
      if (name === 'transformMap') return this.#transformMap(at, target, [first, second], third, fourth);
    }
    return undefined;
  }

  #has(of: Expr): Expr {
    if (of.kind === 'select' && !of.test) return this.#select(of.at, of.operand, of.field, true);
    this.#issues.push({ at: of.at, message: 'invalid argument to has() macro' });
    return of;
  }

  #variable(of: Expr): string {
    if (of.kind === 'ident' && !of.name.startsWith('.')) return of.name;
    this.#issues.push({ at: of.at, message: 'argument must be a simple name' });
    return '';
  }

  #comprehension(
    at: number,
    range: Expr,
    variables: readonly Expr[],
    parts: Pick<Comprehension, 'init' | 'condition' | 'step' | 'result'>,
  ): Comprehension {
    const [first, second] = variables;
    return {
      kind: 'comprehension',
      id: ++this.#ids,
      at,
      range,
      variable: first ? this.#variable(first) : '#unused',
      second: second && this.#variable(second),
      accumulator,
      ...parts,
    };
  }

  #quantifier(at: number, name: string, range: Expr, variables: readonly Expr[], predicate: Expr): Expr {
    const accu = () => this.#ident(at, accumulator);
    const truth = (value: boolean) => this.#literal(at, 'bool', value);
    if (name === 'all') {
      return this.#comprehension(at, range, variables, {
        init: truth(true),
        condition: this.#call(at, '@not_strictly_false', undefined, [accu()]),
        step: this.#call(at, '_&&_', undefined, [accu(), predicate]),
        result: accu(),
      });
    }
    if (name === 'exists') {
      const none = this.#call(at, '!_', undefined, [accu()]);
      return this.#comprehension(at, range, variables, {
        init: truth(false),
        condition: this.#call(at, '@not_strictly_false', undefined, [none]),
        step: this.#call(at, '_||_', undefined, [accu(), predicate]),
        result: accu(),
      });
    }
    const one = () => this.#literal(at, 'int', 1n);
    const more = this.#call(at, '_+_', undefined, [accu(), one()]);
    return this.#comprehension(at, range, variables, {
      init: this.#literal(at, 'int', 0n),
      condition: truth(true),
      step: this.#call(at, '_?_:_', undefined, [predicate, more, accu()]),
      result: this.#call(at, '_==_', undefined, [accu(), one()]),
    });
  }

  /** map and filter. */
  #collect(at: number, range: Expr, variable: Expr, filter: Expr | undefined, item: Expr): Expr {
    return this.#gather(at, range, [variable], filter, () =>
      this.#call(at, '_+_', undefined, [this.#ident(at, accumulator), this.#listOf(at, [this.#copy(item)])]),
    );
  }

  #transformList(at: number, range: Expr, variables: readonly Expr[], filter: Expr | undefined, item: Expr): Expr {
    return this.#gather(at, range, variables, filter, () =>
      this.#call(at, '_+_', undefined, [this.#ident(at, accumulator), this.#listOf(at, [item])]),
    );
  }

  #gather(at: number, range: Expr, variables: readonly Expr[], filter: Expr | undefined, more: () => Expr): Expr {
    const step = more();
    return this.#comprehension(at, range, variables, {
      init: this.#listOf(at, []),
      condition: this.#literal(at, 'bool', true),
      step: filter ? this.#call(at, '_?_:_', undefined, [filter, step, this.#ident(at, accumulator)]) : step,
      result: this.#ident(at, accumulator),
    });
  }

  #transformMap(at: number, range: Expr, variables: readonly Expr[], filter: Expr | undefined, value: Expr): Expr {
    const [key] = variables;
    const accu = () => this.#ident(at, accumulator);
    const step = this.#call(at, 'cel.@mapInsert', undefined, [accu(), this.#copy(key as Expr), value]);
    const empty: MapExpr = { kind: 'map', id: ++this.#ids, at, entries: [] };
    return this.#comprehension(at, range, variables, {
      init: empty,
      condition: this.#literal(at, 'bool', true),
      step: filter ? this.#call(at, '_?_:_', undefined, [filter, step, accu()]) : step,
      result: accu(),
    });
  }

  /** The variable of filter stands twice: each has a type of its own. */
  #copy(of: Expr): Expr {
    return of.kind === 'ident' ? this.#ident(of.at, of.name) : of;
  }

  #bind(at: number, variable: Expr, value: Expr, result: Expr): Expr {
    return {
      kind: 'comprehension',
      id: ++this.#ids,
      at,
      range: this.#listOf(at, []),
      variable: '#unused',
      second: undefined,
      accumulator: this.#variable(variable),
      init: value,
      condition: this.#literal(at, 'bool', false),
      step: this.#ident(at, this.#variable(variable)),
      result,
    };
  }

  #optionalMap(at: number, name: string, target: Expr, variable: Expr, mapped: Expr): Expr {
    const value = this.#call(at, 'value', target, []);
    const bound = this.#bind(at, variable, value, mapped);
    const result = name === 'optMap' ? this.#call(at, 'optional.of', undefined, [bound]) : bound;
    const none = this.#call(at, 'optional.none', undefined, []);
    return this.#call(at, '_?_:_', undefined, [this.#call(at, 'hasValue', this.#again(target), []), result, none]);
  }

  /** An expression that is evaluated twice. */
  #again(of: Expr): Expr {
    return { ...of, id: ++this.#ids };
  }
}
