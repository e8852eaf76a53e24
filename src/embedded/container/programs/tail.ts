import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { cannotOpen, eachInput } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program } from '../lib/program.ts';
import { oldStyleCount, parseCount } from './head.ts';

const NEWLINE = 10;

export const tail = program('tail', async (p) => {
  const args = oldStyleCount(p.args).map((arg, i) => (i === 0 && /^\+\d+$/.test(arg) ? `-n${arg}` : arg));
  const options = parseOptions(
    p,
    'n:c:fFqvs:',
    {
      lines: 'n',
      bytes: 'c',
      follow: 'f::',
      quiet: 'q',
      retry: 'retry',
      pid: 'pid:',
      verbose: 'v',
      'sleep-interval': 's',
    },
    { args },
  );
  const bytes = options.get('c');
  const { sign, count } = parseCount(bytes ?? options.get('n') ?? '10');
  const files = options.operands;
  const titled = options.has('v') || (files.length > 1 && !options.has('q'));
  let last: string | undefined;
  const title = async (name: string) => {
    if (titled && last !== name)
      await p.print(1, `${last === undefined ? '' : '\n'}==> ${name === '-' ? 'standard input' : name} <==\n`);
    last = name;
  };
  const follow = options.has('f', 'F');
  if (!follow || files.length === 0 || (files.length === 1 && files[0] === '-')) {
    return eachInput(p, files, async (fd, name) => {
      await title(name);
      await print(p, fd, sign, count, bytes !== undefined);
      if (!follow) return;
      for (let data = await p.read(fd); data.length > 0; data = await p.read(fd)) await p.write(1, data);
    });
  }
  const interval = (Number(options.get('s') ?? 1) || 1) * 1000;
  const followed: { name: string; fd: number | undefined; node: unknown; complained: boolean }[] = [];
  let status = 0;
  for (const name of files) {
    const entry = { name, fd: undefined as number | undefined, node: undefined as unknown, complained: false };
    followed.push(entry);
    try {
      const file = p.vfs.open(p, name, { read: true });
      entry.fd = p.addFd(file);
      entry.node = file.node;
      await title(name);
      await print(p, entry.fd, sign, count, bytes !== undefined);
    } catch (error) {
      if (!isSysError(error)) throw error;
      status = 1;
      entry.complained = true;
      await p.print(2, cannotOpen(p, name, error));
    }
  }
  if (!options.has('F') && followed.every((e) => e.fd === undefined)) {
    await p.print(2, isBusybox(p) ? 'tail: no files\n' : 'tail: no files remaining\n');
    return 1;
  }
  for (;;) {
    await p.sleep(interval);
    for (const entry of followed) {
      if (options.has('F')) reopen(p, entry);
      if (entry.fd === undefined) continue;
      const { node } = p.file(entry.fd);
      for (;;) {
        const data = await p.read(entry.fd);
        if (data.length === 0) break;
        await title(entry.name);
        await p.write(1, data);
      }
      // A file that was truncated begins anew.
      if (node?.kind === 'file') {
        const position = p.file(entry.fd).seek(Number.MAX_SAFE_INTEGER) && node.size;
        p.file(entry.fd).seek(position);
      }
    }
    if (p.status) return status;
  }
});

/** `-F`: another file has the name now. */
function reopen(p: Process, entry: { name: string; fd: number | undefined; node: unknown }): void {
  const place = p.vfs.find(p, entry.name);
  if (place?.node === entry.node) return;
  if (entry.fd !== undefined) p.setFd(entry.fd, undefined);
  entry.fd = undefined;
  entry.node = place?.node;
  if (place) entry.fd = p.addFd(p.vfs.open(p, entry.name, { read: true }));
}

async function print(p: Process, fd: number, sign: string, count: number, bytes: boolean): Promise<void> {
  if (sign === '+') return printFrom(p, fd, Math.max(0, count - 1), bytes);
  // Keeps only what may still be wanted: pieces before the last `count` lines or bytes are dropped.
  const kept: { data: Uint8Array; size: number }[] = [];
  let size = 0;
  let held = 0;
  let charged = 0;
  for (;;) {
    const data = await p.read(fd);
    if (data.length === 0) break;
    const own = bytes ? data.length : newlines(data);
    kept.push({ data, size: own });
    size += own;
    held += data.length;
    for (let first = kept[0]; first && size - first.size > count; first = kept[0]) {
      kept.shift();
      size -= first.size;
      held -= first.data.length;
    }
    if (held > charged) {
      p.charge(held - charged);
      charged = held;
    }
  }
  const rest = Buffer.concat(kept.map((k) => k.data));
  await p.write(1, rest.subarray(startOfTail(rest, count, bytes)));
}

function newlines(data: Uint8Array): number {
  let count = 0;
  for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

function startOfTail(data: Uint8Array, count: number, bytes: boolean): number {
  if (bytes) return Math.max(0, data.length - count);
  if (count === 0) return data.length;
  let seen = 0;
  for (let i = data.length - 2; i >= 0; i--) if (data[i] === NEWLINE && ++seen === count) return i + 1;
  return 0;
}

async function printFrom(p: Process, fd: number, skip: number, bytes: boolean): Promise<void> {
  let left = skip;
  for (;;) {
    const data = await p.read(fd);
    if (data.length === 0) return;
    let from = 0;
    if (bytes) {
      from = Math.min(left, data.length);
      left -= from;
    } else {
      while (left > 0 && from < data.length) if (data[from++] === NEWLINE) left--;
    }
    if (from < data.length) await p.write(1, data.subarray(from));
  }
}
