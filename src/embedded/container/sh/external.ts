import { isSysError } from '../kernel/errno.ts';
import { execute, findExecutable } from '../kernel/exec.ts';
import type { Process } from '../kernel/process.ts';
import { errorPrefix, notFoundText } from './messages.ts';
import type { RunFlags, Shell } from './shell.ts';

/** Runs a program of the container; `tail`: in this process. */
export async function runExternal(
  shell: Shell,
  argv: string[],
  env: ReadonlyMap<string, string>,
  flags: RunFlags,
): Promise<number> {
  const name = argv[0] ?? '';
  const lookup = new Map(env);
  const path = env.get('PATH') ?? shell.state.get('PATH');
  if (path !== undefined) lookup.set('PATH', path);
  let main: (p: Process) => Promise<number> | number;
  try {
    const executable = findExecutable(shell.p, argv, lookup);
    main = (p) => execute(p, executable);
  } catch (error) {
    if (isSysError(error, 'ENOEXEC')) main = (p) => runAsScript(shell, p, argv);
    else return cannotRun(shell, name, error);
  }
  if (flags.tail && shell.state.traps.size === 0 && !shell.state.interactive) {
    shell.p.env = new Map(env);
    return await main(shell.p);
  }
  const child = shell.children.spawn({ argv, env, main });
  const [status] = await shell.children.foreground([child]);
  return status?.code ?? 0;
}

async function runAsScript(shell: Shell, p: Process, argv: string[]): Promise<number> {
  const program = p.container.programs.get(shell.state.flavor);
  p.argv = [shell.state.arg0, ...argv];
  return program ? await program.run(p) : 126;
}

async function cannotRun(shell: Shell, name: string, error: unknown): Promise<number> {
  if (isSysError(error, 'ENOENT', 'ENOTDIR')) {
    await shell.p.print(2, notFoundText(shell.state, name));
    return 127;
  }
  if (!isSysError(error)) throw error;
  const directory = shell.p.vfs.find(shell.p, name)?.node.kind === 'dir';
  const text = shell.state.flavor === 'bash' && directory ? 'Is a directory' : error.message;
  await shell.p.print(2, `${errorPrefix(shell.state)}${name}: ${text}\n`);
  return 126;
}
