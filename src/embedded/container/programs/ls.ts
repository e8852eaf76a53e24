import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import type { FileStat } from '../kernel/vfs.ts';
import { humanSize, listTime, modeString } from '../lib/file-format.ts';
import { Output } from '../lib/io.ts';
import { type Options, parseOptions } from '../lib/options.ts';
import { isBusybox, program } from '../lib/program.ts';
import { groupName, userName } from '../lib/users.ts';

interface Entry {
  name: string;
  path: string;
  stat: FileStat;
}

export const ls = program('ls', async (p) => {
  const options = parseOptions(p, '1aAldRrtShnFpiLHsCxkuUgGovXw:', {
    all: 'a',
    'almost-all': 'A',
    directory: 'd',
    recursive: 'R',
    reverse: 'r',
    'human-readable': 'h',
    color: 'color::',
    'full-time': 'full-time',
    'numeric-uid-gid': 'n',
    size: 's',
    'time-style': 'time-style:',
  });
  const out = new Output(p);
  let status = 0;
  const complain = async (file: string, error: Error) => {
    await out.flush();
    const gnu = `ls: cannot ${isSysError(error, 'EACCES') ? 'open directory' : 'access'} '${file}': ${error.message}\n`;
    await p.print(2, isBusybox(p) ? `ls: ${file}: ${error.message}\n` : gnu);
    status = isBusybox(p) ? 1 : 2;
  };
  const files: Entry[] = [];
  const folders: Entry[] = [];
  const operands = options.operands.length > 0 ? options.operands : ['.'];
  for (const path of operands) {
    try {
      const follow = !options.has('l', 'd') || options.has('L') || path.endsWith('/');
      const stat = p.vfs.find(p, path) ? p.vfs.stat(p, path, follow) : p.vfs.stat(p, path, false);
      (stat.kind === 'dir' && !options.has('d') ? folders : files).push({ name: path, path, stat });
    } catch (error) {
      if (!isSysError(error)) throw error;
      await complain(path, error);
    }
  }
  if (files.length > 0) await print(p, out, sort(files, options), options);
  let first = files.length === 0;
  const list = async (folder: Entry): Promise<void> => {
    let entries: Entry[];
    try {
      entries = read(p, folder.path, options);
    } catch (error) {
      if (!isSysError(error)) throw error;
      return complain(folder.path, error);
    }
    if (operands.length > 1 || options.has('R')) {
      await out.write(`${first ? '' : '\n'}${folder.path}:\n`);
      first = false;
    }
    if (options.has('l', 's', 'n', 'g', 'o')) {
      const blocks = entries.reduce((sum, e) => sum + blocksOf(e.stat), 0);
      await out.write(`total ${options.has('h') ? humanSize(blocks * 1024) : blocks}\n`);
    }
    await print(p, out, entries, options);
    if (!options.has('R')) return;
    for (const e of entries) if (e.stat.kind === 'dir' && e.name !== '.' && e.name !== '..') await list(e);
  };
  for (const folder of sort(folders, options)) await list(folder);
  await out.flush();
  return status;
});

function read(p: Process, path: string, options: Options): Entry[] {
  const names = p.vfs.readdir(p, path).filter((n) => options.has('a', 'A') || !n.startsWith('.'));
  if (options.has('a')) names.unshift('.', '..');
  const entries: Entry[] = [];
  for (const name of names) {
    const full = path.endsWith('/') ? path + name : `${path}/${name}`;
    const place = (options.has('L') ? p.vfs.find(p, full) : undefined) ?? p.vfs.find(p, full, false);
    if (place) entries.push({ name, path: full, stat: p.vfs.stat(p, full, place.node.kind !== 'link') });
  }
  return sort(entries, options);
}

function sort(entries: Entry[], options: Options): Entry[] {
  const byName = (a: Entry, b: Entry) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const sorted = [...entries];
  if (!options.has('U')) {
    sorted.sort((a, b) => {
      if (options.has('t') && a.stat.mtime !== b.stat.mtime) return b.stat.mtime - a.stat.mtime;
      if (options.has('S') && a.stat.size !== b.stat.size) return b.stat.size - a.stat.size;
      return byName(a, b);
    });
  }
  return options.has('r') ? sorted.reverse() : sorted;
}

function blocksOf(stat: FileStat): number {
  return stat.kind === 'dir' ? 4 : stat.kind === 'file' ? Math.ceil(stat.size / 4096) * 4 : 0;
}

function decorated(entry: Entry, options: Options): string {
  const { kind, mode } = entry.stat;
  if (kind === 'dir' && options.has('F', 'p')) return `${entry.name}/`;
  if (!options.has('F')) return entry.name;
  if (kind === 'link') return options.has('l') ? entry.name : `${entry.name}@`;
  return kind === 'file' && mode & 0o111 ? `${entry.name}*` : entry.name;
}

async function print(p: Process, out: Output, entries: Entry[], options: Options): Promise<void> {
  if (options.has('l', 'n', 'g', 'o', 'full-time')) return printLong(p, out, entries, options);
  const names = entries.map((e) => {
    const prefix = options.has('i')
      ? `${e.stat.ino} `
      : options.has('s')
        ? `${String(blocksOf(e.stat)).padStart(4)} `
        : '';
    return prefix + decorated(e, options);
  });
  const width = p.fds.get(1)?.isTty ? (p.tty?.columns ?? 80) : 0;
  if (width === 0 || options.has('1')) {
    for (const name of names) await out.write(`${name}\n`);
    return;
  }
  const column = Math.max(...names.map((n) => n.length), 0) + 2;
  const columns = Math.max(1, Math.floor(width / column));
  const rows = Math.ceil(names.length / columns);
  for (let row = 0; row < rows; row++) {
    const cells = names.filter((_, i) => i % rows === row);
    await out.write(`${cells.map((c, i) => (i === cells.length - 1 ? c : c.padEnd(column))).join('')}\n`);
  }
}

async function printLong(p: Process, out: Output, entries: Entry[], options: Options): Promise<void> {
  const busybox = isBusybox(p);
  const numeric = options.has('n');
  const rows = entries.map((e) => {
    const { stat } = e;
    const device = stat.node.kind === 'device' && stat.node.linkText === undefined ? stat.node : undefined;
    const link =
      stat.kind === 'link' || (stat.node.kind === 'device' && !device) ? ` -> ${p.vfs.readlink(p, e.path)}` : '';
    return {
      mode: modeString(stat),
      links: String(stat.nlink),
      user: numeric ? String(stat.uid) : (userName(p, stat.uid) ?? String(stat.uid)),
      group: numeric ? String(stat.gid) : (groupName(p, stat.gid) ?? String(stat.gid)),
      size: device
        ? `${device.major}, ${String(device.minor).padStart(busybox ? 3 : 1)}`
        : options.has('h')
          ? humanSize(stat.size)
          : String(stat.size),
      time: listTime(stat.mtime, p.container.clock.now(), options.has('full-time')),
      name: decorated(e, options) + link,
    };
  });
  const width = (key: 'links' | 'user' | 'group' | 'size') => Math.max(0, ...rows.map((r) => r[key].length));
  for (const r of rows) {
    // busybox has fixed columns, GNU makes them as wide as needed.
    const cells = busybox
      ? [r.mode, r.links.padStart(4), r.user.padEnd(8), r.group.padEnd(8), r.size.padStart(9)]
      : [
          r.mode,
          r.links.padStart(width('links')),
          r.user.padEnd(width('user')),
          r.group.padEnd(width('group')),
          r.size.padStart(width('size')),
        ];
    await out.write(`${cells.join(' ')} ${r.time} ${r.name}\n`);
  }
}
