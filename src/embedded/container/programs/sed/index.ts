import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { cannotOpen, lines, Output } from '../../lib/io.ts';
import { parseOptions } from '../../lib/options.ts';
import { isBusybox, program, UsageError } from '../../lib/program.ts';
import { type Address, parseSed, type SedCommand } from './script.ts';

/** Bytes that the spaces may grow by before they are counted anew. */
const CHARGE_AT = 64 * 1024;
/** What V8 keeps of each match until all are replaced, in characters. */
const MATCH_CHARACTERS = 32;

export const sed = program('sed', async (p) => {
  const options = parseOptions(
    p,
    'nrEe:f:i::sz',
    {
      quiet: 'n',
      silent: 'n',
      'regexp-extended': 'E',
      expression: 'e',
      file: 'f',
      'in-place': 'in-place::',
      separate: 's',
    },
    { args: p.args.map((a) => (/^-i./.test(a) ? `--in-place=${a.slice(2)}` : a === '-i' ? '--in-place' : a)) },
  );
  const scripts = [...options.all('e')];
  for (const file of options.all('f')) scripts.push(p.vfs.readText(p, file).replace(/\n$/, ''));
  const files = [...options.operands];
  if (scripts.length === 0) {
    const script = files.shift();
    if (script === undefined) throw new UsageError('no script specified');
    scripts.push(script);
  }
  const commands = parseSed(scripts.join('\n'), options.has('E', 'r'));
  if (!options.has('in-place')) return new Sed(p, commands, options.has('n')).run(files);
  let status = 0;
  for (const file of files) {
    try {
      const editor = new Sed(p, commands, options.has('n'), true);
      status = await editor.run([file]);
      const suffix = options.get('in-place');
      if (suffix) p.vfs.writeFile(p, `${file}${suffix}`, p.vfs.readFile(p, file));
      p.vfs.writeFile(p, file, editor.collected);
    } catch (error) {
      if (!isSysError(error)) throw error;
      await p.print(2, cannotOpen(p, file, error));
      status = 1;
    }
  }
  return status;
});

class Sed {
  readonly #p: Process;
  readonly #commands: readonly SedCommand[];
  readonly #quiet: boolean;
  readonly #out: Output;
  readonly #collect: boolean;
  collected = '';
  #charged = 0;
  #pattern = '';
  #hold = '';
  #end = '\n';
  #line = 0;
  /** The command that is next. */
  #at = 0;
  /** An `s` of this cycle has found something since the last `t`. */
  #substituted = false;
  #last = false;
  #appended: string[] = [];
  #active = new Map<SedCommand, number>();
  #quit: number | undefined;
  #files = new Map<string, number>();

  constructor(p: Process, commands: readonly SedCommand[], quiet: boolean, collect = false) {
    this.#p = p;
    this.#commands = commands;
    this.#quiet = quiet;
    this.#out = new Output(p);
    this.#collect = collect;
  }

  async #write(text: string): Promise<void> {
    if (!this.#collect) return this.#out.write(text);
    this.#p.charge(text.length);
    this.collected += text;
  }

  async run(files: readonly string[]): Promise<number> {
    let status = 0;
    const input = this.#input(files, () => {
      status = isBusybox(this.#p) ? 1 : 2;
    });
    let next = await input.next();
    const advance = async (): Promise<boolean> => {
      if (next.done) return false;
      const { text, end } = next.value;
      next = await input.next();
      this.#line++;
      this.#last = next.done === true;
      this.#pattern = text;
      this.#end = end;
      return true;
    };
    while (await advance()) {
      const turn = this.#p.step(2);
      if (turn) await turn;
      const again = await this.#cycle(advance);
      if (this.#quit !== undefined) break;
      if (!again) break;
    }
    await this.#out.flush();
    return this.#quit ?? status;
  }

