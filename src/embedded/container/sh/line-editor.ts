import type { Process } from '../kernel/process.ts';
import { signals } from '../kernel/signals.ts';
import type { Tty } from '../kernel/tty.ts';

/** How reading a line ended. */
export type LineResult = { t: 'line'; text: string } | { t: 'interrupt' } | { t: 'end' };

export interface LineEditorOptions {
  history: readonly string[];
  /** Ways to complete the word before the cursor: the whole words. */
  complete(word: string, first: boolean): string[];
}

/** Reads one line from a terminal with editing, history and completion, as the shells of images do. */
export async function editLine(p: Process, tty: Tty, prompt: string, options: LineEditorOptions): Promise<LineResult> {
  const editor = new LineEditor(p, tty, prompt, options);
  const before = { raw: tty.raw, echo: tty.echo };
  const disposition = p.dispositions.get(signals.SIGINT);
  tty.raw = true;
  tty.echo = false;
  try {
    return await editor.run();
  } finally {
    tty.raw = before.raw;
    tty.echo = before.echo;
    if (disposition) p.dispositions.set(signals.SIGINT, disposition);
    else p.dispositions.delete(signals.SIGINT);
  }
}

class LineEditor {
  readonly #p: Process;
  readonly #tty: Tty;
  readonly #prompt: string;
  readonly #options: LineEditorOptions;
  #line: string[] = [];
  #cursor = 0;
  #historyAt: number;
  #draft: string[] = [];
  #killed = '';
  #row = 0;
  #decoder = new TextDecoder();

  constructor(p: Process, tty: Tty, prompt: string, options: LineEditorOptions) {
    this.#p = p;
    this.#tty = tty;
    this.#prompt = prompt;
    this.#options = options;
    this.#historyAt = options.history.length;
  }

