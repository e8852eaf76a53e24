import { type Part, type Script, ShellSyntaxError, type Word } from './ast.ts';

export type Token =
  | { t: 'word'; word: Word; start: number; line: number }
  | { t: 'op'; op: string; start: number; line: number }
  | { t: 'io'; fd: number; start: number; line: number }
  | { t: 'newline'; start: number; line: number }
  | { t: 'eof'; start: number; line: number };

const operators = [
  ...[';;&', '&>>', '<<<', '<<-'],
  ...['&&', '||', ';;', ';&', '<<', '>>', '<&', '>&', '<>', '>|', '&>', '|&'],
  ...['&', '|', ';', '<', '>', '(', ')'],
];
const bashOnly = new Set(['&>>', '&>', '|&', ';&', ';;&']);

interface HereDoc {
  delimiter: string;
  quoted: boolean;
  stripTabs: boolean;
  target: Word;
}

/**
 * Reads words and operators of the shell grammar; the grammar itself is in `parser.ts`. Large because quotes, expansions and
 * here-documents are in each other and share one position in the text.
 */
export abstract class Lexer {
  protected source: string;
  protected position = 0;
  protected readonly bash: boolean;
  readonly #firstLine: number;
  #countedTo = 0;
  #counted = 0;
  #hereDocs: HereDoc[] = [];

  constructor(source: string, bash: boolean, firstLine: number) {
    this.source = source;
    this.bash = bash;
    this.#firstLine = firstLine;
  }

  /** The commands of `$( )`, up to and with the closing parenthesis. */
  protected abstract substitution(): Script;
  /** The commands of a text of its own (backticks). */
  protected abstract parseText(text: string, line: number): Script;

