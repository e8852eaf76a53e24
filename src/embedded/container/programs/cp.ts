import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { baseName, copyTree, isFolder, join, removeTree } from '../lib/files.ts';
import { type Options, parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';

/** Sources and the path that each becomes. */
function targets(p: Process, options: Options): [string, string][] {
  const operands = [...options.operands];
  const folder = options.get('t');
  const last = folder ?? operands.pop();
  if (last === undefined || operands.length === 0) {
    throw new UsageError(
      operands.length === 0 && last !== undefined && !isBusybox(p)
        ? `missing destination file operand after '${last}'`
        : 'missing file operand',
    );
  }
  const into = !options.has('T') && (folder !== undefined || isFolder(p, last));
  if (operands.length > 1 && !into)
    throw new UsageError(isBusybox(p) ? `'${last}' is not a directory` : `target '${last}' is not a directory`);
  return operands.map((source) => [source, into ? join(last, baseName(source)) : last]);
}

export const cp = program('cp', async (p) => {
  const options = parseOptions(p, 'rRaLPHpfindvt:Tus', {
    recursive: 'r',
    archive: 'a',
    preserve: 'p::',
    force: 'f',
    interactive: 'i',
    'no-clobber': 'n',
    verbose: 'v',
    'target-directory': 't',
    dereference: 'L',
    'no-dereference': 'P',
    'no-target-directory': 'T',
    parents: 'parents',
  });
  const recursive = options.has('r', 'R', 'a');
  let status = 0;
  for (const [from, to] of targets(p, options)) {
    if (options.has('n') && p.vfs.find(p, to, false)) continue;
    try {
      p.vfs.stat(p, from, false);
      const [source, target] = [p.vfs.find(p, from)?.node, p.vfs.find(p, to)?.node];
      if (source && source === target && source.kind !== 'dir')
        throw new UsageError(`'${from}' and '${to}' are the same file`);
    } catch (error) {
      if (error instanceof UsageError) await p.print(2, `cp: ${error.message}\n`);
      else if (isSysError(error))
        await p.print(
          2,
          isBusybox(p)
            ? `cp: can't stat '${from}': ${error.message}\n`
            : `cp: cannot stat '${from}': ${error.message}\n`,
        );
      else throw error;
      status = 1;
      continue;
    }
    try {
      await copyTree(p, from, to, {
        recursive,
        keepLinks: options.has('a', 'd', 'P') || (recursive && !options.has('L', 'H')),
        preserve: options.has('a', 'p'),
        onSkip: async (path) => {
          status = 1;
          await p.print(
            2,
            isBusybox(p)
              ? `cp: omitting directory '${path}'\n`
              : `cp: -r not specified; omitting directory '${path}'\n`,
          );
        },
      });
      if (options.has('v')) await p.print(1, `'${from}' -> '${to}'\n`);
    } catch (error) {
      if (!isSysError(error)) throw error;
      status = 1;
      const reading = error.code === 'EACCES' && p.vfs.find(p, to) === undefined && !p.vfs.find(p, from);
      await p.print(
        2,
        isBusybox(p)
          ? `cp: can't ${reading ? 'open' : 'create'} '${reading ? from : to}': ${error.message}\n`
          : `cp: cannot create regular file '${to}': ${error.message}\n`,
      );
    }
  }
  return status;
});

export const mv = program('mv', async (p) => {
  const options = parseOptions(p, 'finvt:Tu', {
    force: 'f',
    interactive: 'i',
    'no-clobber': 'n',
    verbose: 'v',
    'target-directory': 't',
    'no-target-directory': 'T',
  });
  let status = 0;
  for (const [from, to] of targets(p, options)) {
    try {
      if (options.has('n') && p.vfs.find(p, to, false)) continue;
      p.vfs.stat(p, from, false);
      try {
        p.vfs.rename(p, from, to);
      } catch (error) {
        if (!isSysError(error, 'EXDEV')) throw error;
        await copyTree(p, from, to, { recursive: true, keepLinks: true, preserve: true, onSkip: async () => {} });
        await removeTree(p, from);
      }
      if (options.has('v')) await p.print(1, `renamed '${from}' -> '${to}'\n`);
    } catch (error) {
      if (!isSysError(error)) throw error;
      status = 1;
      const missing = error.code === 'ENOENT' && !p.vfs.find(p, from, false);
      const gnu = missing ? `cannot stat '${from}'` : `cannot move '${from}' to '${to}'`;
      await p.print(2, `mv: ${isBusybox(p) ? `can't rename '${from}'` : gnu}: ${error.message}\n`);
    }
  }
  return status;
});
