import type { Process } from '../../kernel/process.ts';
import type { Tty } from '../../kernel/tty.ts';
import { isControl, type ViOptions } from './options.ts';
import type { Position, Text } from './text.ts';

/** What is to be seen. */
export interface View {
  text: Text;
  cursor: Position;
  options: ViOptions;
  /** Lines, or text from one place to another (with the character there), that are marked. */
  marked?: { from: Position; to: Position; lines: boolean };
  status: string;
  /** What stands right in the status line, once it is known what is to be seen; undefined: nothing. */
  ruler?(): string;
  /** The cursor is in the status line, in that column. */
  prompt?: number;
  /** Lines that are too long go on in the next row; otherwise the screen moves sideways. */
  wrap: boolean;
}

const rulerWidth = 18;
const reverse = (text: string) => `\x1b[7m${text}\x1b[m`;

/** Draws a text into a terminal, and only what has changed since. */
export class Screen {
  readonly #p: Process;
  readonly #tty: Tty;
  /** The first line and, without wrapping, the first column that are to be seen. */
  top = 0;
  #left = 0;
  #drawn: string[] = [];
  #size = '';

  constructor(p: Process, tty: Tty) {
    this.#p = p;
    this.#tty = tty;
  }

  /** Rows for text. */
  get height(): number {
    return Math.max(1, this.#tty.rows - 1);
  }

  get columns(): number {
    return this.#tty.columns;
  }

  open(): Promise<void> {
    return this.#p.print(1, '\x1b[?1049h\x1b[H\x1b[J');
  }

  /** Leaves the cursor where the prompt comes. */
  close(): Promise<void> {
    return this.#p.print(1, `\x1b[${this.#tty.rows};1H\x1b[K\x1b[?1049l`);
  }

  /** Everything is drawn anew next time. */
  forget(): void {
    this.#drawn = [];
  }

  /** The last line that is to be seen. */
  bottom(view: View): number {
    let rows = 0;
    let row = this.top;
    for (; row <= view.text.last; row++) {
      rows += this.#rowsOf(view, row);
      if (rows > this.height) break;
    }
    return Math.max(this.top, row - 1);
  }

  async draw(view: View): Promise<void> {
    const size = `${this.#tty.columns}x${this.#tty.rows}`;
    if (size !== this.#size) {
      this.#size = size;
      this.#drawn = [];
    }
    this.#scroll(view);
    const rows: string[] = [];
    let place = { row: 1, column: 1 };
    for (let line = this.top; rows.length < this.height; line++) {
      if (line > view.text.last) {
        rows.push('~');
        continue;
      }
      const { pieces, cursor } = this.#layout(view, line);
      // A line that does not fit as a whole is not shown at all.
      if (rows.length > 0 && rows.length + pieces.length > this.height) {
        while (rows.length < this.height) rows.push('@');
        break;
      }
      if (cursor) place = { row: rows.length + cursor.row + 1, column: cursor.column + 1 };
      rows.push(...pieces.slice(0, this.height - rows.length));
    }
    rows.push(this.#statusLine(view));
    if (view.prompt !== undefined) place = { row: this.height + 1, column: view.prompt + 1 };
    let out = '\x1b[?25l';
    for (const [i, row] of rows.entries()) {
      if (row !== this.#drawn[i]) out += `\x1b[${i + 1};1H${row}\x1b[K`;
    }
    this.#drawn = rows;
    await this.#p.print(1, `${out}\x1b[${place.row};${place.column}H\x1b[?25h`);
  }

  #statusLine({ status, ruler }: View): string {
    const width = this.#tty.columns - 1;
    if (ruler === undefined || width < 2 * rulerWidth) return status.slice(0, width);
    return `${status.slice(0, width - rulerWidth).padEnd(width - rulerWidth)}${ruler()}`.trimEnd();
  }

  /** Moves what is shown so that the cursor is in it: by lines for a short way, into the middle for a long one. */
  #scroll(view: View): void {
    const { cursor } = view;
    this.top = Math.max(0, Math.min(this.top, view.text.last));
    if (cursor.row < this.top) {
      const way = this.top - cursor.row;
      this.top = way > this.height / 2 ? Math.max(0, cursor.row - Math.floor(this.height / 2)) : cursor.row;
    }
    const way = cursor.row - this.bottom(view);
    if (way > this.height / 2) {
      this.top = cursor.row - Math.floor(this.height / 2);
      this.#fill(view);
    }
    for (;;) {
      let rows = 0;
      for (let row = this.top; row <= cursor.row; row++) rows += this.#rowsOf(view, row);
      if (rows <= this.height || this.top >= cursor.row) break;
      this.top++;
    }
    if (view.wrap) {
      this.#left = 0;
      return;
    }
    const { column } = this.#cells(view, cursor.row).cursor ?? { column: 0 };
    const width = this.#width(view);
    if (column < this.#left) this.#left = column;
    if (column >= this.#left + width) this.#left = column - width + 1;
  }

  /** After the end of the text there is nothing to be seen as long as there is something before. */
  #fill(view: View): void {
    let rows = 0;
    for (let row = view.text.last; row >= 0; row--) {
      rows += this.#rowsOf(view, row);
      if (rows > this.height) break;
      if (row < this.top) this.top = row;
    }
  }

  #margin({ options, text }: View): number {
    return options.number ? Math.max(3, String(text.last + 1).length) + 1 : 0;
  }

  #width(view: View): number {
    return Math.max(1, this.#tty.columns - this.#margin(view));
  }

  #rowsOf(view: View, row: number): number {
    if (!view.wrap) return 1;
    const { cells, cursor } = this.#cells(view, row);
    return Math.max(1, Math.ceil(Math.max(cells.length, (cursor?.column ?? 0) + 1) / this.#width(view)));
  }

  /** A line as cells of the screen, tabs and control characters as they look; where in them the cursor is. */
  #cells(view: View, row: number): { cells: string[]; cursor: { column: number } | undefined } {
    const { text, options, cursor, marked } = view;
    const line = text.line(row);
    const cells: string[] = [];
    let at: number | undefined;
    const isMarked = (column: number) => {
      if (!marked || row < marked.from.row || row > marked.to.row) return false;
      if (marked.lines) return true;
      const afterStart = row > marked.from.row || column >= marked.from.column;
      return afterStart && (row < marked.to.row || column <= marked.to.column);
    };
    for (let column = 0; column <= line.length; column++) {
      const here = row === cursor.row && column === cursor.column;
      const char = line[column];
      if (here) at = cells.length;
      if (char === undefined) {
        if (options.list) cells.push('$');
        else if (line === '' && isMarked(0)) cells.push(reverse(' '));
        break;
      }
      const shown = char === '\t' ? this.#tab(options, cells.length) : isControl(char) ? control(char) : char;
      const wide = [...shown];
      for (const cell of wide) cells.push(isMarked(column) ? reverse(cell) : cell);
      // The cursor stands on the end of a tab, as long as nothing is inserted before it.
      if (here && char === '\t' && !options.list && view.prompt === undefined) at = cells.length - 1;
    }
    return { cells, cursor: at === undefined ? undefined : { column: at } };
  }

  #tab({ list, tabstop }: ViOptions, from: number): string {
    return list ? '^I' : ' '.repeat(tabstop - (from % tabstop));
  }

  #layout(view: View, row: number): { pieces: string[]; cursor: { row: number; column: number } | undefined } {
    const { cells, cursor } = this.#cells(view, row);
    const width = this.#width(view);
    const margin = this.#margin(view);
    const number = margin === 0 ? '' : `${String(row + 1).padStart(margin - 1)} `;
    const blank = ' '.repeat(margin);
    if (!view.wrap) {
      const piece = cells.slice(this.#left, this.#left + width).join('');
      const at = cursor && { row: 0, column: margin + cursor.column - this.#left };
      return { pieces: [number + piece], cursor: at };
    }
    const count = this.#rowsOf(view, row);
    const pieces = Array.from(
      { length: count },
      (_, i) => (i === 0 ? number : blank) + cells.slice(i * width, (i + 1) * width).join(''),
    );
    const at = cursor && { row: Math.floor(cursor.column / width), column: margin + (cursor.column % width) };
    return { pieces, cursor: at };
  }
}

const control = (char: string) => (char === '\x7f' ? '^?' : `^${String.fromCharCode(char.charCodeAt(0) + 64)}`);
