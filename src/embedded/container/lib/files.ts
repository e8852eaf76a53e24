import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';

/** Runs `use` for each operand; system calls that fail are complained about. Resolves with 0 or 1. */
export async function eachFile(
  p: Process,
  files: readonly string[],
  use: (file: string) => Promise<void> | void,
  word: (file: string, error: Error) => string,
): Promise<number> {
  let status = 0;
  for (const file of files) {
    try {
      await use(file);
    } catch (error) {
      if (!isSysError(error) || error.code === 'EPIPE') throw error;
      status = 1;
      await p.print(2, `${p.name}: ${word(file, error)}\n`);
    }
  }
  return status;
}

export function join(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

export function baseName(path: string): string {
  const clean = path.replace(/\/+$/, '');
  return clean === '' && path !== '' ? '/' : clean.slice(clean.lastIndexOf('/') + 1);
}

export function isFolder(p: Process, path: string): boolean {
  return p.vfs.find(p, path)?.node.kind === 'dir';
}

/** Removes a tree, children first. Throws what the calls throw. */
export async function removeTree(p: Process, path: string): Promise<void> {
  if (p.vfs.stat(p, path, false).kind === 'dir') {
    for (const name of p.vfs.readdir(p, path)) {
      const turn = p.step(2);
      if (turn) await turn;
      await removeTree(p, join(path, name));
    }
    p.vfs.rmdir(p, path);
  } else p.vfs.unlink(p, path);
}

/** `cp`'s work on one file or tree. */
export async function copyTree(
  p: Process,
  from: string,
  to: string,
  options: { recursive: boolean; keepLinks: boolean; preserve: boolean; onSkip(path: string): Promise<void> },
): Promise<void> {
  const turn = p.step(5);
  if (turn) await turn;
  const stat = p.vfs.stat(p, from, !options.keepLinks);
  if (stat.kind === 'dir') {
    if (!options.recursive) return options.onSkip(from);
    if (!isFolder(p, to)) p.vfs.mkdir(p, to, (stat.mode & 0o7777) | 0o700);
    for (const name of p.vfs.readdir(p, from)) await copyTree(p, join(from, name), join(to, name), options);
  } else if (stat.kind === 'link') {
    if (p.vfs.find(p, to, false)) p.vfs.unlink(p, to);
    p.vfs.symlink(p, p.vfs.readlink(p, from), to);
    return;
  } else {
    const content = await p.vfs.readFileSlowly(p, from);
    p.vfs.writeFile(p, to, content, stat.mode & 0o777);
    const target = p.vfs.resolve(p, to).node;
    const source = p.vfs.resolve(p, from).node;
    if (source.kind === 'file' && target.kind === 'file') target.program = source.program;
  }
  if (!options.preserve) return;
  p.vfs.chmod(p, to, stat.mode);
  p.vfs.utimes(p, to, stat.mtime);
  if (p.uid === 0) p.vfs.chown(p, to, stat.uid, stat.gid);
}
