/** Commands after a colon. */
import { safeRegExp } from '../../lib/regex.ts';
import type { Edits } from './edits.ts';
import { edit, write } from './files.ts';
import { type Motion, search, toLine } from './motions.ts';
import { setOption } from './options.ts';
import { firstNonBlank } from './text.ts';

/** The editor as far as commands after a colon ask it. */
export interface Commanded extends Edits {
  /** Set when it is to end. */
  code: number | undefined;
  go(motion: Motion): void;
  undoFromEx(back: boolean): void;
}

interface Range {
  /** Lines, from 0 on; undefined: none were named. */
  first: number | undefined;
  last: number | undefined;
  rest: string;
}

/** Names of commands and the shortest form of each, in the order in which they are tried. */
const commands: readonly (readonly [shortest: string, name: string])[] = [
  ...([
    ['w', 'write'],
    ['wq', 'wq'],
    ['wa', 'wall'],
    ['wqa', 'wqall'],
    ['x', 'xit'],
    ['xa', 'xall'],
    ['q', 'quit'],
  ] as const),
  ...([
    ['qa', 'qall'],
    ['e', 'edit'],
    ['r', 'read'],
    ['s', 'substitute'],
    ['se', 'set'],
    ['d', 'delete'],
  ] as const),
  ...([
    ['y', 'yank'],
    ['j', 'join'],
    ['noh', 'nohlsearch'],
    ['sy', 'syntax'],
    ['f', 'file'],
    ['g', 'global'],
  ] as const),
  ...([
    ['v', 'vglobal'],
    ['u', 'undo'],
    ['red', 'redo'],
    ['m', 'move'],
    ['t', 't'],
    ['co', 'copy'],
    ['norm', 'normal'],
  ] as const),
];

/** Does one line that was typed after a colon. */
export async function runEx(editor: Commanded, line: string): Promise<void> {
  // What `:global` does may have bars of its own.
  const pieces = /^[^a-z]*[gv](lobal)?!?[^\w\s]/.test(line) ? [line] : line.split(/(?<!\\)\|/);
  for (const piece of pieces) {
    await runOne(editor, piece);
    if (editor.code !== undefined) return;
  }
}

async function runOne(editor: Commanded, line: string): Promise<void> {
  const text = line.replace(/^[\s:]+/, '');
  const range = readRange(editor, text);
  if (!range) return;
  const { first, last, rest } = range;
  if (rest === '') {
    if (last !== undefined)
      editor.go({ to: { row: last, column: firstNonBlank(editor.text.line(last)) }, kind: 'lines' });
    return;
  }
  const shift = /^([<>]+)\s*(\d*)$/.exec(rest);
  const row = editor.cursor.row;
  if (shift?.[1]) {
    return editor.shiftLines(shift[1][0] === '>' ? '>' : '<', first ?? row, last ?? row, shift[1].length);
  }
  if (rest === '=') {
    editor.message = String((last ?? editor.text.last) + 1);
    return;
  }
  // `s` takes any mark as its border, also one that could go on a name.
  const [, word = '', bang = '', argument = ''] =
    /^(s(?=[^a-z\s])|[gv](?=[^a-z\s])|[a-z]+)(!?)\s*([\s\S]*)$/i.exec(rest) ?? [];
  const name = commands.find(([shortest, full]) => word.startsWith(shortest) && full.startsWith(word))?.[1];
  await run(editor, name, { word, force: bang === '!', argument, first, last, line: text });
}

interface Call {
  word: string;
  force: boolean;
  argument: string;
  first: number | undefined;
  last: number | undefined;
  line: string;
}

async function run(editor: Commanded, name: string | undefined, call: Call): Promise<void> {
  const { text, words, cursor } = editor;
  const { force, argument, word, line } = call;
  const first = call.first ?? cursor.row;
  const last = call.last ?? first;
  switch (name) {
    case 'write':
    case 'wall':
      await write(editor, { name: argument, force, first: call.first, last: call.last });
      return;
    case 'wq':
    case 'wqall':
    case 'xit':
    case 'xall':
      if (name.startsWith('x') && !text.modified && argument === '') editor.code = 0;
      else if (await write(editor, { name: argument, force, first: call.first, last: call.last })) editor.code = 0;
      return;
    case 'quit':
    case 'qall':
      if (text.modified && !force) editor.message = words.unsaved(word);
      else editor.code = 0;
      return;
    case 'edit':
      if (text.modified && !force && (argument !== '' || editor.file !== undefined)) {
        editor.message = words.unsaved(word);
        return;
      }
      await edit(editor, argument === '' ? editor.file : argument);
      return;
    case 'read':
      return readIn(editor, argument, call.last ?? cursor.row);
    case 'set':
      return set(editor, argument);
    case 'delete':
      return editor.deleteLines(first, last);
    case 'yank':
      return editor.yankLines(first, last);
    case 'join':
      editor.joinLines(first, call.last === undefined || last === first ? first + 1 : last);
      editor.go(toLine(text, first));
      return;
    case 'substitute':
      return substitute(editor, argument, first, last);
    case 'global':
    case 'vglobal':
      return global(editor, argument, (name === 'vglobal') !== force, call.first ?? 0, call.last ?? text.last);
    case 'move':
    case 'copy':
    case 't':
      return moveOrCopy(editor, name === 'move', first, last, argument);
    case 'file':
      if (argument !== '') editor.file = argument;
      editor.message = `"${editor.file ?? '[No Name]'}"${text.modified ? ' [Modified]' : ''} ${text.last + 1} lines`;
      return;
    case 'undo':
      editor.undoFromEx(true);
      return;
    case 'redo':
      editor.undoFromEx(false);
      return;
    case 'nohlsearch':
    case 'syntax':
      return;
  }
  editor.message = words.unknown(line);
}

