import { isSysError } from '../kernel/errno.ts';
import { baseName, eachFile, removeTree } from '../lib/files.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';

export const rm = program('rm', async (p) => {
  const options = parseOptions(p, 'rRfivd', {
    recursive: 'r',
    force: 'f',
    interactive: 'i',
    verbose: 'v',
    dir: 'd',
    'no-preserve-root': 'no-preserve-root',
  });
  const force = options.has('f');
  if (options.operands.length === 0) {
    if (force) return 0;
    throw new UsageError('missing operand');
  }
  const busybox = isBusybox(p);
  return eachFile(
    p,
    options.operands,
    async (path) => {
      if (/^\.\.?$/.test(baseName(path)))
        throw new UsageError(`refusing to remove '.' or '..' directory: skipping '${path}'`);
      const place = p.vfs.find(p, path, false);
      if (!place && force) return;
      const folder = p.vfs.stat(p, path, false).kind === 'dir';
      if (folder && !options.has('r', 'R', 'd')) {
        throw new UsageError(busybox ? `'${path}' is a directory` : `cannot remove '${path}': Is a directory`);
      }
      if (folder && place?.path === '/' && !options.has('no-preserve-root')) {
        throw new UsageError("it is dangerous to operate recursively on '/'");
      }
      if (options.has('r', 'R')) await removeTree(p, path);
      else if (folder) p.vfs.rmdir(p, path);
      else p.vfs.unlink(p, path);
      if (options.has('v')) await p.print(1, `removed '${path}'\n`);
    },
    (file, error) =>
      busybox ? `can't remove '${file}': ${error.message}` : `cannot remove '${file}': ${error.message}`,
  );
});

export const unlink = program('unlink', async (p) => {
  const [file] = p.args;
  if (file === undefined) throw new UsageError('missing operand');
  try {
    p.vfs.unlink(p, file);
    return 0;
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new UsageError(
      `${isBusybox(p) ? `can't remove file '${file}'` : `cannot unlink '${file}'`}: ${error.message}`,
    );
  }
});
