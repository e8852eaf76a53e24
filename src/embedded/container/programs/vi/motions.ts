/** Where keys lead to. */
import { safeRegExp } from '../../lib/regex.ts';
import { firstNonBlank, type Position, type Text } from './text.ts';

/** A place to go to, and what an operator takes on the way. */
export interface Motion {
  to: Position;
  /** `exclusive`: up to the place, `inclusive`: with the character there, `lines`: whole lines. */
  kind: 'exclusive' | 'inclusive' | 'lines';
  /** The column that moves up and down go for: the end of each line, or undefined where it is where the cursor is. */
  keepsColumn?: boolean;
}

type Class = 'blank' | 'word' | 'other' | 'empty';

function classAt(text: Text, { row, column }: Position, big: boolean): Class {
  const line = text.line(row);
  if (line === '') return 'empty';
  const char = line[column];
  if (char === undefined || /\s/.test(char)) return 'blank';
  return big || /[\w\u0080-\uffff]/.test(char) ? 'word' : 'other';
}

/** One character on, over the ends of lines; undefined: there is none. */
function next(text: Text, { row, column }: Position): Position | undefined {
  if (column + 1 < text.line(row).length) return { row, column: column + 1 };
  return row < text.last ? { row: row + 1, column: 0 } : undefined;
}

function previous(text: Text, { row, column }: Position): Position | undefined {
  if (column > 0) return { row, column: column - 1 };
  return row > 0 ? { row: row - 1, column: Math.max(0, text.line(row - 1).length - 1) } : undefined;
}

const lastOf = (text: Text): Position => ({ row: text.last, column: text.line(text.last).length });

/** `w`: the beginning of the next word. */
export function wordForward(text: Text, from: Position, big: boolean): Position {
  const start = classAt(text, from, big);
  let at: Position | undefined = from;
  // Over what is left of this word, which ends with its line.
  while (at && start !== 'blank' && start !== 'empty' && at.row === from.row && classAt(text, at, big) === start) {
    at = next(text, at);
  }
  if (at && start === 'empty') at = next(text, at);
  // Over blanks, up to a word or an empty line.
  while (at && classAt(text, at, big) === 'blank') at = next(text, at);
  return at ?? lastOf(text);
}

/** `e`: the end of this word, or of the next one. */
export function wordEnd(text: Text, from: Position, big: boolean): Position {
  let at = next(text, from);
  while (at && /blank|empty/.test(classAt(text, at, big))) at = next(text, at);
  if (!at) return { row: text.last, column: Math.max(0, text.line(text.last).length - 1) };
  const kind = classAt(text, at, big);
  for (;;) {
    const on = next(text, at);
    if (!on || on.row !== at.row || classAt(text, on, big) !== kind) return at;
    at = on;
  }
}

/** `b`: the beginning of this word, or of the one before. */
export function wordBack(text: Text, from: Position, big: boolean): Position {
  let at = previous(text, from);
  while (at && classAt(text, at, big) === 'blank') at = previous(text, at);
  if (!at) return { row: 0, column: 0 };
  const kind = classAt(text, at, big);
  if (kind === 'empty') return at;
  for (;;) {
    const back = previous(text, at);
    if (!back || back.row !== at.row || classAt(text, back, big) !== kind) return at;
    at = back;
  }
}

/** `}` and `{`: the next empty line that ends a paragraph. */
export function paragraph(text: Text, { row }: Position, by: 1 | -1): Position {
  let at = row;
  while (at >= 0 && at <= text.last && text.line(at) === '') at += by;
  while (at >= 0 && at <= text.last && text.line(at) !== '') at += by;
  if (at > text.last) return { row: text.last, column: Math.max(0, text.line(text.last).length - 1) };
  return { row: Math.max(0, at), column: 0 };
}

const pairs = '(){}[]';

/** `%`: the bracket that belongs to the next one on the line; undefined: there is none. */
export function matching(text: Text, from: Position): Position | undefined {
  const line = text.line(from.row);
  let column = from.column;
  while (column < line.length && !pairs.includes(line[column] ?? '')) column++;
  const open = line[column];
  if (open === undefined) return undefined;
  const which = pairs.indexOf(open);
  const other = pairs[which ^ 1];
  const step = which % 2 === 0 ? next : previous;
  let depth = 0;
  for (let at: Position | undefined = { row: from.row, column }; at; at = step(text, at)) {
    const char = text.line(at.row)[at.column];
    if (char === open) depth++;
    if (char === other && --depth === 0) return at;
  }
  return undefined;
}

/** `f`, `t`, `F`, `T`: the column of a character of the line; undefined: it is not there so often. */
export function findInLine(line: string, column: number, how: string, char: string, count: number): number | undefined {
  const forward = how === 'f' || how === 't';
  let at = column;
  // `;` after `t` goes on behind the one that it stands before.
  for (let i = 0; i < count; i++) {
    at = forward ? line.indexOf(char, at + 1) : at === 0 ? -1 : line.lastIndexOf(char, at - 1);
    if (at < 0) return undefined;
  }
  return how === 't' ? at - 1 : how === 'T' ? at + 1 : at;
}

/** To a line, with its first character that is not blank. */
export function toLine(text: Text, row: number): Motion {
  const at = Math.max(0, Math.min(row, text.last));
  return { to: { row: at, column: firstNonBlank(text.line(at)) }, kind: 'lines' };
}

/** The next match from a position on, around the ends of the text; undefined: there is none. */
export function search(
  text: Text,
  from: Position,
  pattern: RegExp,
  forward: boolean,
): { to: Position; wrapped: boolean } | undefined {
  const count = text.last + 1;
  const everywhere = safeRegExp(pattern.source, addGlobal(pattern.flags));
  for (let i = 0; i <= count; i++) {
    const row = (((from.row + (forward ? i : -i)) % count) + count) % count;
    const found = [...text.line(row).matchAll(everywhere)].map(({ index }) => index);
    const fits = (at: number) => {
      if (i === 0) return forward ? at > from.column : at < from.column;
      // Back on the line that it began on.
      if (i === count) return forward ? at <= from.column : at >= from.column;
      return true;
    };
    const column = forward ? found.find(fits) : found.findLast(fits);
    if (column === undefined) continue;
    const wrapped = forward ? from.row + i > text.last : from.row - i < 0;
    return { to: { row, column }, wrapped };
  }
  return undefined;
}

const addGlobal = (flags: string) => (flags.includes('g') ? flags : `${flags}g`);