/** The lines that a command begins with; undefined, and a message, where they can't be. */
function readRange(editor: Commanded, command: string): Range | undefined {
  const { text, words } = editor;
  if (command.startsWith('%')) return { first: 0, last: text.last, rest: command.slice(1).trimStart() };
  let rest = command;
  const address = (from: number): number | undefined => {
    let at: number | undefined;
    const number = /^\d+/.exec(rest)?.[0];
    const mark = /^'([a-z<>])/.exec(rest)?.[1];
    const pattern = /^([/?])((?:\\.|(?!\1).)*)\1?/.exec(rest);
    if (number !== undefined) {
      at = Number(number) - 1;
      rest = rest.slice(number.length);
    } else if (rest.startsWith('.')) {
      at = from;
      rest = rest.slice(1);
    } else if (rest.startsWith('$')) {
      at = text.last;
      rest = rest.slice(1);
    } else if (mark !== undefined) {
      at = editor.marks.get(mark)?.row ?? Number.NaN;
      rest = rest.slice(2);
    } else if (pattern) {
      const regex = editor.pattern(pattern[2] ?? '');
      const forward = pattern[1] === '/';
      const start = { row: from, column: forward ? text.line(from).length : 0 };
      at = (regex && search(text, start, regex, forward)?.to.row) ?? Number.NaN;
      rest = rest.slice(pattern[0].length);
    }
    for (;;) {
      const [whole, sign, digits] = /^\s*([+-])(\d*)/.exec(rest) ?? [];
      if (whole === undefined) return at;
      at = (at ?? from) + (sign === '+' ? 1 : -1) * (digits === '' ? 1 : Number(digits));
      rest = rest.slice(whole.length);
    }
  };
  let first = address(editor.cursor.row);
  let last = first;
  while (/^\s*[,;]/.test(rest)) {
    const moves = rest.trimStart().startsWith(';');
    rest = rest.trimStart().slice(1).trimStart();
    first = last ?? editor.cursor.row;
    last = address(moves ? first : editor.cursor.row) ?? editor.cursor.row;
  }
  rest = rest.trimStart();
  const wrong = (at: number | undefined) => at !== undefined && (Number.isNaN(at) || at < -1 || at > text.last);
  // A line alone that is too far is the last one.
  if (rest === '' && first === last && first !== undefined && first > text.last)
    return { first: text.last, last: text.last, rest };
  if (wrong(first) || wrong(last)) {
    editor.message = words.badRange;
    return undefined;
  }
  if (first !== undefined && last !== undefined && last < first) [first, last] = [last, first];
  return {
    first: first === undefined ? undefined : Math.max(0, first),
    last: last === undefined ? undefined : Math.max(rest.startsWith('r') ? -1 : 0, last),
    rest,
  };
}

async function readIn(editor: Commanded, name: string, after: number): Promise<void> {
  const { p, text, words } = editor;
  if (name === '') {
    editor.message = words.noName;
    return;
  }
  try {
    const content = new TextDecoder().decode(await p.vfs.readFileSlowly(p, name));
    const lines = content.replace(/\n$/, '').split('\n');
    p.charge(content.length);
    text.splice(after + 1, 0, ...lines);
    editor.cursor = { row: after + 1, column: firstNonBlank(text.line(after + 1)) };
    editor.message = words.opened({ name, lines: lines.length, bytes: Buffer.byteLength(content) });
  } catch (error) {
    editor.message = words.cannotRead(name, (error as Error).message);
  }
}

function set(editor: Commanded, argument: string): void {
  for (const word of argument.split(/\s+/).filter(Boolean)) {
    try {
      const shown = setOption(editor.options, word);
      if (shown !== undefined) editor.message = shown;
    } catch (error) {
      editor.message = (error as Error).message;
      return;
    }
  }
}

