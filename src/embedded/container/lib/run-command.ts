import { isSysError } from '../kernel/errno.ts';
import { execute, findExecutable } from '../kernel/exec.ts';
import type { Process } from '../kernel/process.ts';
import type { OpenFile } from '../kernel/vfs-node.ts';

/** Starts a command as a child, as fork and exec do. Throws what findExecutable throws, and EAGAIN. */
export function startCommand(p: Process, argv: string[], fds: ReadonlyMap<number, OpenFile> = p.fds): Process {
  const executable = findExecutable(p, argv);
  return p.container.spawn({
    ...{ parent: p, argv: executable.argv, env: p.env, cwd: p.cwd, uid: p.uid, gid: p.gid, groups: p.groups },
    fds,
    main: (child) => execute(child, executable),
  });
}

/** Runs a command and waits for it; resolves with its exit code, 126 or 127 (with a message) if it can't be run. */
export async function runCommand(p: Process, argv: string[], fds?: ReadonlyMap<number, OpenFile>): Promise<number> {
  try {
    const status = await p.wait(startCommand(p, argv, fds));
    return status.code;
  } catch (error) {
    if (!isSysError(error)) throw error;
    const missing = error.code === 'ENOENT';
    const name = p.flavor === 'busybox' ? `can't execute '${argv[0]}'` : `${argv[0]}`;
    await p.print(2, `${p.name}: ${name}: ${error.message}\n`);
    return missing ? 127 : 126;
  }
}
