import { baseName } from '../lib/files.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';

export const basename = program('basename', async (p) => {
  const options = parseOptions(p, 'as:z', { multiple: 'a', suffix: 's' }, { stop: true });
  const [first, second] = options.operands;
  if (first === undefined) throw new UsageError('missing operand');
  const many = options.has('a', 's');
  const suffix = options.get('s') ?? (many ? undefined : second);
  for (const path of many ? options.operands : [first]) {
    let name = baseName(path);
    if (suffix && name !== suffix && name.endsWith(suffix)) name = name.slice(0, -suffix.length);
    await p.print(1, `${name}\n`);
  }
  return 0;
});

export const dirname = program('dirname', async (p) => {
  if (p.args.length === 0) throw new UsageError('missing operand');
  for (const path of p.args) {
    const clean = path.replace(/(.)\/+$/, '$1');
    const at = clean.lastIndexOf('/');
    await p.print(1, `${at < 0 ? '.' : at === 0 ? '/' : clean.slice(0, at).replace(/(.)\/+$/, '$1')}\n`);
  }
  return 0;
});

export const pwd = program('pwd', async (p) => {
  await p.print(1, `${p.args.includes('-P') ? p.vfs.realpath(p, p.cwd) : p.cwd}\n`);
  return 0;
});

export const mktemp = program('mktemp', async (p) => {
  const options = parseOptions(p, 'dqtup:', { directory: 'd', quiet: 'q', tmpdir: 'p' });
  const template = options.operands[0] ?? (p.flavor === 'busybox' ? 'tmp.XXXXXX' : 'tmp.XXXXXXXXXX');
  if (!/XXX/.test(template)) throw new UsageError(`too few X's in template '${template}'`);
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const random = () => letters[Math.floor(Math.random() * letters.length)] ?? 'x';
  const name = template.replace(/X+$/, (x) => Array.from(x, random).join(''));
  const inTmp = options.operands.length === 0 || options.has('t', 'p');
  const path = inTmp && !name.startsWith('/') ? `${options.get('p') || p.env.get('TMPDIR') || '/tmp'}/${name}` : name;
  if (options.has('u')) await p.print(1, `${path}\n`);
  else {
    if (options.has('d')) p.vfs.mkdir(p, path, 0o700);
    else p.vfs.open(p, path, { write: true, create: true, exclusive: true, mode: 0o600 }).ref().unref();
    await p.print(1, `${path}\n`);
  }
  return 0;
});

export const which = program('which', async (p) => {
  let status = 0;
  for (const name of p.args.filter((a) => !a.startsWith('-'))) {
    const candidates = name.includes('/') ? [name] : (p.env.get('PATH') ?? '').split(':').map((f) => `${f}/${name}`);
    const found = candidates.find((c) => {
      const node = p.vfs.find(p, c)?.node;
      return node?.kind === 'file' && p.vfs.may(p, node, 1);
    });
    if (found === undefined) status = 1;
    else await p.print(1, `${found}\n`);
  }
  return status;
});
