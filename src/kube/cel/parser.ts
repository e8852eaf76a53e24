/** CEL's grammar. */
import type { Expr, Issue, Literal, MapExpr, StructExpr } from './ast.ts';
import { type Token, tokenize } from './lexer.ts';
import { expandMacro } from './macros.ts';
import { Nodes } from './nodes.ts';

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
/** What an expression can start with, as the grammar lists it. */
const starts = [
  ...["'['", "']'", "'{'", "'}'", "'('", "')'", "'.'", "','", "'-'", "'!'", "'?'", "'true'", "'false'", "'null'"],
  ...['NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'IDENTIFIER'],
];
const closing = new Set(["']'", "'}'", "')'", "','", "'?'"]);

/** @param more what may stand there as well */
const wanted = (more: readonly string[]) =>
  `{${starts.filter((one) => !closing.has(one) || more.includes(one)).join(', ')}}`;

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
  const parser = new Parser(source, tokens, issues);
  try {
    const expression = parser.whole();
    return { expression: issues.length === 0 ? expression : undefined, issues };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return { expression: undefined, issues: [...issues, { at: error.at, message: error.message }] };
  }
}

/** Large because a rule of the grammar is a method, and all of them move along the same tokens. */
class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #issues: Issue[];
  readonly #nodes: Nodes;
  #next = 0;
  #depth = 0;
  /** What else could stand at a place where an expression starts: the end of a list. */
  #others: { at: number; tokens: readonly string[] } = { at: -1, tokens: [] };

  constructor(source: string, tokens: readonly Token[], issues: Issue[]) {
    this.#source = source;
    this.#tokens = tokens;
    this.#issues = issues;
    this.#nodes = new Nodes(issues);
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

  /** The end is never left behind. */
  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next++;
    return token;
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
    const { at, raw, kind } = this.#peek();
    const several = expecting.includes(',') && text !== ')';
    const onlyThis = expecting === `'${text}'` && text !== ':';
    if ((kind === 'end' && onlyThis) || (text === ':' && this.#startsExpression(this.#next))) {
      throw new SyntaxFault(at, `Syntax error: missing '${text}' at '${raw}'`);
    }
    const how = several && this.#tokens[this.#next + 1]?.text === text ? 'extraneous' : 'mismatched';
    throw new SyntaxFault(at, `Syntax error: ${how} input '${raw}' expecting ${expecting}`);
  }

  #startsExpression(place: number): boolean {
    const { kind = 'end', text = '' } = this.#tokens[place] ?? {};
    return kind === 'punctuation' ? ['(', '[', '{', '.', '-', '!'].includes(text) : kind !== 'end' && text !== 'in';
  }

  /** An expression, or one of `others` (which the caller has looked for). */
  #expressionOr(...others: readonly string[]): Expr {
    this.#others = { at: this.#next, tokens: others };
    return this.#expression();
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
      result = this.#nodes.call(question.at, '_?_:_', undefined, [condition, yes, this.#expression()]);
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
      return this.#nodes.call(ops[middle] ?? 0, name, undefined, [tree(from, middle), tree(middle + 1, to)]);
    };
    return tree(0, terms.length - 1);
  }

  #relation(): Expr {
    let left = this.#sum();
    while (relations.has(this.#peek().text) && this.#peek().kind !== 'string') {
      const { at, text } = this.#take();
      left = this.#nodes.call(at, text === 'in' ? '@in' : `_${text}_`, undefined, [left, this.#sum()]);
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
      left = this.#nodes.call(at, `_${text}_`, undefined, [left, operand()]);
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
      return count % 2 === 0 ? operand : this.#nodes.call(first.at, name, undefined, [operand]);
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
          const between = this.#source.slice(dot.at, name.at) + (name.kind === 'end' ? '' : name.raw);
          const shown = between.trimEnd().replaceAll('\n', '\\n');
          throw new SyntaxFault(name.at, `Syntax error: no viable alternative at input '${shown}'`);
        }
        const field = name.text;
        if (field.startsWith('`')) throw new SyntaxFault(name.at, "unsupported syntax: '`'");
        const open = optional ? undefined : this.#accept('(');
        if (open) left = this.#memberCall(left, field, open.at);
        else if (optional)
          left = this.#nodes.call(dot.at, '_?._', undefined, [left, this.#nodes.literal(name.at, 'string', field)]);
        else left = this.#nodes.select(dot.at, left, field, false);
        continue;
      }
      const open = this.#accept('[');
      if (!open) return left;
      const optional = this.#accept('?') !== undefined;
      const index = optional ? this.#expression() : this.#expressionOr("'?'");
      this.#expect(']', "']'");
      left = this.#nodes.call(open.at, optional ? '_[?_]' : '_[_]', undefined, [left, index]);
    }
  }

  #memberCall(target: Expr, name: string, at: number): Expr {
    const args = this.#arguments(')');
    return expandMacro(this.#nodes, at, name, target, args) ?? this.#nodes.call(at, name, target, args);
  }

  #arguments(close: string): Expr[] {
    const args: Expr[] = [];
    if (this.#accept(close)) return args;
    args.push(this.#expressionOr(`'${close}'`));
    while (this.#accept(',')) args.push(this.#expression());
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
        return this.#nodes.literal(this.#take().at, 'string', token.text);
      case 'bytes':
        return this.#nodes.literal(this.#take().at, 'bytes', new Uint8Array(Buffer.from(token.text, 'latin1')));
      case 'ident':
        if (token.text === 'in' || token.text.startsWith('`')) throw this.#unexpected();
        return this.#name(this.#take(), '');
      case 'end':
        throw this.#unexpected();
      case 'punctuation':
        break;
    }
    if (!this.#startsExpression(this.#next)) throw this.#unexpected();
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
    this.#next--;
    throw this.#unexpected();
  }

  /** What stands where an expression should: one thing too much, or another thing altogether. */
  #unexpected(): SyntaxFault {
    const { at, raw } = this.#peek();
    const others = this.#others.at === this.#next ? this.#others.tokens : [];
    const next = this.#tokens[this.#next + 1]?.text ?? '';
    const how = this.#startsExpression(this.#next + 1) || others.includes(`'${next}'`) ? 'extraneous' : 'mismatched';
    return new SyntaxFault(at, `Syntax error: ${how} input '${raw}' expecting ${wanted(others)}`);
  }

  #name(token: Token, dot: string): Expr {
    const { text, at } = token;
    if (text === 'true' || text === 'false') return this.#nodes.literal(at, 'bool', text === 'true');
    if (text === 'null') return this.#nodes.literal(at, 'null', null);
    if (reserved.has(text)) this.#issues.push({ at, message: `reserved identifier: ${text}` });
    const open = this.#accept('(');
    if (open) {
      const args = this.#arguments(')');
      return (
        expandMacro(this.#nodes, open.at, text, undefined, args) ??
        this.#nodes.call(open.at, dot + text, undefined, args)
      );
    }
    const struct = this.#structName(text);
    return struct ?? this.#nodes.ident(at, dot + text);
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
    const node: StructExpr = { kind: 'struct', id: this.#nodes.nextId(), at, name, fields };
    return node;
  }

  #list(at: number): Expr {
    const items: Expr[] = [];
    const optional = new Set<number>();
    while (!this.#is(']')) {
      if (this.#accept('?')) optional.add(items.length);
      items.push(items.length === 0 ? this.#expressionOr("']'", "','", "'?'") : this.#expression());
      if (!this.#accept(',')) break;
    }
    this.#expect(']', "{']', ','}");
    return this.#nodes.listOf(at, items, optional);
  }

  #map(at: number): Expr {
    const entries: MapExpr['entries'][number][] = [];
    while (!this.#is('}')) {
      const optional = this.#accept('?') !== undefined;
      const key = entries.length === 0 ? this.#expressionOr("'}'", "','", "'?'") : this.#expression();
      this.#expect(':', "':'");
      entries.push({ key, value: this.#expression(), optional });
      if (!this.#accept(',')) break;
    }
    this.#expect('}', "{'}', ','}");
    const node: MapExpr = { kind: 'map', id: this.#nodes.nextId(), at, entries };
    return node;
  }

  #number(token: Token, at: number, sign: string): Literal {
    const { kind, text } = token;
    if (kind === 'double') {
      const double = Number(sign + text);
      if (!Number.isFinite(double)) this.#issues.push({ at, message: 'invalid double literal' });
      return this.#nodes.literal(at, 'double', double);
    }
    const value = BigInt(text.replace(/[uU]$/, '')) * (sign === '-' ? -1n : 1n);
    if (kind === 'uint') {
      if (value >= 1n << 64n) this.#issues.push({ at, message: 'invalid uint literal' });
      return this.#nodes.literal(at, 'uint', value);
    }
    if (value >= 1n << 63n || value < -(1n << 63n)) this.#issues.push({ at, message: 'invalid int literal' });
    return this.#nodes.literal(at, 'int', value);
  }
}
