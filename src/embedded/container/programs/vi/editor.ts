/** The editor's state, and what keys do in normal and visual mode. */
import type { Process } from '../../kernel/process.ts';
import type { Tty } from '../../kernel/tty.ts';
import { TooMuchWork } from '../../kernel/work.ts';
import { Edits } from './edits.ts';
import { type Commanded, runEx } from './ex.ts';
import { type Insertion, insertKey } from './insert.ts';
import { escapeKey, type Key, Keyboard } from './keys.ts';
import { type Mover, readMotion } from './motion-keys.ts';
import type { Motion } from './motions.ts';
import { widthOf } from './options.ts';
import { Screen, type View } from './screen.ts';
import { before, firstNonBlank, type Position } from './text.ts';
import { textObject } from './text-objects.ts';
import type { Mode, Words } from './words.ts';

export interface EditorOptions {
  words: Words;
  /** Long lines go on in the next row, and the position is shown. */
  isVim: boolean;
}

/** vi's command mode. Large because text, cursor, registers, marks and modes are one state, which every command may change. */
export class Editor extends Edits implements Mover, Commanded {
  /** Set when it is to end. */
  code: number | undefined;
  lastFind: { how: string; char: string } | undefined;
  readonly #keys: Keyboard;
  readonly #isVim: boolean;
  #mode: Mode = 'normal';
  #anchor: Position = { row: 0, column: 0 };
  /** The column that moves up and down go for. */
  #wanted: number | 'end' | undefined;
  #lastChange: Key[] = [];
  #prompt: { text: string; column: number } | undefined;
  readonly #history: string[] = [];

  constructor(p: Process, tty: Tty, { words, isVim }: EditorOptions) {
    super(p, new Screen(p, tty), words);
    this.#isVim = isVim;
    this.#keys = new Keyboard(p, tty, () => this.draw());
  }