  async *#input(files: readonly string[], failed: () => void): AsyncGenerator<{ text: string; end: string }> {
    for (const file of files.length > 0 ? files : ['-']) {
      if (file === '-') {
        yield* lines(this.#p, 0, this.#collect ? undefined : this.#out);
        continue;
      }
      try {
        const fd = this.#p.addFd(this.#p.vfs.open(this.#p, file, { read: true }));
        try {
          yield* lines(this.#p, fd, this.#out);
        } finally {
          this.#p.setFd(fd, undefined);
        }
      } catch (error) {
        if (!isSysError(error)) throw error;
        failed();
        await this.#out.flush();
        await this.#p.print(2, `sed: ${isBusybox(this.#p) ? '' : "can't read "}${file}: ${error.message}\n`);
      }
    }
  }

  #matches(address: Address): boolean {
    switch (address.t) {
      case 'line':
        return this.#line === address.line;
      case 'last':
        return this.#last;
      case 'step':
        return address.step === 0
          ? this.#line === address.first
          : this.#line >= address.first && (this.#line - address.first) % address.step === 0;
      case 'regex':
        address.regex.lastIndex = 0;
        return address.regex.test(this.#pattern);
      default:
        return false;
    }
  }

  #selected(c: SedCommand): boolean {
    return this.#inRange(c) !== c.negate;
  }

