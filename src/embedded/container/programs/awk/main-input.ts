/** The records of a program's files, or of standard input. */

import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { lines, type Output } from '../../lib/io.ts';
import { compileRegex } from './parser.ts';
import { inputValue, toNumber } from './values.ts';
import type { Variables } from './variables.ts';

type Records = AsyncGenerator<{ text: string; end: string }>;

export class MainInput {
  readonly #p: Process;
  readonly #variables: Variables;
  readonly #out: Output;
  #records: Records | undefined;
  /** A file could not be opened. */
  failed = false;

  constructor(p: Process, variables: Variables, out: Output) {
    this.#p = p;
    this.#variables = variables;
    this.#out = out;
  }

  /** Begins with the operands: names of files, and assignments between them. */
  open(operands: readonly string[]): void {
    this.#records = this.#read(operands);
  }

  /** The next record, counted; undefined: there is none. */
  async next(): Promise<string | undefined> {
    const { done, value } = await (this.#records ?? this.#read([])).next();
    if (done) return undefined;
    this.count('NR');
    this.count('FNR');
    return value.text;
  }

  count(name: 'NR' | 'FNR'): void {
    this.#variables.setGlobal(name, toNumber(this.#variables.get(name)) + 1);
  }

  async *#read(operands: readonly string[]): Records {
    let files = 0;
    for (const arg of operands) {
      const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(arg);
      if (assignment) {
        this.#variables.setGlobal(assignment[1] ?? '', inputValue(assignment[2] ?? ''));
        continue;
      }
      files++;
      this.#variables.setGlobal('FILENAME', arg);
      this.#variables.setGlobal('FNR', 0);
      if (arg === '-') {
        yield* this.#split(0);
        continue;
      }
      let fd: number;
      try {
        fd = this.#p.addFd(this.#p.vfs.open(this.#p, arg, { read: true }));
      } catch (error) {
        if (!isSysError(error)) throw error;
        this.failed = true;
        await this.#out.flush();
        await this.#p.print(2, `awk: ${arg}: ${error.message}\n`);
        continue;
      }
      yield* this.#split(fd);
      this.#p.setFd(fd, undefined);
    }
    if (files === 0) yield* this.#split(0);
  }

  async *#split(fd: number): Records {
    const rs = this.#variables.text(this.#variables.get('RS'));
    if (rs === '\n') yield* lines(this.#p, fd, this.#out);
    else if (rs === '') {
      // Paragraphs.
      const all = (await this.#p.readAllText(fd)).replace(/^\n+/, '');
      for (const text of all.split(/\n{2,}/)) if (text !== '') yield { text: text.replace(/\n$/, ''), end: '\n' };
    } else if (rs.length === 1) yield* lines(this.#p, fd, this.#out, rs);
    else {
      const all = await this.#p.readAllText(fd);
      for (const text of all.split(compileRegex(rs))) if (text !== '') yield { text, end: '\n' };
    }
  }
}