  draw(): Promise<void> {
    return this.screen.draw(this.#view());
  }

  #view(): View {
    const { text, cursor, options, words } = this;
    const visual = this.#mode === 'visual' || this.#mode === 'visual-lines';
    const [from, to] = before(cursor, this.#anchor) ? [cursor, this.#anchor] : [this.#anchor, cursor];
    const status =
      this.#prompt?.text ?? (this.message || words.idle(this.#mode, this.file, text, cursor, options.readonly));
    const view: View = {
      ...{ text, cursor, options, status, wrap: this.#isVim },
      ...(visual && { marked: { from, to, lines: this.#mode === 'visual-lines' } }),
      ...(this.#prompt && { prompt: this.#prompt.column }),
    };
    return this.#isVim && !this.#prompt ? { ...view, ruler: () => this.#ruler(view) } : view;
  }

  /** `12,5-9        50%`, as vim's ruler. */
  #ruler(view: View): string {
    const { cursor, text, options } = this;
    const line = text.line(cursor.row);
    const byte = Buffer.byteLength(line.slice(0, cursor.column)) + 1;
    const width = widthOf(line.slice(0, cursor.column + (this.#mode === 'normal' ? 1 : 0)), options.tabstop);
    const screen = Math.max(1, this.#mode === 'normal' ? width : width + 1);
    const place = line === '' ? '0-1' : byte === screen ? String(byte) : `${byte}-${screen}`;
    const bottom = this.screen.bottom(view);
    const { top } = this.screen;
    const share =
      top === 0
        ? bottom >= text.last
          ? 'All'
          : 'Top'
        : bottom >= text.last
          ? 'Bot'
          : `${Math.floor((top * 100) / (top + text.last - bottom))}%`;
    return `${`${cursor.row + 1},${place}`.padEnd(14)}${share}`;
  }

  /** Works until it is to end; its exit code. */
  async run(): Promise<number> {
    while (this.code === undefined) {
      this.#keys.takeRecorded();
      const key = await this.#keys.next();
      if (key === undefined) return 1;
      this.message = '';
      const isVisual = this.#mode === 'visual' || this.#mode === 'visual-lines';
      await this.attempt(() => (isVisual ? this.#visual(key) : this.#normal(key)));
      this.#settle();
    }
    return this.code;
  }

  /** Does something; where it takes too much, a message says so and the text is kept. */
  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof TooMuchWork)) throw error;
      this.message = this.words.tooMuch;
    }
  }

  /** The cursor stays on a character. */
  #settle(): void {
    const { cursor, text } = this;
    cursor.row = Math.max(0, Math.min(cursor.row, text.last));
    const longest = text.line(cursor.row).length - (this.#mode === 'normal' ? 1 : 0);
    cursor.column = Math.max(0, Math.min(cursor.column, longest));
  }

  next(): Promise<Key | undefined> {
    return this.#keys.next();
  }

  // ------------------------------------------------------------------ moving

  /** Goes where a motion leads, and remembers the column for moves up and down. */
  go({ to, keepsColumn }: Motion): void {
    if (!keepsColumn) this.#wanted = undefined;
    this.cursor = { ...to };
    this.#settle();
  }

  /** The column on another line for a move up or down. */
  columnOn(row: number): number {
    const { text, cursor, options } = this;
    this.#wanted ??= widthOf(text.line(cursor.row).slice(0, cursor.column), options.tabstop);
    const line = text.line(row);
    if (this.#wanted === 'end') return Math.max(0, line.length - 1);
    let column = 0;
    while (column < line.length - 1 && widthOf(line.slice(0, column + 1), options.tabstop) <= this.#wanted) column++;
    return column;
  }

  wantEnd(): void {
    this.#wanted = 'end';
  }

  view(): View {
    return this.#view();
  }

  // ------------------------------------------------------------------ normal mode

  async #normal(first: Key): Promise<void> {
    const { count, key } = await this.#count(first);
    if (key === undefined || key === escapeKey || key === '\x03') return;
    if (key === '.') return this.#repeat(count);
    this.text.begin(this.cursor);
    let changed = false;
    const kind = await this.#command(key, count).finally(() => {
      changed = this.text.end();
    });
    if (kind === 'undo' || kind === 'none') return;
    if (kind === 'change' || changed) this.#lastChange = this.#keys.takeRecorded();
  }

  /** A count, with the key that ends it. */
  async #count(first: Key): Promise<{ count: number | undefined; key: Key | undefined }> {
    let digits = '';
    let key: Key | undefined = first;
    while (key !== undefined && /^\d$/.test(key) && !(key === '0' && digits === '')) {
      digits += key;
      key = await this.#keys.next();
    }
    // A register's name is read over: there is one register.
    if (key === '"') {
      await this.#keys.next();
      key = await this.#keys.next();
    }
    return { count: digits === '' ? undefined : Math.min(Number(digits), 99_999), key };
  }

  #repeat(count: number | undefined): void {
    const keys = [...this.#lastChange];
    if (count !== undefined) {
      while (/^[1-9]$/.test(keys[0] ?? '') || (/^\d$/.test(keys[0] ?? '') && keys.length > 1 && keys[0] !== '0'))
        keys.shift();
      keys.unshift(...String(count));
    }
    this.#keys.queue(keys);
  }

  /** A key that begins to insert; null: it is none. */
  #insertion(key: Key, times: number) {
    const { text, cursor } = this;
    const line = text.line(cursor.row);
    switch (key) {
      case 'i':
      case '<insert>':
        return this.#insert(times);
      case 'I':
        cursor.column = /\S/.test(line) ? firstNonBlank(line) : line.length;
        return this.#insert(times);
      case 'a':
        cursor.column = Math.min(line.length, cursor.column + 1);
        return this.#insert(times);
      case 'A':
        cursor.column = line.length;
        return this.#insert(times);
      case 'o':
      case 'O':
        return this.#openLine(key === 'o' ? cursor.row + 1 : cursor.row, times);
      case 'R':
        return this.#insert(times, true);
      case 's':
        this.deleteInLine(cursor.column, cursor.column + times);
        return this.#insert(1);
      case 'S':
        return this.#changeLines(cursor.row, cursor.row + times - 1);
      default:
        return null;
    }
  }

  async #command(key: Key, count: number | undefined): Promise<'change' | 'undo' | 'none' | undefined> {
    const { text, cursor } = this;
    const times = count ?? 1;
    const inserted = this.#insertion(key, times);
    if (inserted !== null) return inserted;
    switch (key) {
      case 'x':
      case '<delete>':
        return this.deleteInLine(cursor.column, cursor.column + times);
      case 'X':
        return this.deleteInLine(cursor.column - times, cursor.column);
      case 'D':
      case 'C': {
        const last = Math.min(text.last, cursor.row + times - 1);
        this.operate('d', cursor, { row: last, column: text.line(last).length }, false);
        if (key === 'D') return 'change';
        cursor.column = text.line(cursor.row).length;
        return this.#insert(1);
      }
      case 'Y':
        this.operateLines('y', cursor.row, cursor.row + times - 1);
        return 'none';
      case 'd':
      case 'c':
      case 'y':
      case '>':
      case '<':
        return this.#operator(key, count);
      case 'p':
      case 'P':
        this.put(key === 'p', times);
        return 'change';
      case 'J':
        this.joinLines(cursor.row, cursor.row + Math.max(2, times) - 1);
        return 'change';
      case '~':
        return this.toggleCase(times);
      case 'r':
        return this.replaceWith(await this.#keys.next(), times);
      case 'u':
        return this.#undo(times, true);
      case '\x12':
        return this.#undo(times, false);
      case 'v':
      case 'V':
        this.#anchor = { ...cursor };
        this.#mode = key === 'v' ? 'visual' : 'visual-lines';
        return 'none';
      case ':':
        await this.#colon(count === undefined ? '' : times === 1 ? '.' : `.,.+${times - 1}`);
        return undefined;
      case 'm': {
        const name = await this.#keys.next();
        if (name) this.marks.set(name, { ...cursor });
        return 'none';
      }
      case 'Z': {
        const second = await this.#keys.next();
        if (second === 'Z') await runEx(this, 'x');
        if (second === 'Q') this.code = 0;
        return 'none';
      }
      case '\x0c':
        this.screen.forget();
        return 'none';
      case '\x07':
        this.message = `"${this.file ?? '[No Name]'}"${text.modified ? ' [Modified]' : ''} ${text.last + 1} lines`;
        return 'none';
    }
    const motion = await readMotion(this, key, count);
    if (motion) this.go(motion);
    return 'none';
  }

  async #operator(operator: string, count: number | undefined): Promise<'change' | 'none' | undefined> {
    const { text, cursor } = this;
    const first = await this.#keys.next();
    if (first === undefined) return undefined;
    const { count: inner, key } = await this.#count(first);
    if (key === undefined) return undefined;
    const times = count === undefined && inner === undefined ? undefined : (count ?? 1) * (inner ?? 1);
    if (key === operator) {
      const last = cursor.row + (times ?? 1) - 1;
      if (last > text.last && (times ?? 1) > 1 && cursor.row === text.last) return undefined;
      if (operator === 'c') return this.#changeLines(cursor.row, last);
      this.operateLines(operator, cursor.row, last);
      return operator === 'y' ? 'none' : 'change';
    }
    if (key === 'i' || key === 'a') return this.#operatorOnObject(operator, key === 'a');
    const start = { ...cursor };
    // `cw` on a word leaves the blanks behind it.
    const onWord = /\S/.test(text.line(start.row)[start.column] ?? '');
    const real = operator === 'c' && onWord && (key === 'w' || key === 'W') ? (key === 'w' ? 'e' : 'E') : key;
    const motion = await readMotion(this, real, times, { operator, changesWord: real !== key });
    if (!motion) return undefined;
    return this.#operateOn(operator, start, motion, key === 'w' || key === 'W');
  }

  async #operatorOnObject(operator: string, outer: boolean): Promise<'change' | 'none' | undefined> {
    const name = await this.#keys.next();
    const object = name === undefined ? undefined : textObject(this.text, this.cursor, outer, name);
    return object && this.#operateOn(operator, object.from, object, false);
  }

  /** An operator on what lies between two places. */
  async #operateOn(
    operator: string,
    start: Position,
    motion: Motion,
    word: boolean,
  ): Promise<'change' | 'none' | undefined> {
    const [from, to] = before(motion.to, start) ? [motion.to, start] : [start, motion.to];
    if (motion.kind === 'lines') {
      if (operator === 'c') return this.#changeLines(from.row, to.row);
      this.operateLines(operator, from.row, to.row);
    } else if (operator === '>' || operator === '<') this.operateLines(operator, from.row, to.row);
    else {
      const done = this.span(from, to, motion.kind === 'inclusive', word);
      if (done.lines && operator !== 'c') this.operateLines(operator, done.from.row, done.to.row);
      else this.operate(operator, done.from, done.to, done.lines);
    }
    if (operator === 'c') return this.#insert(1);
    return operator === 'y' ? 'none' : 'change';
  }

  async #changeLines(first: number, last: number): Promise<'change'> {
    const { text, options } = this;
    const to = Math.min(last, text.last);
    this.register = { pieces: text.lines.slice(first, to + 1), lines: true };
    const indent = options.autoindent ? (/^[ \t]*/.exec(text.line(first))?.[0] ?? '') : '';
    text.splice(first, to - first + 1, indent);
    this.cursor = { row: first, column: indent.length };
    return this.#insert(1);
  }

