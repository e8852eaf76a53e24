import { baseName, eachFile, isFolder, join } from '../lib/files.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';

export const ln = program('ln', async (p) => {
  const options = parseOptions(p, 'sfnvTi', { symbolic: 's', force: 'f', 'no-dereference': 'n', verbose: 'v' });
  const sources = [...options.operands];
  const last = sources.length > 1 ? sources.pop() : '.';
  if (last === undefined || sources.length === 0) throw new UsageError('missing file operand');
  const into = isFolder(p, last) && !options.has('n', 'T');
  return eachFile(
    p,
    sources,
    (source) => {
      const target = into ? join(last, baseName(source)) : last;
      if (options.has('f') && p.vfs.find(p, target, false)) p.vfs.unlink(p, target);
      if (options.has('s')) p.vfs.symlink(p, source, target);
      else p.vfs.link(p, source, target);
    },
    (source, error) => {
      const target = into ? join(last, baseName(source)) : last;
      if (isBusybox(p)) return `${target}: ${error.message}`;
      return `failed to create ${options.has('s') ? 'symbolic' : 'hard'} link '${target}': ${error.message}`;
    },
  );
});

export const link = program('link', (p) => {
  const [from, to] = p.args;
  if (from === undefined || to === undefined) throw new UsageError('missing operand');
  p.vfs.link(p, from, to);
  return 0;
});

export const readlink = program('readlink', async (p) => {
  const options = parseOptions(p, 'fnemqsvz', { canonicalize: 'f', 'no-newline': 'n' });
  const end = options.has('n') ? '' : '\n';
  let status = 0;
  for (const file of options.operands) {
    const place = p.vfs.find(p, file, false);
    if (options.has('f', 'e', 'm')) {
      const parent = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) || '/' : '.';
      const whole = p.vfs.find(p, file) ?? p.vfs.find(p, parent);
      if (!whole || (options.has('e') && !p.vfs.find(p, file))) status = 1;
      else await p.print(1, (p.vfs.find(p, file) ? whole.path : join(whole.path, baseName(file))) + end);
    } else if (place?.node.kind === 'link' || (place?.node.kind === 'device' && place.node.linkText !== undefined)) {
      await p.print(1, p.vfs.readlink(p, file) + end);
    } else status = 1;
  }
  return status;
});

export const realpath = program('realpath', async (p) => {
  const options = parseOptions(p, 'emsqz', {});
  return eachFile(
    p,
    options.operands,
    (file) => p.print(1, `${p.vfs.realpath(p, file)}\n`),
    (file, error) => `${file}: ${error.message}`,
  );
});
