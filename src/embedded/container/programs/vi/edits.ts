/** The state of what is edited, and what changes it: what keys and commands are made of. */
import type { Process } from '../../kernel/process.ts';
import { posixToJs, safeRegExp } from '../../lib/regex.ts';
import { shifted } from './insert.ts';
import { escapeKey, type Key } from './keys.ts';
import { search } from './motions.ts';
import { defaultOptions, type ViOptions } from './options.ts';
import type { Screen } from './screen.ts';
import { firstNonBlank, type Position, Text } from './text.ts';
import type { Words } from './words.ts';

/** What was yanked or deleted last: whole lines, or pieces of lines. */
interface Register {
  pieces: readonly string[];
  lines: boolean;
}

export abstract class Edits {
  readonly p: Process;
  readonly screen: Screen;
  readonly words: Words;
  readonly options: ViOptions = { ...defaultOptions };
  readonly marks = new Map<string, Position>();
  text = new Text(['']);
  cursor: Position = { row: 0, column: 0 };
  file: string | undefined;
  message = '';
  lastSearch: { pattern: string; forward: boolean } | undefined;
  protected register: Register = { pieces: [''], lines: false };

  constructor(p: Process, screen: Screen, words: Words) {
    this.p = p;
    this.screen = screen;
    this.words = words;
  }

  /** The regular expression that a pattern stands for; undefined, and a message, where it is none. */
  pattern(text: string): RegExp | undefined {
    const { ignorecase, smartcase } = this.options;
    const forced = /\\[cC]/.exec(text)?.[0];
    const source = text.replace(/\\[cC]/g, '');
    const ignore = forced ? forced === '\\c' : ignorecase && !(smartcase && /[A-Z]/.test(source));
    try {
      return safeRegExp(posixToJs(source, false), ignore ? 'i' : '');
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.message = this.words.notFound(text);
      return undefined;
    }
  }

  /** The next match of what was searched last; undefined, and a message, where there is none. */
  searchAgain(opposite: boolean): Position | undefined {
    if (!this.lastSearch) {
      this.message = this.words.noPattern;
      return undefined;
    }
    const { pattern, forward } = this.lastSearch;
    const regex = this.pattern(pattern);
    if (!regex) return undefined;
    const way = forward !== opposite;
    const found = search(this.text, this.cursor, regex, way);
    this.message = found ? (found.wrapped ? this.words.wrapped(way) : '') : this.words.notFound(pattern);
    return found?.to;
  }

  /** Deletes (also for a change) or yanks up to `to`, which is not included. */
  protected operate(operator: string, from: Position, to: Position, lines: boolean): void {
    this.register = { pieces: this.text.between(from, to), lines };
    if (operator !== 'y') this.text.cut(from, to);
    this.cursor = { ...from };
  }

  /** Whole lines: deleted, yanked, shifted. */
  protected operateLines(operator: string, first: number, last: number, times = 1): void {
    const { text, cursor, options, words } = this;
    const to = Math.min(last, text.last);
    const count = to - first + 1;
    if (operator === '>' || operator === '<') {
      const steps = operator === '>' ? times : -times;
      for (let row = first; row <= to; row++) text.set(row, shifted(text.line(row), options, steps));
      this.cursor = { row: first, column: firstNonBlank(text.line(first)) };
      if (count >= 3) this.message = `${count} lines ${operator}ed 1 time`;
      return;
    }
    this.register = { pieces: text.lines.slice(first, to + 1), lines: true };
    if (operator === 'y') {
      this.message = words.yanked(count);
      cursor.row = first;
      return;
    }
    text.splice(first, count);
    const row = Math.min(first, text.last);
    this.cursor = { row, column: firstNonBlank(text.line(row)) };
    this.message = words.fewer(count);
  }

  /** For `:` commands. */
  deleteLines(first: number, last: number): void {
    this.operateLines('d', first, last);
  }

  yankLines(first: number, last: number): void {
    const { cursor } = this;
    this.operateLines('y', first, last);
    this.cursor = cursor;
  }

  shiftLines(operator: '>' | '<', first: number, last: number, times: number): void {
    this.operateLines(operator, first, last, times);
    this.cursor = { row: Math.min(last, this.text.last), column: firstNonBlank(this.text.line(last)) };
  }

