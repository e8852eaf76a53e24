import wrapAnsi from 'wrap-ansi';
import { widthOf } from './width.ts';

/** Stands for a blank at which no line may end; printable text has none of its own. */
const noBreak = '\ue000';

/** Text that is copied, a command or an address: its line does not end inside of it. */
export function unbroken(text: string): string {
  return text.replaceAll(' ', noBreak);
}

/**
 * Breaks text between words. No line is wider than `width` columns but for a word that is: it has a line of its own.
 * Styling and wide characters are understood.
 */
export function wrapWords(text: string, width: number): string[] {
  const lines = wrapAnsi(text, Math.max(1, width), { hard: false, trim: true }).split('\n');
  return lines.map((line) => line.replaceAll(noBreak, ' '));
}

/**
 * A line of a pane behind a prefix. What can't be broken between words and does not fit has lines of its own, from edge to
 * edge: nothing is added or left out, so that it can be put together again.
 */
export function placedInPane(prefix: string, line: string, width: number): string[] {
  if (widthOf(prefix + line) <= width) return [prefix + line];
  const pieces = wrapAnsi(line, Math.max(1, width), { hard: true, trim: false, wordWrap: false }).split('\n');
  return [...(prefix.trim() === '' ? [] : [prefix.trimEnd()]), ...pieces];
}

/**
 * A command that is wider than `width` columns, over several lines as the shell reads them: with a backslash at each end,
 * never in single quotes or a comment. What can't be broken so stays as it is.
 */
export function foldCommand(command: string, width: number): string[] {
  const indent = '  ';
  const lines: string[] = [];
  let rest = command;
  for (;;) {
    const start = lines.length === 0 ? '' : indent;
    const room = width - start.length;
    if (widthOf(rest) <= room) return [...lines, start + rest];
    // A comment that went on would be taken for a command.
    const [, comment] = /^\s*#+ (.*)/.exec(command) ?? [];
    if (comment !== undefined) return wrapWords(comment, width - 2).map((line) => `# ${line}`);
    const at = breakBefore(rest, room - 2);
    if (at === undefined) return [...lines, start + rest];
    lines.push(`${start}${rest.slice(0, at)} \\`);
    rest = rest.slice(at + 1);
  }
}

/**
 * The last blank up to `room` columns at which a line may be continued, one before an option or a pipe rather than before
 * its value; else the first one behind.
 */
function breakBefore(text: string, room: number): number | undefined {
  let quote: string | undefined;
  let found: number | undefined;
  let option: number | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
    } else if (character === "'" || character === '"') quote = character;
    else if (character === '\\') at++;
    else if (character === '#' && (at === 0 || text[at - 1] === ' ')) break;
    else if (character === ' ' && at > 0 && text[at + 1] !== ' ' && text[at + 1] !== '#') {
      if (at > room && found !== undefined) break;
      found = at;
      if (at > room) break;
      if (/[-|&]/.test(text[at + 1] ?? '')) option = at;
    }
  }
  return option ?? found;
}