  async #openLine(row: number, times: number): Promise<'change'> {
    const { text, cursor, options } = this;
    const indent = options.autoindent && !options.paste ? (/^[ \t]*/.exec(text.line(cursor.row))?.[0] ?? '') : '';
    text.splice(row, 0, indent);
    this.cursor = { row, column: indent.length };
    await this.#insert(1);
    const typed = text.line(row);
    for (let i = 1; i < times; i++) text.splice(row + i, 0, typed);
    if (times > 1) this.cursor.row = row + times - 1;
    return 'change';
  }

  /** `:undo` and `:redo`. */
  undoFromEx(back: boolean): void {
    this.#undo(1, back);
  }

  #undo(times: number, back: boolean): 'undo' {
    // What this command itself began is nothing.
    this.text.end();
    for (let i = 0; i < times; i++) {
      const at = back ? this.text.undo(this.cursor) : this.text.redo(this.cursor);
      if (!at) {
        this.message = back ? this.words.nothingToUndo : this.words.nothingToRedo;
        break;
      }
      this.cursor = at.column === 0 ? { row: at.row, column: firstNonBlank(this.text.line(at.row)) } : at;
    }
    this.text.begin(this.cursor);
    return 'undo';
  }

  // ------------------------------------------------------------------ insert mode

  async #insert(times: number, replace = false): Promise<'change'> {
    this.#mode = replace ? 'replace' : 'insert';
    const typed: Key[] = [];
    const indented = this.options.autoindent && this.cursor.column > 0;
    const state: Insertion = {
      ...{ text: this.text, cursor: this.cursor, options: this.options },
      onlyIndented: indented && this.text.line(this.cursor.row).trim() === '',
      start: { ...this.cursor },
    };
    if (replace) {
      state.replaced = { row: this.cursor.row, line: this.text.line(this.cursor.row), from: this.cursor.column };
    }
    const put = (key: Key) => insertKey(state, key);
    for (;;) {
      const key = await this.#keys.next();
      if (key === undefined) break;
      this.message = '';
      if (key === escapeKey || key === '\x03') break;
      if (key === '\x16') {
        const literal = await this.#keys.next();
        if (literal !== undefined) put(literal);
        continue;
      }
      typed.push(key);
      put(key);
    }
    for (let i = 1; i < times; i++) for (const key of typed) put(key);
    this.#mode = 'normal';
    // Blanks that were put there by themselves go with nothing behind them.
    if (state.onlyIndented && this.text.line(this.cursor.row).trim() === '') this.text.set(this.cursor.row, '');
    this.cursor.column = Math.max(0, this.cursor.column - 1);
    this.#wanted = undefined;
    return 'change';
  }

  // ------------------------------------------------------------------ visual mode

  async #visual(first: Key): Promise<void> {
    const { count, key } = await this.#count(first);
    const wholeLines = this.#mode === 'visual-lines';
    const leave = () => {
      this.#mode = 'normal';
    };
    if (key === undefined) return;
    if (key === escapeKey || key === '\x03' || (key === 'v' && !wholeLines) || (key === 'V' && wholeLines))
      return leave();
    if (key === 'v' || key === 'V') {
      this.#mode = key === 'v' ? 'visual' : 'visual-lines';
      return;
    }
    if (key === 'i' || key === 'a') return this.#selectObject(key === 'a');
    if (key === 'o') {
      [this.cursor, this.#anchor] = [this.#anchor, this.cursor];
      return;
    }
    const [from, to] = before(this.cursor, this.#anchor) ? [this.cursor, this.#anchor] : [this.#anchor, this.cursor];
    this.marks.set('<', { ...from }).set('>', { ...to });
    if (key === ':') {
      leave();
      this.text.begin(this.cursor);
      await this.#colon("'<,'>");
      this.text.end();
      return;
    }
    if (!'dxyc<>Jp~srDYXC'.includes(key)) {
      const motion = await readMotion(this, key, count);
      if (motion) this.go(motion);
      return;
    }
    leave();
    // The same again: as many lines, or characters of one line.
    const size = wholeLines ? to.row - from.row : to.column - from.column;
    const way = size > 0 ? [...String(size), wholeLines ? 'j' : 'l'] : [];
    const marking = wholeLines || from.row === to.row ? [wholeLines ? 'V' : 'v', ...way] : undefined;
    this.#keys.takeRecorded();
    this.text.begin(this.cursor);
    await this.#visualOperator(key, { ...from }, { ...to }, wholeLines || 'DYXC'.includes(key), count ?? 1);
    if (this.text.end() && marking) this.#lastChange = [...marking, key, ...this.#keys.takeRecorded()];
  }

  async #selectObject(outer: boolean): Promise<void> {
    const name = await this.#keys.next();
    const object = name === undefined ? undefined : textObject(this.text, this.cursor, outer, name);
    if (!object) return;
    const { from, to, kind } = object;
    this.#anchor = from;
    this.cursor = kind === 'exclusive' ? { row: to.row, column: to.column - 1 } : to;
    if (kind === 'lines') this.#mode = 'visual-lines';
  }

  async #visualOperator(key: Key, from: Position, to: Position, lines: boolean, times: number): Promise<void> {
    const { text } = this;
    const lineEnd = text.line(to.row).length;
    // Who went to the end of the line has marked that, too.
    const end: Position =
      this.#wanted === 'end' && to.row < text.last
        ? { row: to.row + 1, column: 0 }
        : { row: to.row, column: Math.min(lineEnd, to.column + 1) };
    const operator =
      key === 'x' || key === 'X' || key === 'D' ? 'd' : key === 's' || key === 'C' ? 'c' : key === 'Y' ? 'y' : key;
    if (operator === 'J') return this.joinLines(from.row, Math.max(to.row, from.row + 1));
    if (operator === '<' || operator === '>') return this.operateLines(operator, from.row, to.row, times);
    if (operator === '~' || operator === 'r') {
      const char = operator === 'r' ? await this.#keys.next() : undefined;
      for (let row = from.row; row <= to.row; row++) {
        const line = text.line(row);
        const [a, b] = lines
          ? [0, line.length]
          : [row === from.row ? from.column : 0, row === to.row ? end.column : line.length];
        const part = line.slice(a, b);
        const other = [...part]
          .map((c) => char ?? (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase()))
          .join('');
        text.set(row, line.slice(0, a) + other + line.slice(b));
      }
      this.cursor = { ...from };
      return;
    }
    if (operator === 'p') {
      const register = this.register;
      if (lines) this.operateLines('d', from.row, to.row);
      else this.operate('d', from, end, false);
      this.register = register;
      return this.put(false, times);
    }
    if (lines) {
      if (operator === 'c') await this.#changeLines(from.row, to.row);
      else this.operateLines(operator, from.row, to.row);
      if (operator === 'y') this.cursor.column = 0;
      return;
    }
    this.operate(operator, from, end, false);
    if (operator === 'c') await this.#insert(1);
  }

  // ------------------------------------------------------------------ the line at the bottom

  /** A line that is typed at the bottom; undefined: it was given up. */
  async readLine(mark: string, begun = ''): Promise<string | undefined> {
    let line = begun;
    let at = this.#history.length;
    try {
      for (;;) {
        this.#prompt = { text: mark + line, column: mark.length + line.length };
        const key = await this.#keys.next();
        if (key === undefined || key === escapeKey || key === '\x03') return undefined;
        if (key === '\r' || key === '\n') {
          if (line !== '') this.#history.push(line);
          return line;
        }
        if (key === '\x7f' || key === '\b') {
          if (line === '') return undefined;
          line = line.slice(0, -1);
        } else if (key === '\x15') line = '';
        else if (key === '\x17') line = line.replace(/\S*\s*$/, '');
        else if (key === '<up>' || key === '<down>') {
          at = Math.max(0, Math.min(this.#history.length, at + (key === '<up>' ? -1 : 1)));
          line = this.#history[at] ?? '';
        } else if (!key.startsWith('<') || key.length === 1) line += key;
      }
    } finally {
      this.#prompt = undefined;
    }
  }

  async #colon(begun: string): Promise<void> {
    const line = await this.readLine(':', begun);
    if (line !== undefined) await runEx(this, line);
  }
}
