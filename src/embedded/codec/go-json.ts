/**
 * JSON as Go's encoding/json reads it: the same texts for syntax errors, keys in document order with duplicates still
 * known, numbers whose literal matters kept as literals.
 */
import { setOwn } from '../../kernel/own.ts';

/** A number whose JavaScript value would hide how it was written (`1.5`, `1e3`, beyond 2^53). */
export class NumberLiteral {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): number {
    return Number(this.text);
  }
}

/** The text is what Go says: `invalid character 'x' after top-level value`. */
export class JsonSyntaxError extends Error {}

/** All entries of objects in which a key stands more than once, in the order of the document. */
const duplicated = new WeakMap<object, readonly (readonly [string, unknown])[]>();

/** The entries of a parsed object in document order; keys that stood twice come twice. */
export function entriesOf(object: object): readonly (readonly [string, unknown])[] {
  return duplicated.get(object) ?? Object.entries(object);
}

/** Whether some key of the object stood more than once in the document. */
export function hasDuplicates(object: object): boolean {
  return duplicated.has(object);
}

/** The value with numbers in place of number literals; the very same value if it holds none. */
export function plainValue(value: unknown): unknown {
  if (value instanceof NumberLiteral) return Number(value.text);
  if (Array.isArray(value)) {
    const plain = value.map(plainValue);
    return plain.some((item, i) => item !== value[i]) ? plain : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const plain: Record<string, unknown> = {};
  let changed = false;
  for (const [key, item] of Object.entries(value)) {
    const result = plainValue(item);
    if (result !== item) changed = true;
    setOwn(plain, key, result);
  }
  return changed ? plain : value;
}

/** Go's is 10 000; what works on values here goes down as deep with the stack of a thread. */
export const maxDepth = 1_000;
const endOfInput = 'unexpected end of JSON input';

/** Parses one JSON document. @throws JsonSyntaxError with Go's text */
export function parseJson(text: string): unknown {
  return new Parser(text).document();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail('after top-level value');
    return value;
  }

  #space(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.#at++;
    }
  }

  #fail(where: string, at = this.#at): never {
    const code = this.#text.codePointAt(at);
    if (code === undefined) throw new JsonSyntaxError(endOfInput);
    throw new JsonSyntaxError(`invalid character ${quoteCharacter(code)} ${where}`);
  }

  #value(): unknown {
    this.#space();
    const c = this.#text[this.#at];
    switch (c) {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true', true);
      case 'f':
        return this.#literal('false', false);
      case 'n':
        return this.#literal('null', null);
      default:
        if (c === '-' || (c !== undefined && c >= '0' && c <= '9')) return this.#number();
        return this.#fail('looking for beginning of value');
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > maxDepth) throw new JsonSyntaxError('exceeded max depth');
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    let all: [string, unknown][] | undefined;
    this.#space();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return object;
    }
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail('looking for beginning of object key string');
      const key = this.#string();
      this.#space();
      if (this.#text[this.#at] !== ':') this.#fail('after object key');
      this.#at++;
      const value = this.#value();
      if (!all && Object.hasOwn(object, key)) all = Object.entries(object);
      all?.push([key, value]);
      setOwn(object, key, value);
      this.#space();
      const c = this.#text[this.#at];
      if (c !== ',' && c !== '}') this.#fail('after object key:value pair');
      this.#at++;
      if (c === '}') break;
    }
    if (all) duplicated.set(object, all);
    return object;
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return array;
    }
    for (;;) {
      array.push(this.#value());
      this.#space();
      const c = this.#text[this.#at];
      if (c !== ',' && c !== ']') this.#fail('after array element');
      this.#at++;
      if (c === ']') return array;
    }
  }

  #string(): string {
    const start = this.#at++;
    let escaped = false;
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c === 0x22) break;
      if (Number.isNaN(c)) throw new JsonSyntaxError(endOfInput);
      if (c < 0x20) this.#fail('in string literal');
      if (c === 0x5c) {
        escaped = true;
        this.#escape();
      } else this.#at++;
    }
    this.#at++;
    if (!escaped) return this.#text.slice(start + 1, this.#at - 1);
    // Go replaces what is no pair of surrogates by U+FFFD.
    return (JSON.parse(this.#text.slice(start, this.#at)) as string).toWellFormed();
  }

  #escape(): void {
    const c = this.#text[++this.#at];
    if (c === undefined) throw new JsonSyntaxError(endOfInput);
    if (!'"\\/bfnrtu'.includes(c)) this.#fail('in string escape code');
    this.#at++;
    if (c !== 'u') return;
    for (let i = 0; i < 4; i++, this.#at++) {
      const digit = this.#text[this.#at];
      if (digit === undefined || !/[0-9a-fA-F]/.test(digit)) this.#fail('in \\u hexadecimal character escape');
    }
  }

  #literal<T>(word: string, value: T): T {
    for (let i = 1; i < word.length; i++) {
      if (this.#text[this.#at + i] !== word[i]) {
        this.#fail(`in literal ${word} (expecting ${quoteCharacter(word.charCodeAt(i))})`, this.#at + i);
      }
    }
    this.#at += word.length;
    return value;
  }

  #number(): number | NumberLiteral {
    const start = this.#at;
    const digit = () => /[0-9]/.test(this.#text[this.#at] ?? '');
    const digits = () => {
      while (digit()) this.#at++;
    };
    if (this.#text[this.#at] === '-') this.#at++;
    if (!digit()) this.#fail('in numeric literal');
    if (this.#text[this.#at] === '0') this.#at++;
    else digits();
    if (this.#text[this.#at] === '.') {
      this.#at++;
      if (!digit()) this.#fail('after decimal point in numeric literal');
      digits();
    }
    if (/[eE]/.test(this.#text[this.#at] ?? '')) {
      this.#at++;
      if (/[+-]/.test(this.#text[this.#at] ?? '')) this.#at++;
      if (!digit()) this.#fail('in exponent of numeric literal');
      digits();
    }
    const text = this.#text.slice(start, this.#at);
    const value = Number(text);
    return Number.isSafeInteger(value) && String(value) === text ? value : new NumberLiteral(text);
  }
}

/** As Go's scanner shows the byte it stumbled over. */
function quoteCharacter(code: number): string {
  // Go looks at bytes: of anything beyond ASCII it shows the first byte of its UTF-8 form.
  const byte = code < 0x80 ? code : (new TextEncoder().encode(String.fromCodePoint(code))[0] ?? 0);
  if (byte === 0x27) return String.raw`'\''`;
  if (byte === 0x22) return `'"'`;
  if (byte === 0x5c) return String.raw`'\\'`;
  const named = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' }[byte];
  if (named) return `'\\${named}'`;
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, '0')}'`;
  if ((byte >= 0x80 && byte <= 0xa0) || byte === 0xad) return `'\\u00${byte.toString(16)}'`;
  return `'${String.fromCharCode(byte)}'`;
}
