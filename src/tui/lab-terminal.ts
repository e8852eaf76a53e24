import { nextTurn } from '../kernel/clock.ts';
import type { ShellCommand } from '../session/shell.ts';
import type { Keyboard, TypeAhead } from './keyboard.ts';

/**
 * Runs the learner's shell in the whole terminal until it is left, for want of a pane. What was typed before it is there
 * cannot be given to it: then that is said.
 */
export async function runShell(
  command: ShellCommand,
  typed: TypeAhead,
  { keyboard, stdout }: { keyboard: Keyboard; stdout: NodeJS.WriteStream },
): Promise<void> {
  let lost = 0;
  typed.forward((bytes) => {
    lost += bytes.length;
  });
  keyboard.close();
  if (lost > 0) stdout.write('What was typed before the shell was there is not kept.\n\n');
  try {
    await nextTurn();
    await runInherited(command);
  } finally {
    // What is typed from now on is the app's, which comes back.
    typed.end();
    keyboard.open();
  }
}

/** Runs a shell that reads and writes the terminal itself, which nobody else may read meanwhile. */
export async function runInherited({ file, args, env }: ShellCommand): Promise<void> {
  const { execa } = await import('execa');
  await execa(file, args, { stdio: 'inherit', env, reject: false });
}
