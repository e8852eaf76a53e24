/**
 * Reads jq programs into trees, and finds the names that nothing defines. Large because it is one grammar, a method a rule.
 */
import { ownValue } from '../../../../kernel/own.ts';
import type { Json } from '../../lib/json.ts';
import { lex, SyntaxFailure, type Token } from './lexer.ts';

/** What a value is taken apart by: `$x`, `[$a, $b]`, `{a: $x}`. */
export type Pattern =
  | { t: 'variable'; name: string }
  | { t: 'array'; items: Pattern[] }
  | { t: 'object'; entries: { key: Node; name: string | undefined; value: Pattern | undefined }[] };

export interface Definition {
  name: string;
  /** Names; those with `$` are values, the others filters. */
  params: string[];
  body: Node;
}

export type Node =
  | { t: 'identity' }
  | { t: 'index'; of: Node; key: Node }
  | { t: 'slice'; of: Node; from: Node | undefined; to: Node | undefined }
  | { t: 'iterate'; of: Node }
  | { t: 'literal'; value: Json }
  | { t: 'string'; format: string; parts: (string | Node)[] }
  | { t: 'format'; name: string }
  | { t: 'array'; body: Node | undefined }
  | { t: 'object'; entries: [key: Node, value: Node][] }
  | { t: 'negate'; of: Node }
  | { t: 'pipe' | 'comma' | 'and' | 'or' | 'alternative'; left: Node; right: Node }
  | { t: 'binary' | 'assign'; op: string; left: Node; right: Node }
  | { t: 'if'; condition: Node; yes: Node; no: Node }
  | { t: 'try'; body: Node; handler: Node | undefined }
  | { t: 'reduce'; source: Node; patterns: Pattern[]; start: Node; update: Node }
  | { t: 'foreach'; source: Node; patterns: Pattern[]; start: Node; update: Node; extract: Node | undefined }
  | { t: 'define'; definition: Definition; rest: Node }
  | { t: 'call'; name: string; args: Node[] }
  | { t: 'variable'; name: string }
  | { t: 'bind'; source: Node; patterns: Pattern[]; body: Node }
  | { t: 'label'; name: string; body: Node }
  | { t: 'break'; name: string };

/** A program that can't run; the text is what jq prints. */
export class CompileError extends Error {}

const identity: Node = { t: 'identity' };
const literal = (value: Json): Node => ({ t: 'literal', value });

const constants: Record<string, Node> = { null: literal(null), true: literal(true), false: literal(false) };

/** Levels of binary operators, loosest first, below `|` and `,`. */
const levels: { ops: Set<string>; associates: 'left' | 'right' | 'none' }[] = [
  { ops: new Set(['//']), associates: 'right' },
  { ops: new Set(['=', '|=', '+=', '-=', '*=', '/=', '%=', '//=']), associates: 'none' },
  { ops: new Set(['or']), associates: 'left' },
  { ops: new Set(['and']), associates: 'left' },
  { ops: new Set(['==', '!=', '<', '<=', '>', '>=']), associates: 'none' },
  { ops: new Set(['+', '-']), associates: 'left' },
  { ops: new Set(['*', '/', '%']), associates: 'left' },
];

/** Names that the program may use besides its own. */
export interface Known {
  /** `map/1` */
  functions: { has(name: string): boolean };
  variables: ReadonlySet<string>;
}

type Scope = { kind: 'function' | 'variable' | 'label'; name: string; next: Scope } | undefined;

/** Large because it is one grammar, a method a rule. */
class Parser {
  readonly #source: string;
  readonly #offset: number;
  readonly #known: Known;
  readonly #errors: string[];
  #tokens: Token[];
  #at = 0;
  #scope: Scope;

  constructor(source: string, offset: number, text: string, known: Known, errors: string[], scope: Scope) {
    this.#source = source;
    this.#offset = offset;
    this.#tokens = lex(text);
    this.#known = known;
    this.#errors = errors;
    this.#scope = scope;
  }

