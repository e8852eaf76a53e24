/** Keys that move: each to the place that it leads to. */
import { ownValue } from '../../../../kernel/own.ts';
import type { Edits } from './edits.ts';
import type { Key } from './keys.ts';
import { findInLine, type Motion, matching, paragraph, toLine, wordBack, wordEnd, wordForward } from './motions.ts';
import type { View } from './screen.ts';
import { firstNonBlank, type Position } from './text.ts';

/** The editor as far as motions ask it. */
export interface Mover extends Edits {
  lastFind: { how: string; char: string } | undefined;
  /** The next key; undefined: there are no more. */
  next(): Promise<Key | undefined>;
  /** A line that is typed at the bottom; undefined: it was given up. */
  readLine(mark: string): Promise<string | undefined>;
  /** The column on another line for a move up or down. */
  columnOn(row: number): number;
  /** Moves up and down go for the ends of lines from now on. */
  wantEnd(): void;
  view(): View;
}

export interface OperatorContext {
  operator: string;
  /** It is `cw`, which ends with the word that it begins in. */
  changesWord: boolean;
}

/** A motion key with what it was typed with. */
interface Reading {
  editor: Mover;
  key: Key;
  count: number | undefined;
  /** The count, or one. */
  times: number;
  context: OperatorContext | undefined;
}
type Answer = Motion | undefined;
type Reader = (reading: Reading) => Answer | Promise<Answer>;

/** Reads what else belongs to a motion, and where it leads; undefined: nowhere, or the key is none. */
export async function readMotion(
  editor: Mover,
  key: Key,
  count: number | undefined,
  context?: OperatorContext,
): Promise<Motion | undefined> {
  return ownValue(readers, key)?.({ editor, key, count, times: count ?? 1, context });
}

function inLine({ editor }: Reading, to: number): Motion {
  return { to: { row: editor.cursor.row, column: to }, kind: 'exclusive' };
}

function repeated({ editor, times }: Reading, step: (at: Position) => Position): Motion {
  let at: Position = { ...editor.cursor };
  for (let i = 0; i < times; i++) at = step(at);
  return { to: at, kind: 'exclusive' };
}

const readers: Readonly<Record<Key, Reader>> = Object.fromEntries(
  (
    [
      [['h', '<left>', '\x7f', '\b'], (r) => inLine(r, Math.max(0, r.editor.cursor.column - r.times))],
      [['l', ' ', '<right>'], (r) => inLine(r, Math.min(lineOf(r).length, r.editor.cursor.column + r.times))],
      [['j', '<down>', '\n', '\x0e'], ({ editor, times }) => vertical(editor, editor.cursor.row + times)],
      [['k', '<up>', '\x10'], ({ editor, times }) => vertical(editor, editor.cursor.row - times)],
      [['0', '<home>'], (r) => inLine(r, 0)],
      [['^'], (r) => inLine(r, firstNonBlank(lineOf(r)))],
      [['|'], (r) => inLine(r, Math.min(Math.max(0, lineOf(r).length - 1), r.times - 1))],
      [['$', '<end>'], endOfLine],
      [['w', 'W'], (r) => repeated(r, (at) => wordForward(r.editor.text, at, r.key === 'W'))],
      [['b', 'B'], (r) => repeated(r, (at) => wordBack(r.editor.text, at, r.key === 'B'))],
      [['e', 'E'], ({ editor, key, times, context }) => endOfWord(editor, key === 'E', times, context)],
      [['G'], ({ editor: { text }, count }) => toLine(text, count === undefined ? text.last : count - 1)],
      [['g'], async ({ editor, count }) => goTo(editor, await editor.next(), count)],
      [['+', '\r'], (r) => lineAway(r, r.times)],
      [['-'], (r) => lineAway(r, -r.times)],
      [['_'], ({ editor, times }) => toLine(editor.text, editor.cursor.row + times - 1)],
      [['}', '{'], (r) => repeated(r, (at) => paragraph(r.editor.text, at, r.key === '}' ? 1 : -1))],
      [['%'], percent],
      [['H', 'M', 'L'], onScreen],
      [['\x06', '<pagedown>'], ({ editor, times }) => page(editor, true, times)],
      [['\x02', '<pageup>'], ({ editor, times }) => page(editor, false, times)],
      [['\x04', '\x15'], ({ editor, key, count }) => halfPage(editor, key === '\x04', count)],
      [['\x05'], ({ editor, times }) => scroll(editor, times)],
      [['\x19'], ({ editor, times }) => scroll(editor, -times)],
      [['f', 't', 'F', 'T'], findChar],
      [[';', ','], findAgain],
      [['/', '?'], search],
      [['n', 'N'], ({ editor, key, times }) => again(editor, times, key === 'N')],
      [['*', '#'], searchWord],
      [["'", '`'], toMark],
    ] as const satisfies readonly (readonly [readonly Key[], Reader])[]
  ).flatMap(([keys, reader]) => keys.map((key) => [key, reader])),
);

