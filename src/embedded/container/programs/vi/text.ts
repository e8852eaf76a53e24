/** The lines that are edited, and what can be undone of that. */

export interface Position {
  row: number;
  column: number;
}

interface State {
  lines: readonly string[];
  cursor: Position;
}

/** So many changes can be undone. */
const undoLevels = 1000;

export class Text {
  #lines: string[];
  #undo: State[] = [];
  #redo: State[] = [];
  /** How often it was changed, undone changes taken away again. */
  #version = 0;
  #saved = 0;
  /** Something was changed since what comes now was begun. */
  #touched = false;

  constructor(lines: readonly string[]) {
    this.#lines = lines.length > 0 ? [...lines] : [''];
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  get last(): number {
    return this.#lines.length - 1;
  }

  line(row: number): string {
    return this.#lines[row] ?? '';
  }

  get modified(): boolean {
    return this.#version !== this.#saved || this.#touched;
  }

  /** It is on the disk as it is now. */
  saved(): void {
    this.#saved = this.#version;
    this.#touched = false;
  }

  /** What comes now is undone together. */
  begin(cursor: Position): void {
    this.#undo.push({ lines: [...this.#lines], cursor: { ...cursor } });
    if (this.#undo.length > undoLevels) this.#undo.shift();
  }

  /** Nothing came after all, or something did. Returns whether anything was changed. */
  end(): boolean {
    const before = this.#undo.at(-1)?.lines ?? [];
    const wasSaved = !this.#touched;
    this.#touched = false;
    if (before.length === this.#lines.length && before.every((line, i) => line === this.#lines[i])) {
      this.#undo.pop();
      return false;
    }
    this.#redo = [];
    // A state that was saved and undone since can't be reached any more.
    if (this.#saved > this.#version) this.#saved = -1;
    this.#version++;
    if (wasSaved) this.#saved = this.#version;
    return true;
  }

  /** Goes back one change; where the cursor was then. Undefined: there is none. */
  undo(cursor: Position): Position | undefined {
    return this.#go(this.#undo, this.#redo, cursor, -1);
  }

  redo(cursor: Position): Position | undefined {
    return this.#go(this.#redo, this.#undo, cursor, 1);
  }

  #go(from: State[], to: State[], cursor: Position, by: number): Position | undefined {
    const state = from.pop();
    if (!state) return undefined;
    to.push({ lines: this.#lines, cursor: { ...cursor } });
    const before = this.#lines;
    this.#lines = [...state.lines];
    this.#version += by;
    // The first line that is another one now.
    const row = this.#lines.findIndex((line, i) => line !== before[i]);
    const at = row < 0 ? this.last : row;
    return by < 0 && at === state.cursor.row ? state.cursor : { row: at, column: 0 };
  }

  /** Puts lines in place of `count` ones from `row` on; there is always one line at least. */
  splice(row: number, count: number, ...lines: string[]): void {
    this.#touched = true;
    this.#lines.splice(row, count, ...lines);
    if (this.#lines.length === 0) this.#lines.push('');
  }

  set(row: number, line: string): void {
    this.#touched = true;
    this.#lines[row] = line;
  }

  /** What lies between two positions, `to` not included. */
  between(from: Position, to: Position): string[] {
    if (from.row === to.row) return [this.line(from.row).slice(from.column, to.column)];
    return [
      this.line(from.row).slice(from.column),
      ...this.#lines.slice(from.row + 1, to.row),
      this.line(to.row).slice(0, to.column),
    ];
  }

  /** Takes out what lies between two positions, `to` not included. */
  cut(from: Position, to: Position): void {
    const joined = this.line(from.row).slice(0, from.column) + this.line(to.row).slice(to.column);
    this.splice(from.row, to.row - from.row + 1, joined);
  }

  /** Puts pieces of lines in at a position; where they end. */
  insert(at: Position, pieces: readonly string[]): Position {
    const line = this.line(at.row);
    const [first = '', ...rest] = pieces;
    if (rest.length === 0) {
      this.set(at.row, line.slice(0, at.column) + first + line.slice(at.column));
      return { row: at.row, column: at.column + first.length };
    }
    const last = rest.at(-1) ?? '';
    const middle = rest.slice(0, -1);
    this.splice(at.row, 1, line.slice(0, at.column) + first, ...middle, last + line.slice(at.column));
    return { row: at.row + rest.length, column: last.length };
  }
}

/** The column of the first character of a line that is not blank; of its last one where there is none. */
export function firstNonBlank(line: string): number {
  const at = line.search(/\S/);
  return at < 0 ? Math.max(0, line.length - 1) : at;
}

export const before = (a: Position, b: Position) => a.row < b.row || (a.row === b.row && a.column < b.column);
