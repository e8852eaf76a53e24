import { SysError } from './errno.ts';
import type { Process, Program } from './process.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What will run: the program, and its arguments with an interpreter put before them where there is one. */
export interface Executable {
  program: Program;
  argv: string[];
  path: string;
}

/**
 * Looks a command up as execvp does: by PATH, or as a path if it has a slash.
 * Throws ENOENT, EACCES (found, may not be run), or ENOEXEC (text without `#!`: a shell runs it itself).
 */
export function findExecutable(p: Process, argv: string[], env: ReadonlyMap<string, string> = p.env): Executable {
  const path = findInPath(p, argv[0] ?? '', env);
  if (path === undefined) throw new SysError('ENOENT');
  return loadExecutable(p, path, argv);
}

/** The path that a command's name means; undefined if there is none. Throws EACCES if there are only ones that can't run. */
export function findInPath(p: Process, name: string, env: ReadonlyMap<string, string>): string | undefined {
  if (name === '') return undefined;
  if (name.includes('/')) return name;
  let denied = false;
  for (const folder of (env.get('PATH') ?? DEFAULT_PATH).split(':')) {
    const candidate = `${folder === '' ? '.' : folder.replace(/\/$/, '')}/${name}`;
    const place = p.vfs.find(p, candidate);
    if (!place || place.node.kind === 'dir') continue;
    if (p.vfs.may(p, place.node, 1)) return candidate;
    denied = true;
  }
  if (denied) throw new SysError('EACCES');
  return undefined;
}

/** Loads the file at `path`; see findExecutable for the errors. */
export function loadExecutable(p: Process, path: string, argv: string[], depth = 0): Executable {
  const { node } = p.vfs.resolve(p, path);
  if (node.kind !== 'file') throw new SysError('EACCES');
  p.vfs.check(p, node, 1);
  if (node.program !== undefined) {
    const program = p.container.programs.get(node.program);
    if (!program) throw new SysError('ENOENT');
    return { program, argv, path };
  }
  const head = new TextDecoder().decode(node.read(0, 256));
  const match = /^#! *([^ \n\t]+)[ \t]*([^\n]*)/.exec(head);
  if (!match) throw new SysError('ENOEXEC');
  if (depth > 4) throw new SysError('ELOOP');
  const [, interpreter = '', argument = ''] = match;
  const rest = [...(argument.trim() === '' ? [] : [argument.trim()]), path, ...argv.slice(1)];
  return loadExecutable(p, interpreter, [interpreter, ...rest], depth + 1);
}

/** Replaces what the process runs: handlers go back to their defaults, descriptors and ignored signals stay. */
export async function execute(p: Process, executable: Executable): Promise<number> {
  p.argv = executable.argv;
  for (const [n, d] of [...p.dispositions]) if (d !== 'ignore') p.dispositions.delete(n);
  catchSignals(p, executable.program);
  return await executable.program.run(p);
}

/** What a program does with signals from its first moment on. */
export function catchSignals(p: Process, { go }: Program): void {
  if (!go) return;
  for (const n of [1, 2, 15]) if (!p.dispositions.has(n)) p.dispositions.set(n, goDisposition(p, n));
}

/** Go's runtime resets the signal and raises it; as pid 1 that does nothing, and it exits with 2. */
function goDisposition(p: Process, n: number): () => void {
  return () => p.terminate(p.pid === 1 ? { code: 2 } : { code: 128 + n, signal: n });
}