function lineOf({ editor }: Reading): string {
  return editor.text.line(editor.cursor.row);
}

function endOfLine({ editor, times, context }: Reading): Answer {
  const { text, cursor } = editor;
  const last = Math.min(text.last, cursor.row + times - 1);
  if (!context) editor.wantEnd();
  const to = { row: last, column: Math.max(0, text.line(last).length - 1) };
  return { to, kind: text.line(last) === '' ? 'exclusive' : 'inclusive', keepsColumn: true };
}

function lineAway({ editor }: Reading, by: number): Answer {
  const row = editor.cursor.row + by;
  return row < 0 || row > editor.text.last ? undefined : toLine(editor.text, row);
}

function percent({ editor: { text, cursor }, count }: Reading): Answer {
  if (count !== undefined) return toLine(text, Math.floor((count * (text.last + 1) + 99) / 100) - 1);
  const to = matching(text, cursor);
  return to && { to, kind: 'inclusive' };
}

function onScreen({ editor, key, times }: Reading): Answer {
  const { text, screen } = editor;
  const { top } = screen;
  const bottom = screen.bottom(editor.view());
  if (key === 'H') return toLine(text, Math.min(bottom, top + times - 1));
  return toLine(text, key === 'L' ? Math.max(top, bottom - times + 1) : Math.floor((top + bottom) / 2));
}

async function findChar({ editor, key, times }: Reading): Promise<Answer> {
  const char = await editor.next();
  if (char === undefined || char.length > 2) return undefined;
  editor.lastFind = { how: key, char };
  return find(editor, key, char, times);
}

function findAgain({ editor, key, times }: Reading): Answer {
  if (!editor.lastFind) return undefined;
  const { how, char } = editor.lastFind;
  const other = how === how.toLowerCase() ? how.toUpperCase() : how.toLowerCase();
  return find(editor, key === ';' ? how : other, char, times, true);
}

async function search({ editor, key, times }: Reading): Promise<Answer> {
  const typed = await editor.readLine(key);
  if (typed === undefined) return undefined;
  const pattern = typed.replace(new RegExp(`([^\\\\])\\${key}.*$`), '$1') || editor.lastSearch?.pattern || '';
  if (pattern === '') {
    editor.message = editor.words.noPattern;
    return undefined;
  }
  editor.lastSearch = { pattern, forward: key === '/' };
  return again(editor, times, false);
}

function searchWord(reading: Reading): Answer {
  const { editor, key, times } = reading;
  const line = lineOf(reading);
  const word = /^\W*(\w+)/.exec(line.slice(wordStart(line, editor.cursor.column)))?.[1];
  if (word === undefined) return undefined;
  editor.lastSearch = { pattern: `\\<${word}\\>`, forward: key === '*' };
  return again(editor, times, false);
}

async function toMark({ editor, key }: Reading): Promise<Answer> {
  const mark = editor.marks.get((await editor.next()) ?? '');
  if (!mark) return undefined;
  return key === "'" ? toLine(editor.text, mark.row) : { to: mark, kind: 'exclusive' };
}

