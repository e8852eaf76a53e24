import { StringDecoder } from 'node:string_decoder';
import { nextTurn } from '../kernel/clock.ts';
import type { ShellCommand } from '../session/shell.ts';
import type { Keyboard, TypeAhead } from './keyboard.ts';
import { loadPty, type PtyPackage } from './terminal/pty.ts';

/** What a shell is run in. */
export interface LabTerminal {
  keyboard: Keyboard;
  stdout: NodeJS.WriteStream;
  /** Aborts when the terminal goes. */
  signal: AbortSignal;
}

/**
 * Runs the learner's shell in the terminal until it is left. What was typed ahead is the first that it reads: it runs in
 * a pseudo-terminal of its own, which gets all that is typed. Where that cannot be had it has the terminal itself, and
 * what was typed before cannot be given to it: then that is said.
 */
export async function runShell(command: ShellCommand, typed: TypeAhead, terminal: LabTerminal): Promise<void> {
  const pty = loadPty();
  if (pty) return runInPty(pty, command, typed, terminal);
  const { keyboard, stdout } = terminal;
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
    typed.end();
    keyboard.open();
  }
}

/** Runs a shell that reads and writes the terminal itself, which nobody else may read meanwhile. */
export async function runInherited({ file, args, env }: ShellCommand): Promise<void> {
  const { execa } = await import('execa');
  await execa(file, args, { stdio: 'inherit', env, reject: false });
}

async function runInPty(
  { spawn }: PtyPackage,
  { file, args, env }: ShellCommand,
  typed: TypeAhead,
  { keyboard, stdout, signal }: LabTerminal,
): Promise<void> {
  const shell = spawn(file, args, {
    name: process.env.TERM ?? 'xterm-256color',
    cols: stdout.columns,
    rows: stdout.rows,
    cwd: process.cwd(),
    env: { ...process.env, ...env },
  });
  const ended = Promise.withResolvers<void>();
  shell.onExit(() => ended.resolve());
  shell.onData((data) => {
    // A terminal that is slower than the shell holds the shell up.
    if (stdout.write(data)) return;
    shell.pause();
    stdout.once('drain', () => shell.resume());
  });
  const onResize = () => shell.resize(stdout.columns, stdout.rows);
  const onAbort = () => {
    shell.kill('SIGHUP');
    ended.resolve();
  };
  stdout.on('resize', onResize);
  signal.addEventListener('abort', onAbort, { once: true });
  keyboard.setRawMode(true);
  try {
    const decoder = new StringDecoder('utf8');
    typed.forward((bytes) => shell.write(decoder.write(bytes)));
    await ended.promise;
  } finally {
    // What is typed from now on is the app's, which comes back: its keys stay keys, and none goes to a shell that has gone.
    typed.end();
    stdout.off('resize', onResize);
    signal.removeEventListener('abort', onAbort);
  }
}
