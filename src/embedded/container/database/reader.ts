/** Reads the tokens of a statement one after the other. */
import type { Name } from './ast.ts';
import { type Dialect, type SqlError, tooDeep, unsupported } from './errors.ts';
import { lex, syntaxError, type Token } from './lexer.ts';

const reserved = new Set(
  `from where order group limit having as and or not is null in like between union join on set values select inner left right
  full cross natural using when then else end case distinct offset for returning exists create table insert update delete with
  into by asc desc except intersect primary references check unique default window fetch grant to lock`.split(/\s+/),
);

/** Words that begin what a real server knows and this one does not. */
const beyond = new Set(
  `over recursive view trigger procedure function materialized explain analyze copy right full natural except intersect fulltext
  references foreign partition window call prepare execute deallocate vacuum listen notify declare cursor fetch
  reindex cluster comment do handler load optimize repair kill install rollup lateral intersect array unlogged sequence temporary temp event tablespace extension domain policy`.split(
    /\s+/,
  ),
);

/** How deep expressions and queries may be nested, in parentheses and in a row. */
const MAX_DEPTH = 150;

export class TokenReader {
  protected readonly source: string;
  protected readonly dialect: Dialect;
  protected readonly tokens: Token[];
  protected at = 0;
  #depth = 0;

  constructor(source: string, dialect: Dialect) {
    this.source = source;
    this.dialect = dialect;
    this.tokens = lex(source, dialect);
  }

  protected get mysql(): boolean {
    return this.dialect.name === 'mysql';
  }

  protected peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)] ?? { t: 'end', text: '', at: 0 };
  }

  /** The error of the token that comes next. */
  protected error(): SqlError {
    const { t, text, at } = this.peek();
    if (t === 'word' && beyond.has(text.toLowerCase())) return unsupported(this.dialect, text.toUpperCase());
    return syntaxError(
      this.dialect,
      this.source,
      at,
      t === 'string' ? `'${text}'` : t === 'quoted' ? `"${text}"` : text,
    );
  }

  protected fail(): never {
    throw this.error();
  }

  protected ahead(...words: string[]): boolean {
    return words.every((word, i) => {
      const { t, text } = this.peek(i);
      return (t === 'word' || t === 'op') && text.toLowerCase() === word;
    });
  }

  /** Takes the words or signs if they come next. */
  protected skip(...words: string[]): boolean {
    const found = this.ahead(...words);
    if (found) this.at += words.length;
    return found;
  }

  /** Takes the first of the words that comes next. */
  protected oneOf(...words: string[]): string | undefined {
    return words.find((word) => this.skip(word));
  }

  protected expect(...words: string[]): void {
    for (const word of words) if (!this.skip(word)) this.fail();
  }

  protected get isName(): boolean {
    const { t, text } = this.peek();
    return t === 'quoted' || (t === 'word' && !text.startsWith('@') && !reserved.has(text.toLowerCase()));
  }

  protected name(): string {
    const { t, text } = this.peek();
    if (!this.isName) this.fail();
    this.at++;
    return t === 'quoted' ? text : text.toLowerCase();
  }

  /** A word of any kind, in lower case. */
  protected word(): string {
    const { t, text } = this.peek();
    if (t !== 'word') this.fail();
    this.at++;
    return text.toLowerCase();
  }

  protected string(): string {
    const { t, text } = this.peek();
    if (t !== 'string') this.fail();
    this.at++;
    return text;
  }

  protected integer(): number {
    const { t, text } = this.peek();
    if (t !== 'number' || !/^\d+$/.test(text)) this.fail();
    this.at++;
    return Number(text);
  }

  protected tableName(): Name {
    const { at } = this.peek();
    const first = this.name();
    return this.skip('.') ? { database: first, table: this.name(), at } : { database: undefined, table: first, at };
  }

  protected list<T>(read: () => T): T[] {
    const all = [read()];
    while (this.skip(',')) all.push(read());
    return all;
  }

  protected inParentheses<T>(read: () => T): T {
    this.expect('(');
    const inner = read();
    this.expect(')');
    return inner;
  }

  /** Reads something that can hold itself. Throws SqlError where it does so too often. */
  protected nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw tooDeep(this.dialect);
    const inner = read();
    this.#depth--;
    return inner;
  }
}