/** Takes `/pattern/replacement/flags` apart, whatever the mark is. */
function parts(argument: string): { pattern: string; replacement: string; flags: string } | undefined {
  const mark = argument[0];
  if (mark === undefined || /[\w\s"|\\]/.test(mark)) return undefined;
  const found: string[] = [''];
  for (let i = 1; i < argument.length; i++) {
    const char = argument[i] ?? '';
    if (char === '\\' && i + 1 < argument.length) {
      const next = argument[++i] ?? '';
      found[found.length - 1] += next === mark ? next : char + next;
    } else if (char === mark && found.length < 3) found.push('');
    else found[found.length - 1] += char;
  }
  const [pattern = '', replacement = '', flags = ''] = found;
  return { pattern, replacement, flags: flags.trim() };
}

function substitute(editor: Commanded, argument: string, first: number, last: number): void {
  const { text, words } = editor;
  const given = parts(argument);
  if (!given) {
    editor.message = words.unknown(`s${argument}`);
    return;
  }
  const wanted = given.pattern || editor.lastSearch?.pattern || '';
  if (/[^giI&]/.test(given.flags)) {
    editor.message = 'E488: Trailing characters';
    return;
  }
  const regex = editor.pattern(
    given.flags.includes('i') ? `${wanted}\\c` : given.flags.includes('I') ? `${wanted}\\C` : wanted,
  );
  if (!regex) return;
  editor.lastSearch = { pattern: wanted, forward: true };
  const global = safeRegExp(regex.source, `${regex.flags}g`);
  const everywhere = given.flags.includes('g');
  let [count, changed, row] = [0, 0, first];
  for (let left = last - first + 1; left > 0; left--) {
    const line = text.line(row);
    let here = 0;
    const replaced = line.replace(global, (...found: unknown[]) => {
      if (here > 0 && !everywhere) return String(found[0]);
      here++;
      const groups = found
        .slice(
          0,
          found.findIndex((value) => typeof value === 'number'),
        )
        .map((value) => String(value ?? ''));
      return expand(given.replacement, groups);
    });
    if (here > 0) {
      const lines = replaced.split('\n');
      text.splice(row, 1, ...lines);
      row += lines.length - 1;
      count += here;
      changed++;
      editor.cursor = { row, column: firstNonBlank(text.line(row)) };
    }
    row++;
  }
  editor.message = count === 0 ? words.notFound(wanted) : words.substituted(count, changed);
}

/** What stands for a match: `&`, `\1`, a new line as `\r` or `\n`. */
function expand(replacement: string, groups: readonly string[]): string {
  return replacement.replace(/\\(.)|&/gs, (whole, escaped: string | undefined) => {
    if (escaped === undefined) return groups[0] ?? whole;
    if (/\d/.test(escaped)) return groups[Number(escaped)] ?? '';
    if (escaped === 'r' || escaped === 'n') return '\n';
    return escaped === 't' ? '\t' : escaped;
  });
}

/** `:g/pattern/command` for each line that matches, or does not. */
async function global(
  editor: Commanded,
  argument: string,
  inverted: boolean,
  first: number,
  last: number,
): Promise<void> {
  const { text, words } = editor;
  const given = parts(argument);
  const regex = given && editor.pattern(given.pattern);
  if (!given || !regex) return;
  const command = argument.slice(given.pattern.length + 2);
  const matching = text.lines.slice(first, last + 1).map((line) => regex.test(line) !== inverted);
  if (!matching.includes(true)) {
    editor.message = words.notFound(given.pattern);
    return;
  }
  const total = text.last + 1;
  let moved = 0;
  for (const [i, does] of matching.entries()) {
    if (!does) continue;
    const before = text.last;
    editor.cursor = { row: Math.max(0, Math.min(text.last, first + i + moved)), column: 0 };
    await runEx(editor, command);
    moved += text.last - before;
  }
  editor.message = words.fewer(total - text.last - 1);
}

function moveOrCopy(editor: Commanded, moves: boolean, first: number, last: number, argument: string): void {
  const { text, words } = editor;
  const target = argument === '$' ? text.last : argument === '.' ? editor.cursor.row : Number(argument) - 1;
  if (!Number.isInteger(target) || target < -1 || target > text.last || (moves && target >= first && target < last)) {
    editor.message = words.badRange;
    return;
  }
  const lines = text.lines.slice(first, last + 1);
  let at = target + 1;
  if (moves) {
    text.splice(first, lines.length);
    if (target > last) at -= lines.length;
  }
  text.splice(at, 0, ...lines);
  editor.cursor = { row: at + lines.length - 1, column: 0 };
}