  async run(): Promise<LineResult> {
    await this.#p.print(2, this.#prompt);
    for (;;) {
      const key = await this.#key();
      if (key === undefined) return { t: 'end' };
      if (key === 'interrupt') {
        await this.#end();
        await this.#p.print(2, '^C\n');
        return { t: 'interrupt' };
      }
      if (key === '\r' || key === '\n') {
        await this.#end();
        await this.#p.print(2, '\n');
        return { t: 'line', text: this.#line.join('') };
      }
      if (key === '\x04' && this.#line.length === 0) return { t: 'end' };
      await this.#press(key);
    }
  }

  /** A character, an escape sequence as a whole, or Ctrl-C. */
  async #key(): Promise<string | 'interrupt' | undefined> {
    const first = await this.#character();
    if (first !== '\x1b') return first;
    const second = await this.#character();
    if (second !== '[' && second !== 'O') return `\x1b${second}`;
    let sequence = '\x1b[';
    for (;;) {
      const next = await this.#character();
      if (next === undefined || next === 'interrupt') return next;
      sequence += next;
      if (/[A-Za-z~]/.test(next)) return sequence;
    }
  }

  async #character(): Promise<string | 'interrupt' | undefined> {
    for (;;) {
      let interrupt = () => {};
      const interrupted = new Promise<'interrupt'>((resolve) => {
        interrupt = () => resolve('interrupt');
      });
      this.#p.dispositions.set(signals.SIGINT, () => interrupt());
      const bytes = await Promise.race([this.#tty.read(this.#p, 1), interrupted]);
      if (bytes === 'interrupt') return bytes;
      if (bytes.length === 0) return undefined;
      const text = this.#decoder.decode(bytes, { stream: true });
      if (text !== '') return text;
    }
  }

  async #press(key: string): Promise<void> {
    const line = this.#line;
    switch (key) {
      case '\x7f':
      case '\b':
        if (this.#cursor > 0) line.splice(--this.#cursor, 1);
        break;
      case '\x04':
      case '\x1b[3~':
        line.splice(this.#cursor, 1);
        break;
      case '\x1b[D':
      case '\x02':
        this.#cursor = Math.max(0, this.#cursor - 1);
        break;
      case '\x1b[C':
      case '\x06':
        this.#cursor = Math.min(line.length, this.#cursor + 1);
        break;
      case '\x01':
      case '\x1b[H':
      case '\x1b[1~':
        this.#cursor = 0;
        break;
      case '\x05':
      case '\x1b[F':
      case '\x1b[4~':
        this.#cursor = line.length;
        break;
      case '\x15':
        this.#killed = line.splice(0, this.#cursor).join('');
        this.#cursor = 0;
        break;
      case '\x0b':
        this.#killed = line.splice(this.#cursor).join('');
        break;
      case '\x17': {
        let from = this.#cursor;
        while (from > 0 && line[from - 1] === ' ') from--;
        while (from > 0 && line[from - 1] !== ' ') from--;
        this.#killed = line.splice(from, this.#cursor - from).join('');
        this.#cursor = from;
        break;
      }
      case '\x19':
        line.splice(this.#cursor, 0, ...this.#killed);
        this.#cursor += [...this.#killed].length;
        break;
      case '\x0c':
        await this.#p.print(2, '\x1b[H\x1b[2J');
        this.#row = 0;
        break;
      case '\x1b[A':
      case '\x10':
        this.#recall(this.#historyAt - 1);
        break;
      case '\x1b[B':
      case '\x0e':
        this.#recall(this.#historyAt + 1);
        break;
      case '\t':
        await this.#complete();
        break;
      default:
        if (key < ' ' || key.startsWith('\x1b')) return;
        line.splice(this.#cursor, 0, key);
        this.#cursor++;
        // The usual case needs no redrawing.
        if (this.#cursor === line.length && (this.#prompt.length + line.length) % this.#tty.columns !== 0) {
          return this.#p.print(2, key);
        }
    }
    await this.#redraw();
  }

  #recall(index: number): void {
    const { history } = this.#options;
    if (index < 0 || index > history.length) return;
    if (this.#historyAt === history.length) this.#draft = this.#line;
    this.#historyAt = index;
    this.#line = index === history.length ? this.#draft : [...(history[index] ?? '')];
    this.#cursor = this.#line.length;
  }

  async #complete(): Promise<void> {
    const before = this.#line.slice(0, this.#cursor).join('');
    const word = /[^\s;|&<>()]*$/.exec(before)?.[0] ?? '';
    const first = /(^|[;|&(]\s*)$/.test(before.slice(0, before.length - word.length));
    const candidates = this.#options.complete(word, first);
    if (candidates.length === 0) return;
    let common = candidates[0] ?? '';
    for (const c of candidates) while (!c.startsWith(common)) common = common.slice(0, -1);
    const addition = common.slice(word.length) + (candidates.length === 1 && !common.endsWith('/') ? ' ' : '');
    if (addition === '' && candidates.length > 1) {
      await this.#end();
      await this.#p.print(2, `\n${candidates.map((c) => c.replace(/.*\/(?=.)/, '')).join('  ')}\n`);
      this.#row = 0;
      return;
    }
    this.#line.splice(this.#cursor, 0, ...addition);
    this.#cursor += [...addition].length;
  }

  /** Where the cursor is after `length` characters behind the prompt's beginning. */
  #position(length: number): { row: number; column: number } {
    const at = this.#prompt.length + length;
    return { row: Math.floor(at / this.#tty.columns), column: at % this.#tty.columns };
  }

  async #redraw(): Promise<void> {
    const up = this.#row > 0 ? `\x1b[${this.#row}A` : '';
    const end = this.#position(this.#line.length);
    const cursor = this.#position(this.#cursor);
    // At the right edge terminals wait with the wrap: make it happen.
    const wrap = end.column === 0 && this.#line.length > 0 ? ' \b' : '';
    const back = end.row > cursor.row ? `\x1b[${end.row - cursor.row}A` : '';
    const column = cursor.column > 0 ? `\r\x1b[${cursor.column}C` : '\r';
    this.#row = cursor.row;
    await this.#p.print(2, `${up}\r\x1b[J${this.#prompt}${this.#line.join('')}${wrap}${back}${column}`);
  }

  /** Puts the cursor behind the line, before something is printed below it. */
  async #end(): Promise<void> {
    if (this.#cursor === this.#line.length) return;
    this.#cursor = this.#line.length;
    await this.#redraw();
  }
}