  protected lineAt(position: number): number {
    if (position < this.#countedTo) {
      this.#countedTo = 0;
      this.#counted = 0;
    }
    for (let i = this.#countedTo; i < position; i++) if (this.source.charCodeAt(i) === 10) this.#counted++;
    this.#countedTo = position;
    return this.#firstLine + this.#counted;
  }

  protected unterminated(message: string): never {
    throw new ShellSyntaxError({ line: this.lineAt(this.source.length), message, incomplete: true });
  }

  protected skipBlanks(): void {
    for (;;) {
      const c = this.source[this.position];
      if (c === ' ' || c === '\t' || c === '\r') this.position++;
      else if (c === '\\' && this.source[this.position + 1] === '\n') this.position += 2;
      else break;
    }
    if (this.source[this.position] === '#') {
      const end = this.source.indexOf('\n', this.position);
      this.position = end < 0 ? this.source.length : end;
    }
  }

  protected scan(): Token {
    this.skipBlanks();
    const start = this.position;
    const line = this.lineAt(start);
    const c = this.source[start];
    if (c === undefined) {
      if (this.#hereDocs.length > 0) this.#readHereDocs();
      return { t: 'eof', start, line };
    }
    if (c === '\n') {
      this.position++;
      if (this.#hereDocs.length > 0) this.#readHereDocs();
      return { t: 'newline', start, line };
    }
    const digits = /^\d+(?=[<>])/.exec(this.source.slice(start, start + 6));
    if (digits) {
      this.position += digits[0].length;
      return { t: 'io', fd: Number(digits[0]), start, line };
    }
    if (this.bash && /^[<>]\($/.test(this.source.slice(start, start + 2))) {
      this.position += 2;
      const part: Part = { t: 'process', body: this.substitution(), output: c === '>', quoted: true };
      return { t: 'word', word: { parts: [part], raw: this.source.slice(start, this.position) }, start, line };
    }
    const op = operators.find((o) => this.source.startsWith(o, start) && (this.bash || !bashOnly.has(o)));
    if (op) {
      this.position += op.length;
      return { t: 'op', op, start, line };
    }
    return { t: 'word', word: this.scanWord(isWordEnd), start, line };
  }

  /** The body comes after the next newline; `target` is filled in then. */
  protected expectHereDoc(delimiter: Word, stripTabs: boolean): Word {
    const quoted = /['"\\]/.test(delimiter.raw);
    const text = delimiter.parts.map((p) => (p.t === 'lit' ? p.text : '')).join('');
    const target: Word = { parts: [], raw: '' };
    this.#hereDocs.push({ delimiter: quoted ? text : delimiter.raw, quoted, stripTabs, target });
    return target;
  }

  #readHereDocs(): void {
    for (const doc of this.#hereDocs.splice(0)) {
      const lines: string[] = [];
      for (;;) {
        // A missing delimiter ends at the end of the input, with a warning only.
        if (this.position >= this.source.length) break;
        let end = this.source.indexOf('\n', this.position);
        if (end < 0) end = this.source.length;
        let text = this.source.slice(this.position, end);
        this.position = Math.min(end + 1, this.source.length);
        if (doc.stripTabs) text = text.replace(/^\t+/, '');
        if (text === doc.delimiter) break;
        lines.push(`${text}\n`);
      }
      const body = lines.join('');
      doc.target.raw = body;
      doc.target.parts = doc.quoted ? [{ t: 'lit', text: body, quoted: true }] : this.#hereBody(body);
    }
  }

  #hereBody(body: string): Part[] {
    const [source, position] = [this.source, this.position];
    this.source = body;
    this.position = 0;
    const parts: Part[] = [];
    this.#quotedParts(parts, () => this.position >= body.length, true);
    this.source = source;
    this.position = position;
    this.#countedTo = 0;
    this.#counted = 0;
    return parts;
  }

  /** Reads a word up to a character for which `ends` holds. */
  protected scanWord(ends: (c: string) => boolean): Word {
    const start = this.position;
    const parts: Part[] = [];
    let literal = '';
    const flush = () => {
      if (literal !== '') parts.push({ t: 'lit', text: literal, quoted: false });
      literal = '';
    };
    for (;;) {
      const c = this.source[this.position];
      if (c === undefined || ends(c)) break;
      if (c === '\\') {
        const next = this.source[this.position + 1];
        this.position += 2;
        if (next === '\n') continue;
        flush();
        parts.push({ t: 'lit', text: next ?? '\\', quoted: true });
      } else if (c === "'") {
        flush();
        const end = this.source.indexOf("'", this.position + 1);
        if (end < 0) this.unterminated('Unterminated quoted string');
        parts.push({ t: 'lit', text: this.source.slice(this.position + 1, end), quoted: true });
        this.position = end + 1;
      } else if (c === '"') {
        flush();
        this.position++;
        const before = parts.length;
        this.#quotedParts(parts, () => this.source[this.position] === '"', false);
        this.position++;
        if (parts.length === before) parts.push({ t: 'lit', text: '', quoted: true });
      } else if (c === '`') {
        flush();
        parts.push(this.#backticks(false));
      } else if (c === '$') {
        if (this.source[this.position + 1] === "'" && this.bash) {
          flush();
          parts.push({ t: 'lit', text: this.#ansiString(), quoted: true });
          continue;
        }
        const part = this.#dollar(false);
        if (part) {
          flush();
          parts.push(part);
        } else literal += '$';
      } else {
        literal += c;
        this.position++;
      }
    }
    flush();
    return { parts, raw: this.source.slice(start, this.position) };
  }

  /** What is inside of double quotes, or a here-document (where `"` is an ordinary character). */
  #quotedParts(parts: Part[], ends: () => boolean, here: boolean): void {
    let literal = '';
    const flush = () => {
      if (literal !== '') parts.push({ t: 'lit', text: literal, quoted: true });
      literal = '';
    };
    while (!ends()) {
      const c = this.source[this.position];
      if (c === undefined) this.unterminated('Unterminated quoted string');
      if (c === '\\') {
        const next = this.source[this.position + 1];
        if (next === '\n') this.position += 2;
        else if (next !== undefined && ('$`\\'.includes(next) || (next === '"' && !here))) {
          literal += next;
          this.position += 2;
        } else {
          literal += c;
          this.position++;
        }
      } else if (c === '`') {
        flush();
        parts.push(this.#backticks(true));
      } else if (c === '$') {
        const part = this.#dollar(true);
        if (part) {
          flush();
          parts.push(part);
        } else literal += '$';
      } else {
        literal += c;
        this.position++;
      }
    }
    flush();
  }

  #backticks(quoted: boolean): Part {
    const line = this.lineAt(this.position);
    let text = '';
    let i = this.position + 1;
    for (; ; i++) {
      const c = this.source[i];
      if (c === undefined) this.unterminated('EOF in backquote substitution');
      if (c === '`') break;
      const next = this.source[i + 1];
      if (c === '\\' && next !== undefined && ('`\\$'.includes(next) || (quoted && next === '"'))) {
        text += next;
        i++;
      } else text += c;
    }
    this.position = i + 1;
    return { t: 'cmd', body: this.parseText(text, line), quoted };
  }

  /** bash: $'...' */
  #ansiString(): string {
    let text = '';
    const escapes: Record<string, string> = {
      n: '\n',
      t: '\t',
      r: '\r',
      a: '\x07',
      b: '\b',
      e: '\x1b',
      f: '\f',
      v: '\v',
    };
    this.position += 2;
    for (;;) {
      const c = this.source[this.position++];
      if (c === undefined) this.unterminated('Unterminated quoted string');
      if (c === "'") return text;
      if (c !== '\\') {
        text += c;
        continue;
      }
      const rest = this.source.slice(this.position);
      const coded = /^(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3}))/.exec(rest);
      if (coded) {
        const code = coded[3] ? Number.parseInt(coded[3], 8) : Number.parseInt(coded[1] ?? coded[2] ?? '0', 16);
        text += String.fromCodePoint(code);
        this.position += coded[0].length;
      } else {
        const next = this.source[this.position++] ?? '';
        text += escapes[next] ?? next;
      }
    }
  }

  /** What begins with `$`; undefined: just a dollar sign. */
  #dollar(quoted: boolean): Part | undefined {
    const rest = this.source.slice(this.position + 1, this.position + 3);
    if (rest.startsWith('((')) {
      const arith = this.#arithmetic(quoted);
      if (arith) return arith;
    }
    if (rest[0] === '(') {
      this.position += 2;
      return { t: 'cmd', body: this.substitution(), quoted };
    }
    if (rest[0] === '{') return this.#braced(quoted);
    const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/.exec(
      this.source.slice(this.position + 1, this.position + 256),
    );
    this.position++;
    if (!name) return undefined;
    this.position += name[0].length;
    return { t: 'param', name: name[0], quoted };
  }

  /** `$(( ))`; undefined if it is a command substitution that begins with a subshell. */
  #arithmetic(quoted: boolean): Part | undefined {
    const end = matchingParens(this.source, this.position + 3);
    if (end === undefined) {
      if (this.source.indexOf('))', this.position) < 0) this.unterminated('Missing "))"');
      return undefined;
    }
    const inner = this.source.slice(this.position + 3, end);
    const expression = this.subWord(inner, this.position + 3);
    this.position = end + 2;
    return { t: 'arith', expression, quoted };
  }

