import { kernelRelease } from '../../node-facts.ts';
import type { Process } from '../kernel/process.ts';
import { humanSize } from '../lib/file-format.ts';
import { eachFile, join } from '../lib/files.ts';
import { Output } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program } from '../lib/program.ts';

export const uname = program('uname', async (p) => {
  const options = parseOptions(p, 'asnrvmpio', { all: 'a' });
  const values: [string, string][] = [
    ['s', 'Linux'],
    ['n', p.container.hostname],
    ['r', kernelRelease],
    ['v', '#1 SMP PREEMPT_DYNAMIC'],
    ['m', 'x86_64'],
    ['o', isBusybox(p) ? 'Linux' : 'GNU/Linux'],
  ];
  const wanted = options.has('a') ? values : values.filter(([f]) => options.has(f));
  await p.print(1, `${(wanted.length > 0 ? wanted : values.slice(0, 1)).map(([, v]) => v).join(' ')}\n`);
  return 0;
});

export const arch = program('arch', async (p) => {
  await p.print(1, 'x86_64\n');
  return 0;
});

export const nproc = program('nproc', async (p) => {
  // What every node has.
  await p.print(1, '4\n');
  return 0;
});

export const yes = program('yes', async (p) => {
  const line = `${p.args.length > 0 ? p.args.join(' ') : 'y'}\n`;
  const block = new TextEncoder().encode(line.repeat(Math.max(1, Math.floor(8192 / line.length))));
  for (;;) await p.write(1, block);
});

export const free = program('free', async (p) => {
  const options = parseOptions(p, 'bkmgh', { human: 'h' });
  const unit = options.has('b') ? 1 : options.has('m') ? 1024 ** 2 : options.has('g') ? 1024 ** 3 : 1024;
  const total = 8 * 1024 ** 3;
  const used = 1.5 * 1024 ** 3 + p.container.memory.used;
  const show = (n: number) => (options.has('h') ? humanSize(n) : String(Math.floor(n / unit))).padStart(11);
  await p.print(
    1,
    `              total        used        free      shared  buff/cache   available\nMem:   ${show(total)} ${show(used)} ${show(total - used - 1024 ** 3)} ${show(0)} ${show(1024 ** 3)} ${show(total - used)}\nSwap:  ${show(0)} ${show(0)} ${show(0)}\n`,
  );
  return 0;
});

export const uptime = program('uptime', async (p) => {
  const now = p.container.clock.now();
  const minutes = Math.floor((now - p.container.startedAt) / 60_000) + 60;
  await p.print(
    1,
    ` ${new Date(now).toISOString().slice(11, 19)} up ${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')},  0 users,  load average: 0.10, 0.08, 0.05\n`,
  );
  return 0;
});

const diskSize = 40 * 1024 ** 3;

export const df = program('df', async (p) => {
  const options = parseOptions(p, 'hkmTPai', { 'human-readable': 'h', 'print-type': 'T' });
  const mounts = [p.vfs.root, ...p.vfs.mounts.filter((m) => m.type !== 'proc' && m.type !== 'sysfs')];
  const chosen =
    options.operands.length > 0
      ? options.operands.map((path) => p.vfs.resolve(p, path).mount)
      : mounts.filter((m) => m.node.kind === 'dir' || m.path.startsWith('/etc'));
  const size = (bytes: number) =>
    options.has('h') ? humanSize(bytes) : String(Math.ceil(bytes / (options.has('m') ? 1024 ** 2 : 1024)));
  const rows = chosen.map((m) => {
    const total = m.size ?? (m.source === 'tmpfs' ? 4 * 1024 ** 3 : diskSize);
    const used = m.account?.used ?? (m.source === 'overlay' ? 8 * 1024 ** 3 : 0);
    const source = m.source === 'overlay' ? 'overlay' : m.source;
    return [source, size(total), size(used), size(total - used), `${Math.ceil((used / total) * 100)}%`, m.path];
  });
  await p.print(
    1,
    `${'Filesystem'.padEnd(22)}${options.has('h') ? '      Size      Used Available Use% Mounted on' : ' 1K-blocks      Used Available Use% Mounted on'}\n`,
  );
  for (const [source = '', total = '', used = '', left = '', share = '', path = ''] of rows) {
    const cells = [total, used, left].map((c) => c.padStart(9));
    await p.print(1, `${source.padEnd(20)} ${cells.join(' ')} ${share.padStart(4)} ${path}\n`);
  }
  return 0;
});

