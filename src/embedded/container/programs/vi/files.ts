/** Reading and writing what is edited. */
import { isSysError } from '../../kernel/errno.ts';
import type { Edits } from './edits.ts';
import { Text } from './text.ts';

/** Opens a file, which need not be there; undefined: none. Returns whether it could, and says so either way. */
export async function edit(editor: Edits, name: string | undefined): Promise<boolean> {
  const { p, words, options } = editor;
  if (name === undefined) {
    editor.message = words.noName;
    return false;
  }
  editor.file = name;
  editor.cursor = { row: 0, column: 0 };
  editor.screen.top = 0;
  try {
    const bytes = await p.vfs.readFileSlowly(p, name);
    p.charge(3 * bytes.length);
    const content = new TextDecoder().decode(bytes);
    const lines = content === '' ? [''] : content.replace(/\n$/, '').split('\n');
    editor.text = new Text(lines);
    const isReadOnly = options.readonly || !canWrite(editor, name);
    options.readonly = isReadOnly;
    editor.message = words.opened({ name, lines: content === '' ? 0 : lines.length, bytes: bytes.length, isReadOnly });
  } catch (error) {
    if (!isSysError(error)) throw error;
    editor.text = new Text(['']);
    const isNew = error.code === 'ENOENT';
    editor.message = isNew ? words.opened({ name, lines: 1, bytes: 0, isNew }) : words.cannotRead(name, error.message);
    return isNew;
  }
  return true;
}

function canWrite({ p }: Edits, name: string): boolean {
  try {
    p.vfs.check(p, p.vfs.resolve(p, name).node, 2);
    return !p.vfs.resolve(p, name).mount.readOnly;
  } catch {
    return false;
  }
}

export interface WriteRequest {
  /** Empty: the file that is edited. */
  name: string;
  force: boolean;
  first: number | undefined;
  last: number | undefined;
}

/** Writes all lines, or some. Returns whether that worked; it says so either way. */
export async function write(editor: Edits, { name, force, first, last }: WriteRequest): Promise<boolean> {
  const { p, text, words, options } = editor;
  const path = name === '' ? editor.file : name;
  if (path === undefined) {
    editor.message = words.noName;
    return false;
  }
  if (options.readonly && !force && path === editor.file) {
    editor.message = words.isReadOnly.replace('%s', path);
    return false;
  }
  const lines = first === undefined ? text.lines : text.lines.slice(first, (last ?? first) + 1);
  // A text without anything has no lines.
  const content = text.last === 0 && text.line(0) === '' ? '' : `${lines.join('\n')}\n`;
  try {
    const isNew = !p.vfs.find(p, path);
    p.vfs.writeFile(p, path, content);
    const facts = { name: path, lines: content === '' ? 0 : lines.length, bytes: Buffer.byteLength(content), isNew };
    editor.message = words.written(facts);
  } catch (error) {
    if (!isSysError(error)) throw error;
    editor.message = words.cannotWrite(path, error.message);
    return false;
  }
  editor.file ??= path;
  if (first === undefined && path === editor.file) text.saved();
  return true;
}