  #inRange(c: SedCommand): boolean {
    if (!c.from) return true;
    if (!c.to) return this.#matches(c.from);
    const until = this.#active.get(c);
    if (until !== undefined) {
      const ends = c.to.t === 'line' || c.to.t === 'plus' ? this.#line >= until : this.#matches(c.to);
      if (ends) this.#active.delete(c);
      return !(until >= 0 && this.#line > until);
    }
    if (c.from.t === 'line' && c.from.line === 0 ? this.#line !== 1 : !this.#matches(c.from)) return false;
    if (c.to.t === 'line') {
      if (c.to.line > this.#line) this.#active.set(c, c.to.line);
    } else if (c.to.t === 'plus') {
      if (c.to.count > 0) this.#active.set(c, this.#line + c.to.count);
    } else if (!(c.to.t === 'last' && this.#last)) {
      const immediately = c.from.t === 'line' && c.from.line === 0 && this.#matches(c.to);
      if (!immediately) this.#active.set(c, -1);
    }
    return true;
  }

  /** One pass of the script over the pattern space; false: no more cycles. */
  async #cycle(advance: () => Promise<boolean>): Promise<boolean> {
    this.#substituted = false;
    for (this.#at = 0; this.#at < this.#commands.length; ) {
      this.#countSpaces();
      const turn = this.#p.step(2 + (this.#pattern.length >> 10));
      if (turn) await turn;
      const c = this.#commands[this.#at];
      if (!c) break;
      this.#at++;
      if (!this.#selected(c)) {
        if (c.name === '{') this.#at = c.jump ?? this.#at;
        continue;
      }
      const end = await this.#execute(c, advance);
      if (end) return end === 'next cycle';
    }
    if (!this.#quiet) await this.#print();
    await this.#flushAppended();
    return true;
  }

  /** Runs one command; resolves with how it ends the cycle, if it does. */
  async #execute(c: SedCommand, advance: () => Promise<boolean>): Promise<'next cycle' | 'no more' | undefined> {
    switch (c.name) {
      case 's':
        await this.#replace(c);
        return undefined;
      case 'y':
        this.#pattern = [...this.#pattern].map((ch) => c.map?.get(ch) ?? ch).join('');
        return undefined;
      case 'd':
        await this.#flushAppended();
        return 'next cycle';
      case 'D':
        return this.#deleteLine();
      case 'n':
        if (!this.#quiet) await this.#print();
        await this.#flushAppended();
        return (await advance()) ? undefined : 'no more';
      case 'N':
        return this.#appendNext(advance);
      case 'a':
        this.#appended.push(`${c.text ?? ''}\n`);
        return undefined;
      case 'c':
        if (!c.to || !this.#active.has(c)) await this.#write(`${c.text ?? ''}\n`);
        return 'next cycle';
      case 'r':
        if (c.file !== undefined && this.#p.vfs.find(this.#p, c.file))
          this.#appended.push(this.#p.vfs.readText(this.#p, c.file));
        return undefined;
      case 'w':
        if (c.file !== undefined) await this.#toFile(c.file, this.#pattern);
        return undefined;
      case 'b':
        this.#jump(c);
        return undefined;
      case 't':
      case 'T':
        if (this.#substituted === (c.name === 't')) this.#jump(c);
        this.#substituted = false;
        return undefined;
      case 'q':
        this.#quit = c.code ?? 0;
        if (!this.#quiet) await this.#print();
        await this.#flushAppended();
        return 'no more';
      case 'Q':
        this.#quit = c.code ?? 0;
        return 'no more';
      case 'h':
      case 'H':
      case 'g':
      case 'G':
      case 'x':
      case 'z':
        this.#moveSpaces(c.name);
        return undefined;
      default:
        await this.#show(c);
        return undefined;
    }
  }

  /** `h`, `H`, `g`, `G`, `x`, `z`: between the pattern and the hold space. */
  #moveSpaces(name: 'h' | 'H' | 'g' | 'G' | 'x' | 'z'): void {
    if (name === 'h') this.#hold = this.#pattern;
    else if (name === 'H') this.#hold += `\n${this.#pattern}`;
    else if (name === 'g') this.#pattern = this.#hold;
    else if (name === 'G') this.#pattern += `\n${this.#hold}`;
    else if (name === 'x') [this.#pattern, this.#hold] = [this.#hold, this.#pattern];
    else this.#pattern = '';
  }

  /** `p`, `P`, `i`, `=`, `l`: a line of output. */
  async #show(c: SedCommand): Promise<void> {
    if (c.name === 'p') await this.#write(`${this.#pattern}\n`);
    else if (c.name === 'P') await this.#write(`${this.#pattern.split('\n')[0]}\n`);
    else if (c.name === 'i') await this.#write(`${c.text ?? ''}\n`);
    else if (c.name === '=') await this.#write(`${this.#line}\n`);
    else if (c.name === 'l')
      await this.#write(`${JSON.stringify(this.#pattern).slice(1, -1).replaceAll('\\"', '"')}$\n`);
  }

  #jump(c: SedCommand): void {
    this.#at = c.jump ?? this.#commands.length;
  }

  async #replace(c: SedCommand): Promise<void> {
    const result = this.#substitute(c);
    if (result === undefined) return;
    this.#substituted = true;
    this.#pattern = result;
    if (c.print) await this.#write(`${result}\n`);
    if (c.file !== undefined) await this.#toFile(c.file, result);
  }

  /** `D`: the script begins anew without the first line. */
  async #deleteLine(): Promise<'next cycle' | undefined> {
    const newline = this.#pattern.indexOf('\n');
    if (newline < 0) return 'next cycle';
    this.#pattern = this.#pattern.slice(newline + 1);
    await this.#flushAppended();
    this.#at = 0;
    return undefined;
  }

  async #appendNext(advance: () => Promise<boolean>): Promise<'no more' | undefined> {
    const before = this.#pattern;
    await this.#flushAppended();
    if (await advance()) {
      this.#pattern = `${before}\n${this.#pattern}`;
      return undefined;
    }
    if (!this.#quiet) await this.#write(`${before}\n`);
    return 'no more';
  }

  /** Counts what the pattern and hold spaces take, when it has become another amount. */
  #countSpaces(): void {
    const bytes = 2 * (this.#pattern.length + this.#hold.length);
    if (Math.abs(bytes - this.#charged) < CHARGE_AT) return;
    this.#p.charge(bytes - this.#charged);
    this.#charged = bytes;
  }

  #print(): Promise<void> {
    return this.#write(this.#pattern + this.#end);
  }

  async #flushAppended(): Promise<void> {
    for (const text of this.#appended.splice(0)) await this.#write(text);
  }

  #substitute(c: SedCommand): string | undefined {
    if (!c.regex) return undefined;
    let count = 0;
    let changed = false;
    let grown = 0;
    const wanted = c.occurrence ?? 1;
    const result = this.#pattern.replace(c.regex, (...args) => {
      count++;
      const match = String(args[0]);
      if (c.global ? count < wanted : count !== wanted) return match;
      changed = true;
      const groups = args.slice(
        0,
        args.findIndex((a) => typeof a === 'number'),
      );
      const text = c.replacement?.(groups.map((g) => (g === undefined ? '' : String(g)))) ?? '';
      grown += text.length + MATCH_CHARACTERS;
      // Before there is no memory left for it.
      if (grown > CHARGE_AT) {
        this.#p.charge(2 * grown);
        this.#charged += 2 * grown;
        grown = 0;
      }
      return text;
    });
    return changed ? result : undefined;
  }

  async #toFile(file: string, text: string): Promise<void> {
    const p = this.#p;
    if (file === '/dev/stdout') return this.#write(`${text}\n`);
    let fd = this.#files.get(file);
    if (fd === undefined) {
      fd = p.addFd(p.vfs.open(p, file, { write: true, create: true, truncate: true }));
      this.#files.set(file, fd);
    }
    await p.print(fd, `${text}\n`);
  }
}