function wordStart(line: string, column: number): number {
  let at = column;
  while (at > 0 && /\w/.test(line[at] ?? '') && /\w/.test(line[at - 1] ?? '')) at--;
  return at;
}

function vertical(editor: Mover, row: number): Motion | undefined {
  if (row < 0 && editor.cursor.row === 0) return undefined;
  if (row > editor.text.last && editor.cursor.row === editor.text.last) return undefined;
  const to = Math.max(0, Math.min(row, editor.text.last));
  return { to: { row: to, column: editor.columnOn(to) }, kind: 'lines', keepsColumn: true };
}

/** `cw` on the last character of a word stays there. */
function endOfWord(editor: Mover, big: boolean, times: number, context: OperatorContext | undefined): Motion {
  const { text } = editor;
  let at: Position = { ...editor.cursor };
  for (let i = 0; i < times; i++) {
    const line = text.line(at.row);
    const isClass = (char: string | undefined) =>
      char === undefined || /\s/.test(char) ? 0 : big || /[\w\u0080-\uffff]/.test(char) ? 1 : 2;
    const atEnd = isClass(line[at.column]) !== isClass(line[at.column + 1]);
    if (!(i === 0 && context?.changesWord && atEnd)) at = wordEnd(text, at, big);
  }
  return { to: at, kind: 'inclusive' };
}

function goTo(editor: Mover, second: Key | undefined, count: number | undefined): Motion | undefined {
  if (second === 'g') return toLine(editor.text, (count ?? 1) - 1);
  if (second === '_') {
    const { row } = editor.cursor;
    const line = editor.text.line(row);
    return { to: { row, column: Math.max(0, line.trimEnd().length - 1) }, kind: 'inclusive' };
  }
  return undefined;
}

function page(editor: Mover, forward: boolean, times: number): Motion | undefined {
  const { screen, text } = editor;
  const by = Math.max(1, screen.height - 2) * times;
  if (forward && screen.top >= text.last) return undefined;
  const last = editor.screen.bottom(editor.view());
  if (forward && last >= text.last && editor.cursor.row === text.last) return undefined;
  screen.top = Math.max(0, Math.min(text.last, screen.top + (forward ? by : -by)));
  const bottom = screen.bottom(editor.view());
  const row = forward ? Math.max(editor.cursor.row, screen.top) : Math.min(editor.cursor.row, bottom);
  return toLine(text, row);
}

function halfPage(editor: Mover, down: boolean, count: number | undefined): Motion {
  const { screen, text, cursor } = editor;
  const by = count ?? Math.max(1, Math.floor(screen.height / 2));
  if (down && screen.bottom(editor.view()) < text.last) screen.top = Math.min(text.last, screen.top + by);
  if (!down) screen.top = Math.max(0, screen.top - by);
  return toLine(text, cursor.row + (down ? by : -by));
}

/** The text goes, the cursor only as far as it has to. */
function scroll(editor: Mover, by: number): Motion {
  const { screen, text, cursor } = editor;
  screen.top = Math.max(0, Math.min(text.last, screen.top + by));
  const bottom = screen.bottom(editor.view());
  const row = Math.max(screen.top, Math.min(cursor.row, bottom));
  return { to: { row, column: editor.columnOn(row) }, kind: 'lines', keepsColumn: true };
}

function find(editor: Mover, how: string, char: string, times: number, again = false): Motion | undefined {
  const { row, column } = editor.cursor;
  const line = editor.text.line(row);
  // `;` after `t` does not stay where it is.
  const start = again && how === 't' ? column + 1 : again && how === 'T' ? column - 1 : column;
  const to = findInLine(line, start, how, char, times);
  if (to === undefined) return undefined;
  return { to: { row, column: to }, kind: how === 'f' || how === 't' ? 'inclusive' : 'exclusive' };
}

function again(editor: Mover, times: number, opposite: boolean): Motion | undefined {
  const start = editor.cursor;
  let to: Position | undefined;
  for (let i = 0; i < times; i++) {
    to = editor.searchAgain(opposite);
    if (!to) break;
    editor.cursor = to;
  }
  editor.cursor = start;
  return to && { to, kind: 'exclusive' };
}
