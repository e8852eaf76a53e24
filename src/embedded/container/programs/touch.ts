import { eachFile } from '../lib/files.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';

export const touch = program('touch', async (p) => {
  const options = parseOptions(p, 'acmhd:t:r:', { 'no-create': 'c', date: 'd', reference: 'r' });
  if (options.operands.length === 0) throw new UsageError('missing file operand');
  const given = options.get('d');
  const reference = options.get('r');
  const stamp = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d\d))?$/.exec(options.get('t') ?? '');
  let time = p.container.clock.now();
  if (given !== undefined) time = given.startsWith('@') ? Number(given.slice(1)) * 1000 : Date.parse(given);
  else if (reference !== undefined) time = p.vfs.stat(p, reference).mtime;
  else if (stamp) {
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = stamp.slice(1).map((n) => Number(n ?? 0));
    time = Date.UTC(year, month - 1, day, hour, minute, second);
  }
  if (Number.isNaN(time)) throw new UsageError(`invalid date '${given}'`);
  return eachFile(
    p,
    options.operands,
    (file) => {
      if (!p.vfs.find(p, file)) {
        if (options.has('c')) return;
        p.vfs.open(p, file, { write: true, create: true }).ref().unref();
      }
      p.vfs.utimes(p, file, time);
    },
    (file, error) => (isBusybox(p) ? `${file}: ${error.message}` : `cannot touch '${file}': ${error.message}`),
  );
});

export const truncate = program('truncate', async (p) => {
  const options = parseOptions(p, 'cs:', { size: 's', 'no-create': 'c' });
  const match = /^([-+]?)(\d+)([KMG]?)B?$/.exec(options.get('s') ?? '');
  if (!match) throw new UsageError('you must specify a size');
  const size = Number(match[2]) * 1024 ** ['', 'K', 'M', 'G'].indexOf(match[3] ?? '');
  return eachFile(
    p,
    options.operands,
    (file) => {
      p.vfs
        .open(p, file, { write: true, create: !options.has('c') })
        .ref()
        .unref();
      const { node } = p.vfs.resolve(p, file);
      if (node.kind !== 'file') return;
      node.truncate(match[1] === '+' ? node.size + size : match[1] === '-' ? Math.max(0, node.size - size) : size);
    },
    (file, error) => `cannot open '${file}' for writing: ${error.message}`,
  );
});
