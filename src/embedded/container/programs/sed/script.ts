/** sed's language: a script into a list of commands with jumps. */
import { UsageError } from '../../lib/program.ts';
import { posixToJs, regexFault, safeRegExp } from '../../lib/regex.ts';

export type Address =
  | { t: 'line'; line: number }
  | { t: 'last' }
  | { t: 'step'; first: number; step: number }
  | { t: 'regex'; regex: RegExp }
  | { t: 'plus'; count: number };

export interface SedCommand {
  name: string;
  from?: Address;
  to?: Address;
  negate: boolean;
  regex?: RegExp;
  replacement?: (groups: readonly string[]) => string;
  global?: boolean;
  print?: boolean;
  occurrence?: number;
  file?: string;
  text?: string;
  map?: Map<string, string>;
  code?: number;
  label?: string;
  /** Where `b`, `t` and a block that is not entered go on. */
  jump?: number;
}

/** Parses a script. Throws UsageError with sed's words. */
export function parseSed(script: string, extended: boolean): SedCommand[] {
  return new SedParser(script, extended).parse();
}

class SedParser {
  readonly #text: string;
  readonly #extended: boolean;
  #at = 0;
  #lastRegex: RegExp | undefined;

  constructor(text: string, extended: boolean) {
    this.#text = text;
    this.#extended = extended;
  }

