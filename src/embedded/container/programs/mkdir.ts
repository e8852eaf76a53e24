import { isSysError } from '../kernel/errno.ts';
import { eachFile, isFolder } from '../lib/files.ts';
import { parseMode } from '../lib/mode.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';

export const mkdir = program('mkdir', async (p) => {
  const options = parseOptions(p, 'pm:v', { parents: 'p', mode: 'm', verbose: 'v' });
  if (options.operands.length === 0) throw new UsageError('missing operand');
  const mode = options.get('m');
  const make = (path: string) => {
    if (mode === undefined) return p.vfs.mkdir(p, path);
    p.vfs.mkdir(p, path);
    p.vfs.chmod(p, path, parseMode(mode, 0o777, true));
  };
  const words = (file: string, error: Error) =>
    isBusybox(p)
      ? `can't create directory '${file}': ${error.message}`
      : `cannot create directory '${file}': ${error.message}`;
  return eachFile(
    p,
    options.operands,
    async (path) => {
      if (!options.has('p')) return make(path);
      const parts = path.split('/');
      for (let i = 1; i <= parts.length; i++) {
        const part = parts.slice(0, i).join('/');
        if (part === '' || isFolder(p, part)) continue;
        try {
          if (i === parts.length) make(part);
          else p.vfs.mkdir(p, part);
        } catch (error) {
          if (!isSysError(error, 'EEXIST') || !isFolder(p, part)) throw error;
        }
      }
    },
    words,
  );
});

export const rmdir = program('rmdir', async (p) => {
  const options = parseOptions(p, 'pv', { parents: 'p', 'ignore-fail-on-non-empty': 'ignore' });
  if (options.operands.length === 0) throw new UsageError('missing operand');
  return eachFile(
    p,
    options.operands,
    (path) => {
      p.vfs.rmdir(p, path);
      if (!options.has('p')) return;
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
        p.vfs.rmdir(p, path.slice(0, at));
    },
    (file, error) => (isBusybox(p) ? `'${file}': ${error.message}` : `failed to remove '${file}': ${error.message}`),
  );
});
