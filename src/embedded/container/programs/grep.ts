import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { cannotOpen, lines, Output, withFile } from '../lib/io.ts';
import { type Options, parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';
import { escapeRegExp, posixToJs, regexFault, safeRegExp } from '../lib/regex.ts';
import { matchesPattern } from '../sh/pattern.ts';

const long = {
  ...{ 'extended-regexp': 'E', 'fixed-strings': 'F', 'basic-regexp': 'G', 'perl-regexp': 'P', regexp: 'e', file: 'f' },
  ...{
    'ignore-case': 'i',
    'invert-match': 'v',
    'word-regexp': 'w',
    'line-regexp': 'x',
    count: 'c',
    quiet: 'q',
    silent: 'q',
  },
  ...{
    'files-with-matches': 'l',
    'files-without-match': 'L',
    'only-matching': 'o',
    'line-number': 'n',
    recursive: 'r',
  },
  ...{ 'no-messages': 's', 'with-filename': 'H', 'no-filename': 'h', 'max-count': 'm', 'after-context': 'A' },
  ...{
    'before-context': 'B',
    context: 'C',
    color: 'color::',
    colour: 'color::',
    include: 'include:',
    exclude: 'exclude:',
  },
  ...{ 'line-buffered': 'line-buffered', text: 'a', 'null-data': 'z', 'exclude-dir': 'exclude-dir:' },
};

function compile(patterns: readonly string[], options: Options): RegExp {
  const extended = options.has('E', 'P');
  const sources = patterns.map((pattern) => {
    const source = options.has('F') ? escapeRegExp(pattern) : options.has('P') ? pattern : posixToJs(pattern, extended);
    if (options.has('x')) return `^(?:${source})$`;
    return options.has('w') ? `(?:^|\\b|(?<!\\w))(?:${source})(?!\\w)` : `(?:${source})`;
  });
  return safeRegExp(sources.join('|') || '(?:)', `g${options.has('i') ? 'i' : ''}`);
}

function makeGrep(name: string, mode: '' | 'E' | 'F') {
  return program(name, async (p) => {
    const args = p.args.flatMap((a) => (/^-\d+$/.test(a) ? ['-C', a.slice(1)] : [a]));
    const options = parseOptions(p, 'EFGPivwxcqlLonrRsHhm:A:B:C:e:f:aIUzy', long, { args, code: 2 });
    if (mode !== '') options.add(mode, '');
    if (options.has('y')) options.add('i', '');
    const operands = [...options.operands];
    const patterns = [...options.all('e')];
    for (const file of options.all('f')) patterns.push(...p.vfs.readText(p, file).replace(/\n$/, '').split('\n'));
    if (patterns.length === 0 && options.all('f').length === 0) {
      const first = operands.shift();
      if (first === undefined) {
        await p.print(
          2,
          isBusybox(p)
            ? 'Usage: grep [-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...\n'
            : "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n",
        );
        return isBusybox(p) ? 1 : 2;
      }
      patterns.push(first);
    }
    let regex: RegExp;
    try {
      regex = compile(
        patterns.flatMap((pattern) => pattern.split('\n')),
        options,
      );
    } catch (error) {
      const fault = regexFault(error);
      throw new UsageError(isBusybox(p) ? `bad regex '${patterns[0]}': ${fault}` : fault, 2);
    }
    return new Search(p, options, regex).run(operands);
  });
}

class Search {
  readonly #p: Process;
  readonly #options: Options;
  readonly #regex: RegExp;
  readonly #out: Output;
  #failed = false;
  #matched = false;
  #names = false;
  #printedAny = false;

  constructor(p: Process, options: Options, regex: RegExp) {
    this.#p = p;
    this.#options = options;
    this.#regex = regex;
    this.#out = new Output(p);
  }

  async run(operands: readonly string[]): Promise<number> {
    const o = this.#options;
    const recursive = o.has('r', 'R');
    const files = operands.length > 0 ? operands : [recursive ? '.' : '-'];
    this.#names = o.has('H') || (!o.has('h') && (files.length > 1 || recursive));
    for (const file of files) {
      await this.#file(file, recursive);
      if (this.#matched && o.has('q')) return 0;
    }
    await this.#out.flush();
    if (this.#failed && !(o.has('q') && this.#matched)) return 2;
    return this.#matched ? 0 : 1;
  }

  async #file(file: string, recursive: boolean): Promise<void> {
    const p = this.#p;
    try {
      if (file !== '-' && p.vfs.stat(p, file).kind === 'dir') {
        if (recursive) return await this.#folder(file);
        await this.#out.flush();
        if (!this.#options.has('s')) await p.print(2, isBusybox(p) ? '' : `grep: ${file}: Is a directory\n`);
        return;
      }
      await (file === '-' ? this.#search(0, '(standard input)') : withFile(p, file, (fd) => this.#search(fd, file)));
    } catch (error) {
      if (!isSysError(error) || error.code === 'EPIPE') throw error;
      this.#failed = true;
      await this.#out.flush();
      if (!this.#options.has('s'))
        await p.print(2, isBusybox(p) ? `grep: ${file}: ${error.message}\n` : cannotOpen(p, file, error));
    }
  }

  async #folder(folder: string): Promise<void> {
    const p = this.#p;
    const { all } = { all: (key: string) => this.#options.all(key) };
    for (const name of p.vfs.readdir(p, folder).sort()) {
      const path = folder.endsWith('/') ? folder + name : `${folder}/${name}`;
      const kind = p.vfs.stat(p, path, false).kind;
      if (kind === 'link' && !this.#options.has('R')) continue;
      if (
        kind === 'dir'
          ? all('exclude-dir').some((g) => matchesPattern(name, g))
          : all('exclude').some((g) => matchesPattern(name, g))
      )
        continue;
      if (kind !== 'dir' && all('include').length > 0 && !all('include').some((g) => matchesPattern(name, g))) continue;
      await this.#file(path, true);
    }
  }

  async #search(fd: number, name: string): Promise<void> {
    const o = this.#options;
    const max = o.number('m') ?? Number.POSITIVE_INFINITY;
    const context = o.number('C') ?? 0;
    const after = o.number('A') ?? context;
    const before = o.number('B') ?? context;
    const silent = o.has('q', 'l', 'L', 'c');
    const kept: { text: string; number: number }[] = [];
    let [count, number, pending, lastPrinted] = [0, 0, 0, 0];
    if (max === 0) return;
    for await (const { text } of lines(this.#p, fd, this.#out)) {
      number++;
      this.#regex.lastIndex = 0;
      const hit = this.#regex.test(text) !== o.has('v');
      if (hit) {
        count++;
        this.#matched = true;
        if (o.has('q') || o.has('l')) break;
        if (!silent) {
          if (before > 0 || after > 0) {
            const firstKept = kept[0]?.number ?? number;
            if (this.#printedAny && firstKept > lastPrinted + 1) await this.#out.write('--\n');
            for (const k of kept.splice(0)) await this.#print(k.text, k.number, name, '-');
          }
          await this.#print(text, number, name, ':');
          this.#printedAny = true;
          lastPrinted = number;
          pending = after;
        }
        if (count >= max) {
          if (pending === 0 || silent) break;
        }
      } else if (pending > 0) {
        await this.#print(text, number, name, '-');
        lastPrinted = number;
        pending--;
        if (count >= max && pending === 0) break;
      } else if (before > 0 && !silent) {
        kept.push({ text, number });
        if (kept.length > before) kept.shift();
      }
    }
    if (o.has('l') ? count > 0 : o.has('L') && count === 0) await this.#out.write(`${name}\n`);
    else if (o.has('c')) await this.#out.write(`${this.#names ? `${name}:` : ''}${count}\n`);
  }

  async #print(text: string, number: number, name: string, separator: ':' | '-'): Promise<void> {
    const o = this.#options;
    const prefix = (this.#names ? name + separator : '') + (o.has('n') ? number + separator : '');
    if (!o.has('o')) return this.#out.write(`${prefix}${text}\n`);
    if (separator === '-' || o.has('v')) return;
    this.#regex.lastIndex = 0;
    for (const match of text.matchAll(this.#regex))
      if (match[0] !== '') await this.#out.write(`${prefix}${match[0]}\n`);
  }
}

export const grep = makeGrep('grep', '');
export const egrep = makeGrep('egrep', 'E');
export const fgrep = makeGrep('fgrep', 'F');
