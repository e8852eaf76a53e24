/** Reads JSON texts that follow each other, as they arrive. */
import { ownValue } from '../../../kernel/own.ts';
import type { Json, JsonObject } from './json.ts';

export class ParseError extends Error {}

/** A value of the input, and how many lines there were to its end; the last counts if a line feed ends it. */
export interface InputValue {
  value: Json;
  lines: number;
}

const literals: Record<string, Json> = { null: null, true: true, false: false, nan: Number.NaN, NaN: Number.NaN };
const escapes: Record<string, string> = {
  ...{ '"': '"', '\\': '\\', '/': '/' },
  ...{ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' },
};
const MAX_DEPTH = 10_000;

/** What is open: an array, an object, or a key that waits for its value. */
type Frame = Json[] | JsonObject | string;

/** An incremental parser: `push` takes text and returns the values that it completed. */
export class JsonReader {
  readonly #stack: Frame[] = [];
  /** A value that nothing has taken yet. */
  #next: Json | undefined;
  /** A literal that has begun. */
  #word = '';
  /** A string that has begun, with its escapes. */
  #string: string | undefined;
  #escaped = false;
  #line = 1;
  #column = 0;
  #done: InputValue[] = [];
  /** Whether the line that is read ends within the text at hand. */
  #lineEnds = false;
  /** What went wrong after values that are good. */
  #error: ParseError | undefined;

  /** The values that the text completed. Throws ParseError: after good values, at the next call. */
  push(text: string): InputValue[] {
    if (this.#error) throw this.#error;
    const lastLineFeed = text.lastIndexOf('\n');
    try {
      for (let i = 0; i < text.length; ) {
        this.#lineEnds = lastLineFeed >= i;
        if (this.#string !== undefined) i = this.#inString(text, i);
        else this.#character(text[i++] ?? '');
      }
    } catch (error) {
      if (!(error instanceof ParseError) || this.#done.length === 0) throw error;
      this.#error = error;
    }
    return this.#done.splice(0);
  }

  /** Whether no value has begun. */
  get idle(): boolean {
    return this.#stack.length === 0 && this.#string === undefined && this.#word === '';
  }

  /** The end of the text. Throws ParseError if a value has begun and not ended. */
  end(): InputValue[] {
    if (this.#error) throw this.#error;
    if (this.#string !== undefined) this.#fail('Unfinished string at EOF');
    if (this.#word !== '') this.#endWord(' at EOF');
    if (this.#stack.length > 0) this.#fail('Unfinished JSON term at EOF');
    return this.#done.splice(0);
  }

  #fail(message: string): never {
    throw new ParseError(`${message} at line ${this.#line}, column ${this.#column}`);
  }

  #count(c: string): void {
    this.#column++;
    if (c !== '\n') return;
    this.#line++;
    this.#column = 0;
  }

  #inString(text: string, from: number): number {
    for (let i = from; i < text.length; i++) {
      const c = text[i] ?? '';
      this.#count(c);
      if (this.#escaped) this.#escaped = false;
      else if (c === '\\') this.#escaped = true;
      else if (c === '"') {
        const raw = (this.#string ?? '') + text.slice(from, i);
        this.#string = undefined;
        this.#value(raw.includes('\\') ? this.#unescape(raw) : raw);
        return i + 1;
      }
    }
    this.#string += text.slice(from);
    return text.length;
  }

  #unescape(raw: string): string {
    return raw.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, hex: string | undefined, c: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      return escapes[c] ?? this.#fail('Invalid escape');
    });
  }

  #character(c: string): void {
    this.#count(c);
    const separates = ' \t\r\n\x1e\ufeff"[]{}:,'.includes(c);
    if (!separates) {
      this.#word += c;
      return;
    }
    if (this.#word !== '') this.#endWord('');
    const { length } = this.#stack;
    const top = this.#stack.at(-1);
    switch (c) {
      case '"':
        this.#string = '';
        return;
      case '[':
      case '{':
        if (length >= MAX_DEPTH) this.#fail('Exceeds depth limit for parsing');
        if (this.#next !== undefined) this.#fail('Expected separator between values');
        this.#stack.push(c === '[' ? [] : new Map());
        return;
      case ':':
        if (!(top instanceof Map)) this.#fail("':' not as part of an object");
        if (this.#next === undefined) this.#fail("Expected string key before ':'");
        if (typeof this.#next !== 'string') this.#fail('Object keys must be strings');
        this.#stack.push(this.#next);
        this.#next = undefined;
        return;
      case ',':
        if (this.#next === undefined) this.#fail("Expected value before ','");
        if (top === undefined) this.#fail("',' not as part of an object or array");
        this.#store();
        return;
      case ']':
        if (!Array.isArray(top)) this.#fail("Unmatched ']'");
        if (this.#next !== undefined) this.#store();
        else if (top.length > 0) this.#fail('Expected another array element');
        return this.#close(top);
      case '}': {
        if (this.#next !== undefined) {
          if (typeof top !== 'string') this.#fail('Objects must consist of key:value pairs');
          this.#store();
        }
        if (top instanceof Map && top.size > 0) this.#fail('Expected another key-value pair');
        const open = this.#stack.at(-1);
        if (!(open instanceof Map)) this.#fail("Unmatched '}'");
        return this.#close(open);
      }
    }
  }

  /** Puts the value where it belongs: into the array, or behind its key. */
  #store(): void {
    const value = this.#next ?? null;
    const top = this.#stack.at(-1);
    if (Array.isArray(top)) top.push(value);
    else if (typeof top === 'string') {
      this.#stack.pop();
      (this.#stack.at(-1) as JsonObject).set(top, value);
    } else this.#fail('Objects must consist of key:value pairs');
    this.#next = undefined;
  }

  #close(value: Json[] | JsonObject): void {
    this.#stack.pop();
    this.#value(value);
  }

  #endWord(where: string): void {
    const word = this.#word;
    this.#word = '';
    const value = ownValue(literals, word);
    if (value !== undefined) return this.#value(value);
    if (/^[tfn]/.test(word)) this.#fail(`Invalid literal${where}`);
    if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(word)) this.#fail(`Invalid numeric literal${where}`);
    this.#value(Number(word));
  }

  #value(value: Json): void {
    if (this.#next !== undefined) this.#fail('Expected separator between values');
    if (this.#stack.length > 0) {
      this.#next = value;
      return;
    }
    // A line feed that ended a literal is counted already.
    const counted = this.#column === 0 || !this.#lineEnds;
    this.#done.push({ value, lines: this.#line - (counted ? 1 : 0) });
  }
}

/** The one value of a text; undefined: there is none. Throws ParseError. */
export function parseJson(text: string): Json | undefined {
  const reader = new JsonReader();
  const values = [...reader.push(text), ...reader.end()];
  if (values.length > 1) throw new ParseError('Unexpected extra JSON values');
  return values[0]?.value;
}
