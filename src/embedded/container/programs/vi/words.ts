/** What the two editors say at the bottom of the screen. */
import type { Position, Text } from './text.ts';

export interface FileFacts {
  name: string;
  lines: number;
  bytes: number;
  isNew?: boolean;
  isReadOnly?: boolean;
}

export type Mode = 'normal' | 'insert' | 'replace' | 'visual' | 'visual-lines';

export interface Words {
  opened(facts: FileFacts): string;
  written(facts: FileFacts): string;
  unsaved(command: string): string;
  noName: string;
  notFound(pattern: string): string;
  noPattern: string;
  tooMuch: string;
  wrapped(forward: boolean): string;
  unknown(command: string): string;
  badRange: string;
  isReadOnly: string;
  cannotWrite(name: string, why: string): string;
  cannotRead(name: string, why: string): string;
  nothingToUndo: string;
  nothingToRedo: string;
  /** Of so many lines fewer (negative: more), or yanked; empty: not worth a word. */
  fewer(count: number): string;
  yanked(count: number): string;
  substituted(count: number, lines: number): string;
  /** What stands there when there is nothing else to say. */
  idle(mode: Mode, name: string | undefined, text: Text, cursor: Position, readOnly: boolean): string;
}

const lines = (count: number) => `${count} line${count === 1 ? '' : 's'}`;
/** vim's 'report': fewer lines are not told of. */
const worthReporting = 3;

const vimModes: Readonly<Record<Mode, string>> = {
  ...{ normal: '', insert: '-- INSERT --', replace: '-- REPLACE --', visual: '-- VISUAL --' },
  'visual-lines': '-- VISUAL LINE --',
};

export const vimWords: Words = {
  opened: ({ name, lines: count, bytes, isNew, isReadOnly }) =>
    isNew ? `"${name}" [New]` : `"${name}" ${isReadOnly ? '[readonly] ' : ''}${count}L, ${bytes}B`,
  written: ({ name, lines: count, bytes, isNew }) => `"${name}" ${isNew ? '[New] ' : ''}${count}L, ${bytes}B written`,
  unsaved: () => 'E37: No write since last change (add ! to override)',
  noName: 'E32: No file name',
  notFound: (pattern) => `E486: Pattern not found: ${pattern}`,
  noPattern: 'E35: No previous regular expression',
  tooMuch: "E363: Pattern uses more memory than 'maxmempattern'",
  wrapped: (forward) => (forward ? 'search hit BOTTOM, continuing at TOP' : 'search hit TOP, continuing at BOTTOM'),
  unknown: (command) => `E492: Not an editor command: ${command}`,
  badRange: 'E16: Invalid range',
  isReadOnly: "E45: 'readonly' option is set (add ! to override)",
  cannotWrite: (name, why) =>
    why === 'Is a directory' ? `"${name}" E502: is a directory` : `"${name}" E212: Can't open file for writing`,
  cannotRead: (name, why) =>
    why === 'Is a directory'
      ? `"${name}" is a directory`
      : why === 'Permission denied'
        ? `"${name}" [Permission Denied]`
        : `E484: Can't open file ${name}`,
  nothingToUndo: 'Already at oldest change',
  nothingToRedo: 'Already at newest change',
  fewer: (count) => {
    if (Math.abs(count) < worthReporting) return '';
    return count > 0 ? `${count} fewer lines` : `${-count} more lines`;
  },
  yanked: (count) => (count < worthReporting ? '' : `${lines(count)} yanked`),
  substituted: (count, on) => (count < worthReporting ? '' : `${count} substitutions on ${lines(on)}`),
  idle: (mode) => vimModes[mode],
};

/** busybox vi, in the words of its source. */
export const busyboxWords: Words = {
  opened: ({ name, lines: count, bytes, isNew, isReadOnly }) =>
    // A text that is new has an empty line already.
    `'${name}'${isNew ? ' [New file]' : ''}${isReadOnly ? ' [Readonly]' : ''} ${count}L, ${isNew ? 1 : bytes}C`,
  written: ({ name, lines: count, bytes }) => `'${name}' ${count}L, ${bytes}C`,
  unsaved: (command) => `No write since last change (:${command}! overrides)`,
  noName: 'No current filename',
  notFound: () => 'Pattern not found',
  noPattern: 'No previous regular expression',
  tooMuch: 'memory exhausted',
  wrapped: (forward) => (forward ? 'search hit BOTTOM, continuing at TOP' : 'search hit TOP, continuing at BOTTOM'),
  unknown: (command) => `'${command}' is not implemented`,
  badRange: 'Invalid range',
  isReadOnly: "'%s' is read only",
  cannotWrite: (name, why) => `'${name}' ${why}`,
  cannotRead: (name, why) => (why === 'Is a directory' ? `'${name}' is not a regular file` : `can't read '${name}'`),
  nothingToUndo: 'Already at oldest change',
  nothingToRedo: 'Already at newest change',
  fewer: () => '',
  yanked: () => '',
  substituted: () => '',
  idle: (mode, name, text, { row }, readOnly) => {
    const letter = mode === 'insert' ? 'I' : mode === 'replace' ? 'R' : '-';
    const total = text.last + 1;
    const facts = `${readOnly ? ' [Readonly]' : ''}${text.modified ? ' [Modified]' : ''}`;
    return `${letter} ${name ?? 'No file'}${facts} ${row + 1}/${total} ${Math.floor(((row + 1) * 100) / total)}%`;
  },
};