  /** `x` and its like: columns of the line, `to` not included. */
  protected deleteInLine(from: number, to: number): 'change' {
    const { cursor, text } = this;
    const line = text.line(cursor.row);
    const [start, end] = [Math.max(0, from), Math.min(line.length, to)];
    if (end > start) this.operate('d', { row: cursor.row, column: start }, { row: cursor.row, column: end }, false);
    return 'change';
  }

  /** `p` and `P`: what was yanked or deleted last. */
  protected put(after: boolean, times: number): void {
    const { text, cursor, words } = this;
    const { pieces, lines } = this.register;
    if (lines) {
      const row = after ? cursor.row + 1 : cursor.row;
      const all = Array.from({ length: times }, () => pieces).flat();
      text.splice(row, 0, ...all);
      this.cursor = { row, column: firstNonBlank(text.line(row)) };
      this.message = words.fewer(-all.length);
      return;
    }
    const line = text.line(cursor.row);
    const at = { row: cursor.row, column: after ? Math.min(line.length, cursor.column + 1) : cursor.column };
    let end: Position = at;
    for (let i = 0; i < times; i++) end = text.insert(end, pieces);
    this.cursor = pieces.length > 1 ? at : { row: end.row, column: Math.max(0, end.column - 1) };
  }

  /** `J`: each line behind the one before, with one blank between them. */
  joinLines(first: number, last: number): void {
    const { text } = this;
    const to = Math.min(last, text.last);
    let joined = text.line(first);
    let column = Math.max(0, joined.length - 1);
    for (let row = first + 1; row <= to; row++) {
      const next = text.line(row).replace(/^[ \t]+/, '');
      const blank = joined === '' || next === '' || /[ \t]$/.test(joined) || next.startsWith(')') ? '' : ' ';
      column = next === '' ? Math.max(0, joined.length - 1) : joined.length;
      joined += blank + next;
    }
    if (to === first) return;
    text.splice(first, to - first + 1, joined);
    this.cursor = { row: first, column };
  }

  /** `~` */
  protected toggleCase(times: number): 'change' {
    const { text, cursor } = this;
    const line = text.line(cursor.row);
    const part = line.slice(cursor.column, cursor.column + times);
    const other = [...part].map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join('');
    text.set(cursor.row, line.slice(0, cursor.column) + other + line.slice(cursor.column + times));
    cursor.column += times;
    return 'change';
  }

  /** `r` */
  protected replaceWith(key: Key | undefined, times: number): 'change' | undefined {
    const { text, cursor } = this;
    const line = text.line(cursor.row);
    if (key === undefined || key === escapeKey || key === '\x03' || cursor.column + times > line.length)
      return undefined;
    const [head, tail] = [line.slice(0, cursor.column), line.slice(cursor.column + times)];
    if (key === '\r') {
      text.splice(cursor.row, 1, head, tail);
      this.cursor = { row: cursor.row + 1, column: 0 };
    } else {
      text.set(cursor.row, head + key.repeat(times) + tail);
      cursor.column += times - 1;
    }
    return 'change';
  }

  /** What an operator really takes: vi's special cases for motions that end at the beginning of a line. */
  protected span(
    from: Position,
    to: Position,
    inclusive: boolean,
    word: boolean,
  ): { from: Position; to: Position; lines: boolean } {
    const { text } = this;
    let end = inclusive ? { row: to.row, column: to.column + 1 } : to;
    // The last word of a line ends with it.
    if (word && end.row > from.row && /^\s*$/.test(text.line(end.row).slice(0, end.column))) {
      let row = end.row - 1;
      while (row > from.row && text.line(row).trim() === '') row--;
      end = { row, column: text.line(row).length };
      // An empty line is all of it.
      return { from, to: end, lines: row === from.row && end.column === 0 };
    }
    if (!inclusive && end.row > from.row && end.column === 0) {
      end = { row: end.row - 1, column: text.line(end.row - 1).length };
      if (text.line(from.row).slice(0, from.column).trim() === '') return { from, to: end, lines: true };
    }
    return { from, to: end, lines: false };
  }
}
