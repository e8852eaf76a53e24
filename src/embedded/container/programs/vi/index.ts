import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { signals } from '../../kernel/signals.ts';
import { isBusybox, program } from '../../lib/program.ts';
import { Editor } from './editor.ts';
import { runEx } from './ex.ts';
import { edit } from './files.ts';
import { busyboxWords, vimWords } from './words.ts';

/** The lines of ~/.vimrc that are commands which are known; the others change nothing here. */
async function readSettings(editor: Editor): Promise<void> {
  const { p } = editor;
  const path = `${p.env.get('HOME') ?? '/'}/.vimrc`;
  if (!p.vfs.find(p, path)) return;
  try {
    for (const line of p.vfs.readText(p, path).split('\n')) {
      if (/^\s*:?\s*set?\s/.test(line)) await runEx(editor, line);
    }
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
  editor.message = '';
}

/** vi: busybox's where the tools are busybox's, else vim. */
export const vi = program('vi', async (p) => {
  const isVim = !isBusybox(p);
  const { tty } = p;
  if (!tty || !p.fds.get(0)?.isTty || !p.fds.get(1)?.isTty) {
    // It would wait for keys that can't come.
    await p.print(2, 'Vim: Warning: Output is not to a terminal\nVim: Warning: Input is not from a terminal\n');
    await p.print(2, 'Vim: Error reading input, exiting...\nVim: Finished.\n');
    return 1;
  }
  const editor = new Editor(p, tty, { words: isVim ? vimWords : busyboxWords, isVim });
  if (isVim) await readSettings(editor);
  const start = await openNamed(p, editor);
  const before = { raw: tty.raw, echo: tty.echo, signals: tty.signals };
  Object.assign(tty, { raw: true, echo: false, signals: false });
  p.dispositions.set(signals.SIGWINCH, () => p.background(editor.draw()));
  try {
    await editor.screen.open();
    for (const command of start) await editor.attempt(() => runEx(editor, command));
    return await editor.run();
  } finally {
    if (!p.status) await editor.screen.close();
    Object.assign(tty, before);
  }
});

/** Opens the file that the command line names; returns the commands that it gives for it. */
async function openNamed(p: Process, editor: Editor): Promise<string[]> {
  const commands: string[] = [];
  let name: string | undefined;
  for (let i = 0; i < p.args.length; i++) {
    const arg = p.args[i] ?? '';
    if (arg === '-R') editor.options.readonly = true;
    else if (arg === '-c') commands.push(p.args[++i] ?? '');
    else if (arg.startsWith('+')) commands.push(arg.slice(1) || '$');
    else if (!arg.startsWith('-')) name ??= arg;
  }
  if (p.argv[0]?.endsWith('view')) editor.options.readonly = true;
  // busybox's shows where one is from the start.
  if (name !== undefined && (await edit(editor, name)) && isBusybox(p)) editor.message = '';
  return commands;
}
