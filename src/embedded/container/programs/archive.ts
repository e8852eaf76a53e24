import { gunzipSync, gzipSync } from 'node:zlib';
import { isSysError, SysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { modeString } from '../lib/file-format.ts';
import { isFolder, join } from '../lib/files.ts';
import { eachInput } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';
import { entryHeader, readEntries, type TarEntry } from '../lib/tar-format.ts';

const MAX_UNPACKED = 64 * 1024 * 1024;

function unzip(data: Uint8Array): Buffer {
  try {
    return gunzipSync(data, { maxOutputLength: MAX_UNPACKED });
  } catch {
    throw new UsageError('invalid magic');
  }
}

/** tar, as `kubectl cp` and people use it: c, x, t with f, z, v, C. */
export const tar = program('tar', async (p) => {
  const args = /^[a-zA-Z]+$/.test(p.args[0] ?? '') ? [`-${p.args[0]}`, ...p.args.slice(1)] : p.args;
  const options = parseOptions(
    p,
    'cxtf:zvC:OmpPhjJkT:oa',
    {
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
    },
    { args },
  );
  const archive = options.get('f') ?? '-';
  const folder = options.get('C');
  const back = p.cwd;
  const enter = () => {
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
  };
  if (options.has('c')) {
    if (options.operands.length === 0) throw new UsageError('empty archive');
    const writer = new TarWriter(p, options.has('v') && archive !== '-', options.has('h'));
    const target = archive === '-' ? 1 : p.addFd(p.vfs.open(p, archive, { write: true, create: true, truncate: true }));
    enter();
    for (const path of options.operands) await writer.add(path);
    p.cwd = back;
    const packed = writer.finish();
    await p.write(target, options.has('z') || /\.t?gz$/.test(archive) ? gzipSync(packed) : packed);
    return writer.failed ? 1 : 0;
  }
  if (!options.has('x') && !options.has('t')) throw new UsageError('you must specify one of c, x, t');
  let data: Uint8Array;
  if (archive === '-') data = await p.readAll(0);
  else {
    try {
      data = p.vfs.readFile(p, archive);
    } catch (error) {
      if (!isSysError(error)) throw error;
      throw new UsageError(
        isBusybox(p) ? `can't open '${archive}': ${error.message}` : `${archive}: Cannot open: ${error.message}`,
      );
    }
  }
  if (data[0] === 0x1f && data[1] === 0x8b) data = unzip(data);
  enter();
  const strip = options.number('strip-components') ?? 0;
  for (const entry of readEntries(data)) {
    const turn = p.step(10);
    if (turn) await turn;
    const name = entry.name.replace(/^\/+/, '').split('/').slice(strip).join('/');
    if (name === '' || name.split('/').includes('..')) continue;
    if (
      options.operands.length > 0 &&
      !options.operands.some((o) => name === o || name.startsWith(`${o.replace(/\/$/, '')}/`))
    )
      continue;
    if (options.has('t')) await p.print(1, options.has('v') ? `${listing(entry)} ${name}\n` : `${name}\n`);
    else {
      if (options.has('v')) await p.print(1, `${name}\n`);
      await extract(p, entry, name, options.has('O'));
    }
  }
  p.cwd = back;
  return 0;
});

function listing(e: TarEntry): string {
  const mode = modeString({ kind: e.type === '5' ? 'dir' : e.type === '2' ? 'link' : 'file', mode: e.mode });
  return `${mode} ${e.uid}/${e.gid} ${String(e.content.length).padStart(9)} ${new Date(e.mtime * 1000).toISOString().slice(0, 16).replace('T', ' ')}`;
}

async function extract(p: Process, entry: TarEntry, name: string, toStdout: boolean): Promise<void> {
  if (toStdout) return p.write(1, entry.content);
  const clean = name.replace(/\/+$/, '');
  const parts = clean.split('/');
  for (let i = 1; i < parts.length; i++) {
    const folder = parts.slice(0, i).join('/');
    if (!isFolder(p, folder)) p.vfs.mkdir(p, folder);
  }
  if (entry.type === '5') {
    if (!isFolder(p, clean)) p.vfs.mkdir(p, clean, entry.mode);
    return;
  }
  if (p.vfs.find(p, clean, false) && !isFolder(p, clean)) p.vfs.unlink(p, clean);
  if (entry.type === '2') p.vfs.symlink(p, entry.link, clean);
  else if (entry.type === '1') p.vfs.link(p, entry.link, clean);
  else {
    p.vfs.writeFile(p, clean, entry.content, entry.mode & 0o777);
    p.vfs.utimes(p, clean, entry.mtime * 1000);
  }
}

class TarWriter {
  readonly #p: Process;
  readonly #verbose: boolean;
  readonly #follow: boolean;
  readonly #pieces: Uint8Array[] = [];
  failed = false;

  constructor(p: Process, verbose: boolean, follow: boolean) {
    this.#p = p;
    this.#verbose = verbose;
    this.#follow = follow;
  }

  async add(path: string): Promise<void> {
    const p = this.#p;
    const turn = p.step(10);
    if (turn) await turn;
    try {
      const stat = p.vfs.stat(p, path, this.#follow);
      const name = path.replace(/^\/+/, '');
      if (this.#verbose) await p.print(1, `${name}\n`);
      const facts = { mode: stat.mode, uid: stat.uid, gid: stat.gid, mtime: Math.floor(stat.mtime / 1000) };
      if (stat.kind === 'dir') {
        this.#push(entryHeader({ ...facts, name: `${name.replace(/\/$/, '')}/`, type: '5', size: 0, link: '' }));
        for (const child of p.vfs.readdir(p, path)) await this.add(join(path, child));
      } else if (stat.kind === 'link') {
        this.#push(entryHeader({ ...facts, name, type: '2', size: 0, link: p.vfs.readlink(p, path) }));
      } else {
        const content = await p.vfs.readFileSlowly(p, path);
        this.#push(entryHeader({ ...facts, name, type: '0', size: content.length, link: '' }));
        this.#push(content);
        this.#push(new Uint8Array((512 - (content.length % 512)) % 512));
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

  #push(piece: Uint8Array): void {
    this.#p.charge(piece.length);
    this.#pieces.push(piece);
  }

  finish(): Uint8Array {
    this.#push(new Uint8Array(1024));
    return Buffer.concat(this.#pieces);
  }
}

export const gzip = program('gzip', async (p) => {
  const options = parseOptions(p, 'cdkfqv123456789', { stdout: 'c', decompress: 'd', keep: 'k', force: 'f' });
  const unpack = options.has('d');
  if (options.operands.length === 0) {
    const data = await p.readAll(0);
    await p.write(1, unpack ? unzip(data) : gzipSync(data));
    return 0;
  }
  for (const file of options.operands) {
    const data = await p.vfs.readFileSlowly(p, file);
    const result = unpack ? unzip(data) : gzipSync(data);
    if (options.has('c')) await p.write(1, result);
    else {
      p.vfs.writeFile(p, unpack ? file.replace(/\.gz$/, '') : `${file}.gz`, result);
      if (!options.has('k')) p.vfs.unlink(p, file);
    }
  }
  return 0;
});

export const gunzip = program('gunzip', (p) => {
  p.argv = ['gunzip', '-d', ...p.args];
  return gzip.run(p);
});

export const zcat = program('zcat', (p) =>
  eachInput(p, p.args, async (fd) => {
    await p.write(1, unzip(await p.readAll(fd)));
  }),
);
