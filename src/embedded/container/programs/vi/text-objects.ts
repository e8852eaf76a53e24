/** `iw`, `a"`, `i(` and the like: pieces of text around the cursor. */
import type { Key } from './keys.ts';
import type { Motion } from './motions.ts';
import type { Position, Text } from './text.ts';

/** From where to where an object goes; the end belongs to it, except where the kind says otherwise. */
export interface TextObject extends Motion {
  from: Position;
}

const brackets: Readonly<Record<string, string>> = {
  ...{ '(': '()', ')': '()', b: '()', '[': '[]', ']': '[]', '{': '{}', '}': '{}', B: '{}', '<': '<>', '>': '<>' },
};

/** The object that two keys name, at the cursor; undefined: there is none. */
export function textObject(text: Text, at: Position, outer: boolean, key: Key): TextObject | undefined {
  if (key === 'w' || key === 'W') return word(text, at, outer, key === 'W');
  if (key === '"' || key === "'" || key === '`') return quoted(text, at, outer, key);
  if (key === 'p') return paragraphAt(text, at, outer);
  const pair = brackets[key];
  return pair === undefined ? undefined : bracketed(text, at, outer, pair);
}

function word(text: Text, { row, column }: Position, outer: boolean, big: boolean): TextObject | undefined {
  const line = text.line(row);
  if (line === '') return undefined;
  const kind = (i: number) => {
    const char = line[i] ?? '';
    return /\s/.test(char) ? 0 : big || /[\w\u0080-\uffff]/.test(char) ? 1 : 2;
  };
  let [start, end] = [column, column];
  while (start > 0 && kind(start - 1) === kind(column)) start--;
  while (end + 1 < line.length && kind(end + 1) === kind(column)) end++;
  if (outer) {
    const behind = end;
    if (kind(column) === 0) {
      const next = kind(end + 1);
      while (end + 1 < line.length && kind(end + 1) === next) end++;
    } else while (end + 1 < line.length && kind(end + 1) === 0) end++;
    // With no blanks behind it takes those before it, but not the indentation.
    const before = line.slice(0, start).trimEnd().length;
    if (end === behind && before > 0) start = before;
  }
  return { from: { row, column: start }, to: { row, column: end }, kind: 'inclusive' };
}

function quoted(text: Text, { row, column }: Position, outer: boolean, mark: string): TextObject | undefined {
  const line = text.line(row);
  const marks = [...line].flatMap((char, i) => (char === mark && line[i - 1] !== '\\' ? [i] : []));
  for (let i = 0; i + 1 < marks.length; i += 2) {
    const [open = 0, close = 0] = [marks[i], marks[i + 1]];
    if (close < column) continue;
    if (!outer) return inside(row, open + 1, row, close);
    let end = close;
    while (/\s/.test(line[end + 1] ?? '')) end++;
    let start = open;
    if (end === close) while (start > 0 && /\s/.test(line[start - 1] ?? '')) start--;
    return { from: { row, column: start }, to: { row, column: end }, kind: 'inclusive' };
  }
  return undefined;
}

function inside(row: number, column: number, endRow: number, end: number): TextObject {
  return { from: { row, column }, to: { row: endRow, column: end }, kind: 'exclusive' };
}

function bracketed(text: Text, at: Position, outer: boolean, pair: string): TextObject | undefined {
  const [opening = '', closing = ''] = pair;
  const ahead = text.line(at.row).indexOf(opening, at.column);
  // Who stands in none means the next one on the line.
  const open = seek(text, at, -1, opening, closing) ?? (ahead < 0 ? undefined : { row: at.row, column: ahead });
  const close = open && seek(text, open, 1, closing, opening);
  if (!open || !close) return undefined;
  if (outer) return { from: open, to: close, kind: 'inclusive' };
  return inside(open.row, open.column + 1, close.row, close.column);
}

/** The bracket around a position, in one direction; the one at the position counts where it is looked for. */
function seek(text: Text, from: Position, by: 1 | -1, wanted: string, other: string): Position | undefined {
  let depth = 0;
  let { row, column } = from;
  for (let first = true; ; first = false) {
    const char = text.line(row)[column];
    if (char === wanted && depth === 0) return { row, column };
    if (char === wanted) depth--;
    else if (char === other && !first) depth++;
    column += by;
    while (column < 0 || column >= text.line(row).length) {
      row += by;
      if (row < 0 || row > text.last) return undefined;
      column = by > 0 ? 0 : text.line(row).length - 1;
      if (text.line(row) !== '') break;
    }
  }
}

function paragraphAt(text: Text, { row }: Position, outer: boolean): TextObject {
  const blank = (i: number) => text.line(i).trim() === '';
  const kind = blank(row);
  let [first, last] = [row, row];
  while (first > 0 && blank(first - 1) === kind) first--;
  while (last < text.last && blank(last + 1) === kind) last++;
  if (outer) {
    const end = last;
    while (last < text.last && blank(last + 1) !== kind) last++;
    if (last === end && !kind) while (first > 0 && blank(first - 1)) first--;
  }
  return { from: { row: first, column: 0 }, to: { row: last, column: 0 }, kind: 'lines' };
}