  parse(): SedCommand[] {
    const commands: SedCommand[] = [];
    const labels = new Map<string, number>();
    const open: SedCommand[] = [];
    for (;;) {
      this.#skip(/[\s;]*/y);
      if (this.#at >= this.#text.length) break;
      if (this.#text[this.#at] === '#') {
        this.#skip(/[^\n]*/y);
        continue;
      }
      if (this.#text[this.#at] === '}') {
        this.#at++;
        const block = open.pop();
        if (!block) throw new UsageError('unexpected }');
        block.jump = commands.length;
        continue;
      }
      const command = this.#command();
      if (command.name === ':') labels.set(command.label ?? '', commands.length);
      else {
        commands.push(command);
        if (command.name === '{') open.push(command);
      }
    }
    if (open.length > 0) throw new UsageError('unmatched {');
    for (const c of commands) {
      if (!'btT'.includes(c.name) || !c.label) continue;
      const target = labels.get(c.label);
      if (target === undefined) throw new UsageError(`can't find label for jump to '${c.label}'`);
      c.jump = target;
    }
    return commands;
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += match.length;
    return match;
  }

  #address(second: boolean): Address | undefined {
    const c = this.#text[this.#at] ?? '';
    if (c === '$') {
      this.#at++;
      return { t: 'last' };
    }
    if (second && c === '+') {
      this.#at++;
      return { t: 'plus', count: Number(this.#skip(/\d*/y)) };
    }
    if (/\d/.test(c)) {
      const line = Number(this.#skip(/\d+/y));
      if (this.#text[this.#at] !== '~') return { t: 'line', line };
      this.#at++;
      return { t: 'step', first: line, step: Number(this.#skip(/\d*/y)) };
    }
    if (c !== '/' && c !== '\\') return undefined;
    if (c === '\\') this.#at++;
    const delimiter = this.#text[this.#at++] ?? '/';
    const source = this.#delimited(delimiter);
    const flags = this.#skip(/[IM]*/y);
    return { t: 'regex', regex: this.#regex(source, flags.includes('I') ? 'i' : '') };
  }

  #regex(source: string, flags: string): RegExp {
    if (source === '') {
      if (!this.#lastRegex) throw new UsageError('no previous regexp');
      return this.#lastRegex;
    }
    try {
      this.#lastRegex = safeRegExp(posixToJs(source, this.#extended), flags);
    } catch (error) {
      throw new UsageError(`bad regex '${source}': ${regexFault(error)}`);
    }
    return this.#lastRegex;
  }

  /** Text up to the delimiter; an escaped delimiter loses its backslash. */
  #delimited(delimiter: string): string {
    let out = '';
    let inBracket = false;
    for (;;) {
      const c = this.#text[this.#at++];
      if (c === undefined) throw new UsageError(`unterminated address or command`);
      if (c === '\\') {
        const next = this.#text[this.#at++] ?? '';
        if (next === delimiter) out += delimiter;
        else out += `\\${next}`;
        continue;
      }
      if (c === '[' && !inBracket && /^\[\^?\]?[^\]]*\]/.test(this.#text.slice(this.#at - 1))) {
        inBracket = true;
        out += c;
        // A bracket right after the opening belongs to the set.
        const lead = /^\^?\]?/.exec(this.#text.slice(this.#at))?.[0] ?? '';
        out += lead;
        this.#at += lead.length;
        continue;
      }
      if (c === ']') inBracket = false;
      if (c === delimiter && !inBracket) return out;
      out += c;
    }
  }

  #command(): SedCommand {
    const from = this.#address(false);
    let to: Address | undefined;
    this.#skip(/[ \t]*/y);
    if (from && this.#text[this.#at] === ',') {
      this.#at++;
      this.#skip(/[ \t]*/y);
      to = this.#address(true);
      if (!to) throw new UsageError('unexpected ,');
    }
    this.#skip(/[ \t]*/y);
    const negate = this.#skip(/!+[ \t]*/y) !== '';
    const name = this.#text[this.#at++];
    if (name === undefined) throw new UsageError('missing command');
    const command: SedCommand = { name, negate, ...(from ? { from } : {}), ...(to ? { to } : {}) };
    switch (name) {
      case 's':
        this.#substitution(command);
        break;
      case 'y': {
        const delimiter = this.#text[this.#at++] ?? '/';
        const source = [...plainEscapes(this.#delimited(delimiter))];
        const target = [...plainEscapes(this.#delimited(delimiter))];
        if (source.length !== target.length) throw new UsageError('strings for y command are different lengths');
        command.map = new Map(source.map((c, i) => [c, target[i] ?? c]));
        break;
      }
      case 'a':
      case 'i':
      case 'c':
        command.text = this.#textArgument();
        break;
      case 'r':
      case 'w':
        command.file = this.#skip(/[^\n]*/y).trim();
        break;
      case ':':
      case 'b':
      case 't':
      case 'T':
        command.label = this.#skip(/[^\n;}]*/y).trim();
        break;
      case 'q':
      case 'Q': {
        const code = this.#skip(/[ \t]*\d*/y).trim();
        if (code !== '') command.code = Number(code);
        break;
      }
      default:
        if (!'{pPdDnNhHgGxlz='.includes(name)) throw new UsageError(`unsupported command ${name}`);
    }
    return command;
  }

  #substitution(command: SedCommand): void {
    const delimiter = this.#text[this.#at++];
    if (delimiter === undefined || delimiter === '\n') throw new UsageError('bad option in substitution expression');
    const source = this.#delimited(delimiter);
    const replacement = this.#delimited(delimiter);
    let flags = '';
    for (;;) {
      const flag = this.#skip(/[gpiImMe]|\d+/y);
      if (flag === '') break;
      if (flag === 'g') command.global = true;
      else if (flag === 'p') command.print = true;
      else if (flag === 'i' || flag === 'I') flags += 'i';
      else if (flag === 'm' || flag === 'M') flags += 'm';
      else if (/\d/.test(flag)) command.occurrence = Number(flag);
    }
    if (this.#text[this.#at] === 'w') {
      this.#at++;
      command.file = this.#skip(/[^\n]*/y).trim();
    }
    const rest = this.#text[this.#at];
    if (rest !== undefined && !/[\s;}#]/.test(rest)) throw new UsageError('unknown option to s command');
    const regex = this.#regex(source, flags);
    command.regex = regex.flags.includes('g')
      ? regex
      : safeRegExp(regex.source, [...new Set(`${regex.flags}g${flags}`)].join(''));
    command.replacement = compileReplacement(replacement);
  }

  /** `a\` with its lines, or one line after `a`. */
  #textArgument(): string {
    this.#skip(/[ \t]*/y);
    if (this.#text[this.#at] === '\\') {
      this.#at++;
      this.#skip(/[ \t]*\n/y);
    }
    let out = '';
    for (;;) {
      const c = this.#text[this.#at++];
      if (c === undefined || c === '\n') return out;
      if (c === '\\') {
        const next = this.#text[this.#at++] ?? '';
        out += next === 't' ? '\t' : next;
      } else out += c;
    }
  }
}

function plainEscapes(text: string): string {
  return text.replace(/\\([nt\\])/g, (_, c: string) => ({ n: '\n', t: '\t' })[c] ?? '\\');
}

/** `&`, `\1`, `\n`, `\U...\E`. */
function compileReplacement(text: string): (groups: readonly string[]) => string {
  const pieces: ({ t: 'text'; text: string } | { t: 'group'; n: number } | { t: 'case'; mode: string })[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (c === '&') pieces.push({ t: 'group', n: 0 });
    else if (c === '\\') {
      const next = text[++i] ?? '';
      if (/\d/.test(next)) pieces.push({ t: 'group', n: Number(next) });
      else if ('ULEul'.includes(next) && next !== '') pieces.push({ t: 'case', mode: next });
      else pieces.push({ t: 'text', text: next === 'n' ? '\n' : next === 't' ? '\t' : next });
    } else pieces.push({ t: 'text', text: c });
  }
  return (groups) => {
    let out = '';
    let mode = '';
    let once = '';
    for (const piece of pieces) {
      if (piece.t === 'case') {
        if ('ul'.includes(piece.mode)) once = piece.mode;
        else mode = piece.mode === 'E' ? '' : piece.mode;
        continue;
      }
      let part = piece.t === 'text' ? piece.text : (groups[piece.n] ?? '');
      if (mode === 'U') part = part.toUpperCase();
      if (mode === 'L') part = part.toLowerCase();
      if (once !== '' && part !== '') {
        part = (once === 'u' ? part.charAt(0).toUpperCase() : part.charAt(0).toLowerCase()) + part.slice(1);
        once = '';
      }
      out += part;
    }
    return out;
  };
}
