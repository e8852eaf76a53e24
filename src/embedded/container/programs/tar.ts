/** tar, as `kubectl cp` and people use it: c, x, t with f, z, v, C. What archives look like is modern-tar's. */
import { gzipSync } from 'node:zlib';
import { type ParsedTarEntryWithData, packTar, type TarEntry, type TarHeader, unpackTar } from 'modern-tar';
import { isSysError, SysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { modeString } from '../lib/file-format.ts';
import { isFolder, join } from '../lib/files.ts';
import { type Options, parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';
import { unzip } from './gzip.ts';

const shortOptions = 'cxtf:zvC:OmpPhjJkT:oa';
const longOptions = {
  create: 'c',
  extract: 'x',
  list: 't',
  file: 'f',
  gzip: 'z',
  verbose: 'v',
  directory: 'C',
  'to-stdout': 'O',
  exclude: 'exclude:',
  'strip-components': 'strip-components:',
  'no-same-owner': 'o',
  touch: 'm',
  'no-same-permissions': 'no-same-permissions',
  overwrite: 'overwrite',
  warning: 'warning:',
};

export const tar = program('tar', async (p) => {
  const args = /^[a-zA-Z]+$/.test(p.args[0] ?? '') ? [`-${p.args[0]}`, ...p.args.slice(1)] : p.args;
  const options = parseOptions(p, shortOptions, longOptions, { args });
  if (options.has('c')) return create(p, options);
  if (options.has('x') || options.has('t')) return unpack(p, options);
  throw new UsageError('you must specify one of c, x, t');
});

/** Goes to the folder of `-C`. */
function enter(p: Process, options: Options): void {
  const folder = options.get('C');
  if (folder === undefined) return;
  const place = p.vfs.find(p, folder);
  if (place?.node.kind !== 'dir') {
    const reason = new SysError(place ? 'ENOTDIR' : 'ENOENT').message;
    throw new UsageError(
      isBusybox(p)
        ? `can't change directory to '${folder}': ${reason}`
        : `${folder}: Cannot open: ${reason}\ntar: Error is not recoverable: exiting now`,
      isBusybox(p) ? 1 : 2,
    );
  }
  p.cwd = place.path;
}

async function create(p: Process, options: Options): Promise<number> {
  if (options.operands.length === 0) throw new UsageError('empty archive');
  const archive = options.get('f') ?? '-';
  const target = archive === '-' ? 1 : p.addFd(p.vfs.open(p, archive, { write: true, create: true, truncate: true }));
  enter(p, options);
  const collected = new Collector(p, options.has('v') && archive !== '-', options.has('h'));
  for (const path of options.operands) await collected.add(path);
  const packed = await p.until(packTar(collected.entries));
  await p.write(target, options.has('z') || /\.t?gz$/.test(archive) ? gzipSync(packed) : packed);
  return collected.failed ? 1 : 0;
}

/** What goes into an archive. */
class Collector {
  readonly #p: Process;
  readonly #verbose: boolean;
  readonly #follow: boolean;
  readonly entries: TarEntry[] = [];
  failed = false;

  constructor(p: Process, verbose: boolean, follow: boolean) {
    this.#p = p;
    this.#verbose = verbose;
    this.#follow = follow;
  }

  /** A file, link, or folder with all that is in it; what can't be read is complained about. */
  async add(path: string): Promise<void> {
    const p = this.#p;
    const turn = p.step(10);
    if (turn) await turn;
    try {
      const stat = p.vfs.stat(p, path, this.#follow);
      const name = path.replace(/^\/+/, '');
      if (this.#verbose) await p.print(1, `${name}\n`);
      const facts = { mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, mtime: new Date(stat.mtime), size: 0 };
      if (stat.kind === 'dir') {
        this.#push({ ...facts, name: `${name.replace(/\/$/, '')}/`, type: 'directory' });
        for (const child of p.vfs.readdir(p, path)) await this.add(join(path, child));
      } else if (stat.kind === 'link') {
        this.#push({ ...facts, name, type: 'symlink', linkname: p.vfs.readlink(p, path) });
      } else {
        const content = await p.vfs.readFileSlowly(p, path);
        this.#push({ ...facts, name, type: 'file', size: content.length }, content);
      }
    } catch (error) {
      if (!isSysError(error)) throw error;
      this.failed = true;
      await p.print(
        2,
        isBusybox(p) ? `tar: ${path}: ${error.message}\n` : `tar: ${path}: Cannot stat: ${error.message}\n`,
      );
    }
  }

  #push(header: TarHeader, content: Uint8Array = new Uint8Array()): void {
    // Its header and what fills its last block.
    this.#p.charge(1024 + content.length);
    this.entries.push({ header, body: content });
  }
}

async function unpack(p: Process, options: Options): Promise<number> {
  const entries = await entriesOf(p, await readArchive(p, options.get('f') ?? '-'));
  enter(p, options);
  const strip = options.number('strip-components') ?? 0;
  const wanted = options.operands.map((operand) => operand.replace(/\/$/, ''));
  for (const entry of entries) {
    const turn = p.step(10);
    if (turn) await turn;
    const name = entry.header.name.replace(/^\/+/, '').split('/').slice(strip).join('/');
    if (name === '' || name.split('/').includes('..')) continue;
    if (wanted.length > 0 && !wanted.some((path) => name === path || name.startsWith(`${path}/`))) continue;
    if (options.has('t')) await p.print(1, options.has('v') ? `${listing(entry.header)} ${name}\n` : `${name}\n`);
    else {
      if (options.has('v')) await p.print(1, `${name}\n`);
      if (options.has('O')) await p.write(1, entry.data ?? new Uint8Array());
      else extract(p, entry, name);
    }
  }
  return 0;
}

async function readArchive(p: Process, archive: string): Promise<Uint8Array> {
  if (archive === '-') return p.readAll(0);
  try {
    return p.vfs.readFile(p, archive);
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new UsageError(
      isBusybox(p) ? `can't open '${archive}': ${error.message}` : `${archive}: Cannot open: ${error.message}`,
    );
  }
}

/** The entries of an archive, in order. Broken rests are left out. */
async function entriesOf(p: Process, packed: Uint8Array): Promise<ParsedTarEntryWithData[]> {
  const data = packed[0] === 0x1f && packed[1] === 0x8b ? unzip(packed) : packed;
  // Contents are copied.
  p.charge(data.length);
  return p.until(
    unpackTar(data).catch((error: Error) => {
      throw new UsageError(error.message);
    }),
  );
}

function listing({ type, mode = 0, uid = 0, gid = 0, size, mtime = new Date(0) }: TarHeader): string {
  const kind = type === 'directory' ? 'dir' : type === 'symlink' ? 'link' : 'file';
  const time = mtime.toISOString().slice(0, 16).replace('T', ' ');
  return `${modeString({ kind, mode })} ${uid}/${gid} ${String(size).padStart(9)} ${time}`;
}

function extract(p: Process, { header, data }: ParsedTarEntryWithData, name: string): void {
  const clean = name.replace(/\/+$/, '');
  const parts = clean.split('/');
  for (let i = 1; i < parts.length; i++) {
    const folder = parts.slice(0, i).join('/');
    if (!isFolder(p, folder)) p.vfs.mkdir(p, folder);
  }
  const { type, linkname = '', mode, mtime } = header;
  if (type === 'directory') {
    if (!isFolder(p, clean)) p.vfs.mkdir(p, clean, mode);
    return;
  }
  if (p.vfs.find(p, clean, false) && !isFolder(p, clean)) p.vfs.unlink(p, clean);
  if (type === 'symlink') p.vfs.symlink(p, linkname, clean);
  else if (type === 'link') p.vfs.link(p, linkname, clean);
  else {
    p.vfs.writeFile(p, clean, data ?? new Uint8Array(), (mode ?? 0o644) & 0o777);
    if (mtime) p.vfs.utimes(p, clean, mtime.getTime());
  }
}