  get #token(): Token {
    return this.#tokens[this.#at] ?? { t: 'end', text: '', at: 0 };
  }

  #peek(): Token {
    return this.#token;
  }

  #take(): Token {
    const token = this.#token;
    this.#at++;
    return token;
  }

  #is(text: string): boolean {
    const { t } = this.#token;
    return this.#token.text === text && (t === 'op' || t === 'keyword');
  }

  #skip(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #fail(expecting = ''): never {
    const { t, text } = this.#token;
    const names: Partial<Record<Token['t'], string>> = {
      ...{ end: 'end of file', identifier: 'IDENT', field: 'FIELD', number: 'LITERAL', string: 'QQSTRING_START' },
      ...{ variable: "'$'", format: 'FORMAT', keyword: text },
    };
    const what = names[t] ?? (text.length === 1 ? `'${text}'` : text);
    throw new SyntaxFailure(`unexpected ${what}${expecting && `, expecting ${expecting}`}`);
  }

  #expect(text: string, said = false): void {
    if (!this.#skip(text)) this.#fail(said ? `'${text}'` : '');
  }

  #declare(kind: 'function' | 'variable' | 'label', name: string): void {
    this.#scope = { kind, name, next: this.#scope };
  }

  #defined(kind: 'function' | 'variable' | 'label', name: string): boolean {
    for (let s = this.#scope; s; s = s.next) if (s.kind === kind && s.name === name) return true;
    return kind === 'function'
      ? this.#known.functions.has(name)
      : kind === 'variable' && this.#known.variables.has(name);
  }

  #undefinedName(what: string, at: number): void {
    this.#errors.push(located(`${what} is not defined`, this.#source, this.#offset + at));
  }

  /** The program; undefined where there is none. */
  program(): Node {
    // What only defines functions leaves its input as it is.
    const node = this.#token.t === 'end' ? identity : this.#pipe(true);
    if (this.#token.t !== 'end') this.#fail('end of file');
    return node;
  }

  /** Definitions alone. */
  definitions(): Definition[] {
    const all: Definition[] = [];
    while (this.#is('def')) all.push(this.#definition());
    if (this.#token.t !== 'end') this.#fail();
    return all;
  }

  #pipe(mayEnd = false): Node {
    const outer = this.#scope;
    try {
      if (this.#is('def')) {
        const definition = this.#definition();
        const rest = mayEnd && this.#token.t === 'end' ? identity : this.#pipe(mayEnd);
        return { t: 'define', definition, rest };
      }
      if (this.#is('label')) {
        this.#take();
        const name = this.#variable();
        this.#expect('|');
        this.#declare('label', name);
        return { t: 'label', name, body: this.#pipe() };
      }
      const left = this.#comma();
      return this.#skip('|') ? { t: 'pipe', left, right: this.#pipe() } : left;
    } finally {
      this.#scope = outer;
    }
  }

  #comma(): Node {
    let left = this.#binary(0);
    while (this.#skip(',')) left = { t: 'comma', left, right: this.#binary(0) };
    return left;
  }

  #binary(level: number): Node {
    const rule = levels[level];
    if (!rule) return this.#unary();
    let left = this.#binary(level + 1);
    while (rule.ops.has(this.#token.text) && (this.#token.t === 'op' || this.#token.t === 'keyword')) {
      const op = this.#take().text;
      const right = this.#binary(rule.associates === 'right' ? level : level + 1);
      if (op === '//') left = { t: 'alternative', left, right };
      else if (op === 'and' || op === 'or') left = { t: op, left, right };
      else left = { t: level === 1 ? 'assign' : 'binary', op, left, right };
      if (rule.associates === 'none' && rule.ops.has(this.#token.text)) this.#fail();
    }
    return left;
  }

  /** A term, or one that names what comes after it: `term as $x | body`. */
  #unary(): Node {
    if (this.#skip('-')) return { t: 'negate', of: this.#unary() };
    const term = this.#postfix();
    if (!this.#is('as')) return term;
    const patterns = this.#as();
    this.#expect('|', true);
    const outer = this.#scope;
    for (const name of new Set(patterns.flatMap(namesOf))) this.#declare('variable', name);
    const body = this.#pipe();
    this.#scope = outer;
    return { t: 'bind', source: term, patterns, body };
  }

  #as(): Pattern[] {
    this.#expect('as');
    const patterns = [this.#pattern()];
    while (this.#skip('?//')) patterns.push(this.#pattern());
    return patterns;
  }

  #variable(): string {
    const token = this.#take();
    if (token.t !== 'variable') {
      this.#at--;
      this.#fail();
    }
    return token.text.slice(1);
  }

  #pattern(): Pattern {
    if (this.#token.t === 'variable') return { t: 'variable', name: this.#variable() };
    if (this.#skip('[')) {
      const items = [this.#pattern()];
      while (this.#skip(',')) items.push(this.#pattern());
      this.#expect(']');
      return { t: 'array', items };
    }
    this.#expect('{');
    const entries: Extract<Pattern, { t: 'object' }>['entries'] = [];
    do {
      let name: string | undefined;
      let key: Node;
      const { t } = this.#peek();
      if (t === 'variable') {
        name = this.#variable();
        key = literal(name);
      } else if (t === 'identifier' || t === 'keyword') key = literal(this.#take().text);
      else if (t === 'string') key = this.#string('text');
      else {
        this.#expect('(');
        key = this.#pipe();
        this.#expect(')');
      }
      const value = this.#skip(':') ? this.#pattern() : undefined;
      if (value === undefined && name === undefined) this.#fail();
      entries.push({ key, name, value });
    } while (this.#skip(','));
    this.#expect('}');
    return { t: 'object', entries };
  }

  #definition(): Definition {
    this.#expect('def');
    const token = this.#take();
    if (token.t !== 'identifier' && token.t !== 'keyword') {
      this.#at--;
      this.#fail();
    }
    const params: string[] = [];
    if (this.#skip('(')) {
      do {
        const param = this.#take();
        if (param.t !== 'identifier' && param.t !== 'keyword' && param.t !== 'variable') {
          this.#at--;
          this.#fail();
        }
        params.push(param.text);
      } while (this.#skip(';'));
      this.#expect(')');
    }
    this.#expect(':');
    const outer = this.#scope;
    this.#declare('function', `${token.text}/${params.length}`);
    const own = this.#scope;
    for (const param of params) {
      this.#declare('function', `${param.replace('$', '')}/0`);
      if (param.startsWith('$')) this.#declare('variable', param.slice(1));
    }
    const body = this.#pipe();
    this.#scope = outer;
    this.#expect(';');
    this.#scope = own;
    return { name: token.text, params, body };
  }

  #postfix(): Node {
    let node = this.#primary();
    for (;;) {
      const token = this.#token;
      if (token.t === 'field') {
        this.#take();
        node = { t: 'index', of: node, key: literal(token.text.slice(1)) };
      } else if (this.#is('.')) {
        this.#take();
        if (this.#token.t === 'string') node = { t: 'index', of: node, key: this.#string('text') };
        else if (this.#is('[')) node = this.#brackets(node);
        else this.#fail();
      } else if (this.#is('[')) node = this.#brackets(node);
      else if (this.#skip('?')) node = { t: 'try', body: node, handler: undefined };
      else return node;
    }
  }

  #brackets(of: Node): Node {
    this.#expect('[');
    if (this.#skip(']')) return { t: 'iterate', of };
    if (this.#skip(':')) {
      const to = this.#pipe();
      this.#expect(']');
      return { t: 'slice', of, from: undefined, to };
    }
    const key = this.#pipe();
    if (!this.#skip(':')) {
      this.#expect(']');
      return { t: 'index', of, key };
    }
    const to = this.#is(']') ? undefined : this.#pipe();
    this.#expect(']');
    return { t: 'slice', of, from: key, to };
  }

  #primary(): Node {
    const token = this.#token;
    switch (token.t) {
      case 'number':
        this.#take();
        return literal(Number(token.text));
      case 'string':
        return this.#string('text');
      case 'format': {
        this.#take();
        const name = token.text.slice(1);
        return this.#token.t === 'string' ? this.#string(name) : { t: 'format', name };
      }
      case 'field':
        this.#take();
        return { t: 'index', of: identity, key: literal(token.text.slice(1)) };
      case 'variable': {
        this.#take();
        const name = token.text.slice(1);
        if (name === '__loc__') {
          const line = this.#source.slice(0, this.#offset + token.at).split('\n').length;
          return literal(
            new Map<string, Json>([
              ['file', '<top-level>'],
              ['line', line],
            ]),
          );
        }
        if (!this.#defined('variable', name)) this.#undefinedName(`$${name}`, token.at);
        return { t: 'variable', name };
      }
      case 'identifier':
        return this.#call();
      case 'keyword':
        return this.#keyword();
      case 'op':
        return this.#operator();
      case 'end':
        this.#fail();
    }
  }

  #call(): Node {
    const { text: name, at } = this.#take();
    if (name === 'break' && this.#token.t === 'variable') {
      const label = this.#variable();
      if (!this.#defined('label', label)) this.#undefinedName(`$*label-${label}`, at);
      return { t: 'break', name: label };
    }
    const args: Node[] = [];
    if (this.#skip('(')) {
      do args.push(this.#pipe());
      while (this.#skip(';'));
      this.#expect(')');
    }
    const constant = args.length === 0 ? ownValue(constants, name) : undefined;
    if (constant && !this.#defined('function', `${name}/0`)) return constant;
    if (!this.#defined('function', `${name}/${args.length}`)) this.#undefinedName(`${name}/${args.length}`, at);
    return { t: 'call', name, args };
  }

  #operator(): Node {
    if (this.#skip('..')) return { t: 'call', name: 'recurse', args: [] };
    if (this.#skip('.')) {
      if (this.#token.t === 'string') return { t: 'index', of: identity, key: this.#string('text') };
      return identity;
    }
    if (this.#skip('(')) {
      const node = this.#pipe();
      this.#expect(')');
      return node;
    }
    if (this.#skip('[')) {
      if (this.#skip(']')) return { t: 'array', body: undefined };
      const body = this.#pipe();
      this.#expect(']');
      return { t: 'array', body };
    }
    if (this.#is('{')) return this.#object();
    this.#fail();
  }

  #keyword(): Node {
    switch (this.#take().text) {
      case 'if':
        return this.#condition();
      case 'try': {
        const body = this.#postfix();
        const handler = this.#skip('catch') ? this.#postfix() : undefined;
        return { t: 'try', body, handler };
      }
      case 'reduce':
      case 'foreach': {
        const kind = this.#tokens[this.#at - 1]?.text;
        const source = this.#postfix();
        const patterns = this.#as();
        this.#expect('(', true);
        const start = this.#pipe();
        this.#expect(';');
        const outer = this.#scope;
        for (const name of new Set(patterns.flatMap(namesOf))) this.#declare('variable', name);
        const update = this.#pipe();
        const extract = kind === 'foreach' && this.#skip(';') ? this.#pipe() : undefined;
        this.#scope = outer;
        this.#expect(')');
        return kind === 'reduce'
          ? { t: 'reduce', source, patterns, start, update }
          : { t: 'foreach', source, patterns, start, update, extract };
      }
      case 'def':
      case 'label': {
        this.#at--;
        return this.#pipe();
      }
      default:
        this.#at--;
        this.#fail();
    }
  }

  #condition(): Node {
    const condition = this.#pipe();
    this.#expect('then');
    const yes = this.#pipe();
    if (this.#skip('elif')) return { t: 'if', condition, yes, no: this.#condition() };
    const no = this.#skip('else') ? this.#pipe() : identity;
    this.#expect('end');
    return { t: 'if', condition, yes, no };
  }

  #object(): Node {
    this.#expect('{');
    const entries: [Node, Node][] = [];
    while (!this.#is('}')) {
      const token = this.#token;
      let key: Node;
      let value: Node | undefined;
      if (token.t === 'variable') {
        value = this.#primary();
        key = literal(token.text.slice(1));
      } else if (token.t === 'identifier' || token.t === 'keyword' || token.t === 'number') {
        key = literal(this.#take().text);
        value = token.t === 'number' ? undefined : { t: 'index', of: identity, key };
      } else if (token.t === 'string' || token.t === 'format') {
        key = this.#primary();
        value = { t: 'index', of: identity, key };
      } else {
        this.#expect('(');
        key = this.#pipe();
        this.#expect(')');
      }
      if (this.#skip(':')) value = this.#objectValue();
      if (value === undefined) this.#fail();
      entries.push([key, value]);
      if (!this.#skip(',')) break;
    }
    this.#expect('}', true);
    return { t: 'object', entries };
  }

  /** A term, or several with pipes between: anything else needs parentheses. */
  #objectValue(): Node {
    const left: Node = this.#skip('-') ? { t: 'negate', of: this.#postfix() } : this.#postfix();
    return this.#skip('|') ? { t: 'pipe', left, right: this.#objectValue() } : left;
  }

  #string(format: string): Node {
    const token = this.#take();
    if (token.t !== 'string') {
      this.#at--;
      this.#fail();
    }
    const parts = token.parts.map((part): string | Node => {
      if (typeof part === 'string') return part;
      const offset = this.#offset + part.at;
      return new Parser(this.#source, offset, part.source, this.#known, this.#errors, this.#scope).program();
    });
    const [only = ''] = parts;
    return parts.length === 1 && typeof only === 'string' ? literal(only) : { t: 'string', format, parts };
  }
}

function namesOf(pattern: Pattern): string[] {
  if (pattern.t === 'variable') return [pattern.name];
  if (pattern.t === 'array') return pattern.items.flatMap(namesOf);
  return pattern.entries.flatMap(({ name, value }) => [
    ...(name === undefined ? [] : [name]),
    ...(value ? namesOf(value) : []),
  ]);
}

/** The variables that a value taken apart by these patterns sets. */
export const variablesOf = (patterns: readonly Pattern[]): string[] => [...new Set(patterns.flatMap(namesOf))];

function located(message: string, source: string, at: number): string {
  const line = source.slice(0, at).split('\n').length;
  return `jq: error: ${message} at <top-level>, line ${line}:\n${source.split('\n')[line - 1] ?? ''}\n`;
}

/** Reads a program. Throws CompileError. */
export function parseProgram(source: string, known: Known): Node {
  const errors: string[] = [];
  try {
    const node = new Parser(source, 0, source, known, errors, undefined).program();
    if (errors.length === 0) return node;
  } catch (error) {
    if (!(error instanceof SyntaxFailure)) throw error;
    errors.push(located(`syntax error, ${error.message} (Unix shell quoting issues?)`, source, source.length));
  }
  const count = errors.length === 1 ? '1 compile error' : `${errors.length} compile errors`;
  throw new CompileError(`${errors.join('')}jq: ${count}\n`);
}

/** Reads definitions of the language's own library. */
export function parseDefinitions(source: string, known: Known): Definition[] {
  const errors: string[] = [];
  const definitions = new Parser(source, 0, source, known, errors, undefined).definitions();
  if (errors.length > 0) throw new Error(errors.join(''));
  return definitions;
}