  /** A piece of the source as if in double quotes: arithmetic. */
  protected subWord(text: string, _at: number): Word {
    return { parts: this.#hereBody(text), raw: text };
  }

  #braced(quoted: boolean): Part {
    const start = this.position;
    this.position += 2;
    const text = this.source;
    const bad = () => {
      throw new ShellSyntaxError({ line: this.lineAt(start), message: 'Bad substitution' });
    };
    const nameAt = () => {
      const m = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])/.exec(text.slice(this.position, this.position + 256));
      if (m) this.position += m[0].length;
      return m?.[0];
    };
    let length = false;
    let indirect = false;
    if (text[this.position] === '#' && !/^#[}:\-=?+%#]/.test(text.slice(this.position, this.position + 2))) {
      length = true;
      this.position++;
    } else if (text.startsWith('##}', this.position)) {
      length = true;
      this.position++;
    } else if (this.bash && text[this.position] === '!' && /[A-Za-z_]/.test(text[this.position + 1] ?? '')) {
      indirect = true;
      this.position++;
    }
    const name = nameAt();
    if (name === undefined) return bad();
    const part: Extract<Part, { t: 'param' }> = { t: 'param', name, quoted };
    if (length) part.length = true;
    if (indirect) part.indirect = true;
    if (this.bash && text[this.position] === '[') {
      this.position++;
      part.index = this.scanWord((c) => c === ']');
      this.position++;
    }
    const operand = (stop: (c: string) => boolean, pattern: boolean): Word => {
      // Quotes around the whole do not quote a pattern.
      if (quoted && !pattern) {
        const from = this.position;
        const parts: Part[] = [];
        this.#quotedOperand(parts, stop);
        return { parts, raw: text.slice(from, this.position) };
      }
      return this.scanWord(stop);
    };
    if (text[this.position] !== '}') {
      const m = /^(?::?[-=?+]|##?|%%?)/.exec(text.slice(this.position, this.position + 2));
      const extended = this.bash ? /^(?:\/\/?|:|\^\^?|,,?)/.exec(text.slice(this.position, this.position + 2)) : null;
      const op = m?.[0] ?? extended?.[0];
      if (op === undefined) {
        if (text[this.position] === undefined) this.unterminated('Missing "}"');
        return bad();
      }
      this.position += op.length;
      part.op = op;
      const second = op === ':' ? ':' : op[0] === '/' ? '/' : undefined;
      part.arg = operand((c) => c === '}' || c === second, /[#%/]/.test(op));
      if (second && text[this.position] === second) {
        this.position++;
        part.arg2 = operand((c) => c === '}', false);
      }
    }
    if (text[this.position] !== '}') this.unterminated('Missing "}"');
    this.position++;
    return part;
  }

  /** Operand of `${x-...}` inside of double quotes: quotes may nest once more. */
  #quotedOperand(parts: Part[], stop: (c: string) => boolean): void {
    for (;;) {
      const c = this.source[this.position];
      if (c === undefined) this.unterminated('Missing "}"');
      if (stop(c)) return;
      if (c === '"') {
        this.position++;
        this.#quotedParts(parts, () => this.source[this.position] === '"', false);
        this.position++;
        continue;
      }
      this.#quotedParts(
        parts,
        () => {
          const next = this.source[this.position];
          return next === undefined || next === '"' || stop(next);
        },
        false,
      );
    }
  }
}

/** Position of the `))` that closes an arithmetic expansion which began before `from`; undefined if it is none. */
export function matchingParens(text: string, from: number): number | undefined {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') {
      if (depth === 0) return text[i + 1] === ')' ? i : undefined;
      depth--;
    }
  }
  return undefined;
}

export function isWordEnd(c: string): boolean {
  return ' \t\n\r;&|<>()'.includes(c);
}
