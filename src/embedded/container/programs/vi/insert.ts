/** Insert and replace mode: what a key does to the text. */
import type { Key } from './keys.ts';
import { indentation, stepOf, type ViOptions, widthOf } from './options.ts';
import type { Position, Text } from './text.ts';

export interface Insertion {
  text: Text;
  cursor: Position;
  options: ViOptions;
  /** Replace mode: the line as it was, so that backspace gives back what was written over. */
  replaced?: { row: number; line: string; from: number };
  /** Where it began: words and lines that are erased end there first. */
  start: Position;
  /** There is nothing on the line but the indentation that it came with. */
  onlyIndented?: boolean;
}

/** Does what a key does while text is put in; moves `cursor`. */
export function insertKey(state: Insertion, key: Key): void {
  const { text, cursor, options } = state;
  const line = text.line(cursor.row);
  const wasIndented = state.onlyIndented;
  state.onlyIndented = false;
  switch (key) {
    case '\r':
    case '\n':
      if (wasIndented) text.set(cursor.row, line.slice(cursor.column));
      return newLine(state, wasIndented ? line.slice(0, cursor.column) : undefined);
    case '\x7f':
    case '\b':
      return backspace(state);
    case '\x17':
      return eraseTo(state, Math.max(wordStart(line, cursor.column), startOn(state)));
    case '\x15':
      return eraseTo(state, startOn(state));
    case '\x14':
      return shift(state, 1);
    case '\x04':
      return shift(state, -1);
    case '<delete>':
      if (cursor.column < line.length) text.cut(cursor, { row: cursor.row, column: cursor.column + 1 });
      else if (cursor.row < text.last) text.cut(cursor, { row: cursor.row + 1, column: 0 });
      return;
    case '<left>':
      cursor.column = Math.max(0, cursor.column - 1);
      return;
    case '<right>':
      cursor.column = Math.min(line.length, cursor.column + 1);
      return;
    case '<up>':
    case '<down>':
      cursor.row = Math.max(0, Math.min(text.last, cursor.row + (key === '<up>' ? -1 : 1)));
      cursor.column = Math.min(cursor.column, text.line(cursor.row).length);
      return;
    case '<home>':
      cursor.column = 0;
      return;
    case '<end>':
      cursor.column = line.length;
      return;
    case '\t':
      return put(state, tab(options, line.slice(0, cursor.column)));
  }
  if (!key.startsWith('<') || key.length === 1) put(state, key);
}

function tab(options: ViOptions, before: string): string {
  if (!options.expandtab || options.paste) return '\t';
  const step = options.softtabstop || options.tabstop;
  return ' '.repeat(step - (widthOf(before, options.tabstop) % step));
}

function put({ text, cursor, replaced }: Insertion, piece: string): void {
  const line = text.line(cursor.row);
  const over = replaced?.row === cursor.row ? piece.length : 0;
  text.set(cursor.row, line.slice(0, cursor.column) + piece + line.slice(cursor.column + over));
  cursor.column += piece.length;
}

/** `given`: the indentation of a line that has nothing else, which does not keep it. */
function newLine(state: Insertion, given: string | undefined): void {
  const { text, cursor, options } = state;
  const line = text.line(cursor.row);
  const own = (/^[ \t]*/.exec(line)?.[0] ?? '').slice(0, cursor.column);
  const indent = options.autoindent && !options.paste ? (given ?? own) : '';
  const over = state.replaced?.row === cursor.row ? 1 : 0;
  const column = given === undefined ? cursor.column : 0;
  const rest = line.slice(column + over);
  text.splice(cursor.row, 1, line.slice(0, column), indent + (indent === '' ? rest : rest.replace(/^[ \t]+/, '')));
  state.onlyIndented = indent !== '';
  cursor.row++;
  cursor.column = indent.length;
  state.replaced = undefined;
}

function backspace(state: Insertion): void {
  const { text, cursor, options, replaced } = state;
  if (cursor.column === 0) {
    if (cursor.row === 0) return;
    const column = text.line(cursor.row - 1).length;
    text.cut({ row: cursor.row - 1, column }, cursor);
    cursor.row--;
    cursor.column = column;
    return;
  }
  const line = text.line(cursor.row);
  if (replaced?.row === cursor.row) {
    const column = cursor.column - 1;
    const back = column >= replaced.from ? (replaced.line[column] ?? '') : (line[column] ?? '');
    text.set(cursor.row, line.slice(0, column) + back + line.slice(cursor.column));
    cursor.column = column;
    return;
  }
  const before = line.slice(0, cursor.column);
  const step = options.softtabstop;
  const blanks = / +$/.exec(before)?.[0].length ?? 0;
  const back = step > 0 && blanks > 0 && !options.paste ? Math.min(blanks, ((before.length - 1) % step) + 1) : 1;
  eraseTo(state, cursor.column - back);
}

function eraseTo({ text, cursor }: Insertion, column: number): void {
  text.cut({ row: cursor.row, column }, cursor);
  cursor.column = column;
}

/** The first column that is erased at once: where it began, if that is before the cursor. */
function startOn({ cursor, start }: Insertion): number {
  return start.row === cursor.row && start.column < cursor.column ? start.column : 0;
}

function wordStart(line: string, column: number): number {
  let at = column;
  while (at > 0 && /\s/.test(line[at - 1] ?? '')) at--;
  const word = /\w/.test(line[at - 1] ?? '');
  while (at > 0 && !/\s/.test(line[at - 1] ?? '') && /\w/.test(line[at - 1] ?? '') === word) at--;
  return at;
}

function shift(state: Insertion, steps: number): void {
  const { text, cursor, options } = state;
  const before = text.line(cursor.row).length;
  text.set(cursor.row, shifted(text.line(cursor.row), options, steps));
  cursor.column = Math.max(0, cursor.column + text.line(cursor.row).length - before);
}

/** A line that is indented by so many steps more; empty ones stay. */
export function shifted(line: string, options: ViOptions, steps: number): string {
  const blanks = /^[ \t]*/.exec(line)?.[0] ?? '';
  const rest = line.slice(blanks.length);
  if (rest === '' && steps > 0 && blanks === '') return line;
  const width = Math.max(0, widthOf(blanks, options.tabstop) + steps * stepOf(options));
  return indentation(options, width) + rest;
}
