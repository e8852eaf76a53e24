/** nginx' configuration language: words, blocks, includes. Words and messages as in ngx_conf_file.c. */
import { isSysError } from '../../kernel/errno.ts';
import { matchesPattern } from '../../sh/pattern.ts';
import { checkDirective } from './directives.ts';
import { errnoText } from './errno.ts';

/** What keeps nginx from starting; the message is what follows `[emerg]`. */
export class ConfigError extends Error {}

export interface Position {
  file: string;
  /** From 1; of the word that ended the directive. */
  line: number;
}

export interface Directive extends Position {
  name: string;
  args: string[];
  block?: Directive[];
}

/** How files of the container are read. Both throw SysError. */
export interface ConfigFiles {
  read(path: string): string;
  list(folder: string): string[];
}

/** An error with the place it was found at, as nginx appends it. */
export function configError(text: string, at: Position): ConfigError {
  return new ConfigError(`${text} in ${at.file}:${at.line}`);
}

/**
 * Reads `file` and what it includes. Every directive is known, stands where it may and has as many arguments as it takes.
 * `loaded` gets each file in the order of reading, for `nginx -T`. Throws ConfigError.
 */
export function parseConfig(
  files: ConfigFiles,
  file: string,
  globals: string,
  loaded: { path: string; text: string }[],
): Directive[] {
  const parser = new Parser(files, file, loaded);
  const given = parser.parseText(globals, 'command line', 'main');
  return [...given, ...parser.parseFile(file, 'main', undefined)];
}

class Parser {
  readonly #files: ConfigFiles;
  readonly #folder: string;
  readonly #loaded: { path: string; text: string }[];
  #depth = 0;

  constructor(files: ConfigFiles, file: string, loaded: { path: string; text: string }[]) {
    this.#files = files;
    this.#folder = file.slice(0, file.lastIndexOf('/'));
    this.#loaded = loaded;
  }

  parseFile(path: string, context: string, from: Position | undefined): Directive[] {
    let text: string;
    try {
      text = this.#files.read(path);
    } catch (error) {
      if (!isSysError(error)) throw error;
      const message = `open() "${path}" failed ${errnoText(error)}`;
      throw from ? configError(message, from) : new ConfigError(message);
    }
    if (!this.#loaded.some((l) => l.path === path)) this.#loaded.push({ path, text });
    return this.parseText(text, path, context);
  }

  parseText(text: string, file: string, context: string): Directive[] {
    return this.#block(new Words(text, file), context, true);
  }

  #block(words: Words, context: string, top: boolean): Directive[] {
    const found: Directive[] = [];
    for (;;) {
      const { args, end } = words.next();
      const at = { file: words.file, line: words.line };
      if (end === 'eof') {
        if (top) return found;
        throw configError('unexpected end of file, expecting "}"', at);
      }
      if (end === '}') {
        if (top) throw configError('unexpected "}"', at);
        return found;
      }
      const [name = '', ...rest] = args;
      if (name === 'include') {
        if (rest.length !== 1) throw configError('invalid number of arguments in "include" directive', at);
        found.push(...this.#include(rest[0] ?? '', context, at));
        continue;
      }
      const inner = checkDirective(name, rest, context, end === '{', (text) => configError(text, at));
      const directive: Directive = { name, args: rest, ...at };
      if (inner !== undefined) directive.block = this.#block(words, inner, false);
      found.push(directive);
    }
  }

  #include(given: string, context: string, at: Position): Directive[] {
    if (++this.#depth > 100) throw configError('too many levels of include', at);
    const path = given.startsWith('/') ? given : `${this.#folder}/${given}`;
    const directives = this.#expand(path, at).flatMap((p) => this.parseFile(p, context, at));
    this.#depth--;
    return directives;
  }

  /** The files that a pattern means; a pattern that matches none is no error. */
  #expand(path: string, at: Position): string[] {
    if (!/[*?[]/.test(path)) return [path];
    const cut = path.lastIndexOf('/');
    const [folder, pattern] = [path.slice(0, cut), path.slice(cut + 1)];
    const folders = /[*?[]/.test(folder) ? this.#expand(folder, at) : [folder];
    return folders.flatMap((f) => {
      let names: string[];
      try {
        names = this.#files.list(f === '' ? '/' : f);
      } catch (error) {
        if (!isSysError(error)) throw error;
        return [];
      }
      const visible = names.filter(
        (n) => (pattern.startsWith('.') || !n.startsWith('.')) && matchesPattern(n, pattern),
      );
      return visible.sort().map((n) => `${f}/${n}`);
    });
  }
}

const escapes: Record<string, string> = { '"': '"', "'": "'", '\\': '\\', t: '\t', r: '\r', n: '\n' };

/** Reads the words up to the next `;`, `{` or `}`: ngx_conf_read_token. */
class Words {
  readonly file: string;
  line = 1;
  readonly #text: string;
  #at = 0;

  constructor(text: string, file: string) {
    this.#text = text;
    this.file = file;
  }

  next(): { args: string[]; end: ';' | '{' | '}' | 'eof' } {
    const args: string[] = [];
    for (;;) {
      const c = this.#peek();
      if (c === undefined) {
        if (args.length === 0) return { args, end: 'eof' };
        const expecting =
          this.file === 'command line'
            ? 'unexpected end of parameter, expecting ";"'
            : 'unexpected end of file, expecting ";" or "}"';
        throw this.#error(expecting);
      }
      if (/\s/.test(c)) this.#take();
      else if (c === '#') while (this.#peek() !== undefined && this.#peek() !== '\n') this.#take();
      else if (c === ';' || c === '{') {
        this.#take();
        if (args.length === 0) throw this.#error(`unexpected "${c}"`);
        return { args, end: c };
      } else if (c === '}') {
        this.#take();
        if (args.length > 0) throw this.#error('unexpected "}"');
        return { args, end: c };
      } else args.push(c === '"' || c === "'" ? this.#quoted(c) : this.#plain());
    }
  }

  #quoted(quote: string): string {
    this.#take();
    let word = '';
    for (;;) {
      const c = this.#take();
      if (c === undefined) throw this.#error('unexpected end of file, expecting ";" or "}"');
      if (c === quote) break;
      word += c === '\\' ? this.#escape() : c;
    }
    const after = this.#peek();
    // A bracket may follow, as in `if ($x = "a")`.
    if (after !== undefined && !/[\s;{)]/.test(after)) throw this.#error(`unexpected "${after}"`);
    return word;
  }

  #plain(): string {
    let word = '';
    for (;;) {
      const c = this.#peek();
      if (c === undefined || /[\s;]/.test(c)) return word;
      if (c === '{' && !word.endsWith('$')) return word;
      this.#take();
      word += c === '\\' ? this.#escape() : c;
    }
  }

  #escape(): string {
    const next = this.#take() ?? '';
    return escapes[next] ?? `\\${next}`;
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #take(): string | undefined {
    const c = this.#text[this.#at++];
    if (c === '\n') this.line++;
    return c;
  }

  #error(text: string): ConfigError {
    return configError(text, this);
  }
}