export const mount = program('mount', async (p) => {
  if (p.args.filter((a) => !a.startsWith('-')).length > 0) {
    await p.print(
      2,
      isBusybox(p)
        ? 'mount: permission denied (are you root?)\n'
        : `mount: ${p.args.at(-1)}: must be superuser to use mount.\n`,
    );
    return 1;
  }
  for (const m of [p.vfs.root, ...p.vfs.mounts]) {
    await p.print(1, `${m.source} on ${m.path} type ${m.type} (${m.readOnly ? 'ro' : 'rw'},relatime)\n`);
  }
  return 0;
});

interface Counting {
  report(path: string, bytes: number): Promise<void>;
  /** What a file counts as. */
  size(stat: { kind: string; size: number }): number;
  /** Down to which depth folders, and with `files` files, are reported. */
  depth: number;
  files: boolean;
}

async function usage(p: Process, path: string, counting: Counting, depth: number): Promise<number> {
  const turn = p.step(2);
  if (turn) await turn;
  const stat = p.vfs.stat(p, path, false);
  let total = counting.size(stat);
  const folder = stat.kind === 'dir';
  if (folder) for (const name of p.vfs.readdir(p, path)) total += await usage(p, join(path, name), counting, depth + 1);
  // What was asked for itself is reported in any case.
  if (depth === 0 || (depth <= counting.depth && (folder || counting.files))) await counting.report(path, total);
  return total;
}

export const du = program('du', async (p) => {
  const options = parseOptions(p, 'shakmcd:xb', {
    ...{ summarize: 's', 'human-readable': 'h', 'max-depth': 'd', total: 'c', all: 'a', bytes: 'b' },
    'apparent-size': 'apparent-size',
  });
  const out = new Output(p);
  const apparent = options.has('b', 'apparent-size');
  const unit = options.has('b') ? 1 : options.has('m') ? 1024 ** 2 : 1024;
  const counting: Counting = {
    report: (path, bytes) => out.write(`${options.has('h') ? humanSize(bytes) : Math.ceil(bytes / unit)}\t${path}\n`),
    size: ({ kind, size }) => (kind === 'dir' ? 4096 : apparent ? size : Math.ceil(size / 4096) * 4096),
    depth: options.has('s') ? 0 : (options.number('d') ?? Number.POSITIVE_INFINITY),
    files: options.has('a'),
  };
  let total = 0;
  const status = await eachFile(
    p,
    options.operands.length > 0 ? options.operands : ['.'],
    async (path) => {
      total += await usage(p, path, counting, 0);
    },
    (path, error) => (isBusybox(p) ? `${path}: ${error.message}` : `cannot access '${path}': ${error.message}`),
  );
  if (options.has('c')) await counting.report('total', total);
  await out.flush();
  return status;
});

export const clear = program('clear', async (p) => {
  await p.print(1, '\x1b[H\x1b[J');
  return 0;
});

export const tty = program('tty', async (p) => {
  const isTty = p.fds.get(0)?.isTty ?? false;
  await p.print(1, isTty ? '/dev/pts/0\n' : 'not a tty\n');
  return isTty ? 0 : 1;
});

export const stty = program('stty', async (p) => {
  const { tty: terminal } = p;
  if (!terminal || !p.fds.get(0)?.isTty) {
    await p.print(2, "stty: 'standard input': Inappropriate ioctl for device\n");
    return 1;
  }
  if (p.args[0] === 'size') await p.print(1, `${terminal.rows} ${terminal.columns}\n`);
  else if (p.args.length === 0 || p.args[0] === '-a')
    await p.print(1, `speed 38400 baud; rows ${terminal.rows}; columns ${terminal.columns};\n`);
  for (const arg of p.args) {
    if (arg === 'echo' || arg === '-echo') terminal.echo = arg === 'echo';
    if (arg === 'raw' || arg === '-icanon') terminal.raw = true;
    if (arg === 'sane' || arg === 'icanon') terminal.raw = false;
    if (arg === 'sane') terminal.echo = true;
  }
  return 0;
});

export const sync = program('sync', () => 0);
