import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseTar } from 'nanotar';
import { Measure, mostBytes, refused, tooLarge } from './limits.ts';

const block = 512;

/**
 * Unpacks a .tgz into a folder; `file` is what errors call it. Refused, before anything is written: names that lead out of it, links and devices, and
 * more than a pack can need.
 */
export async function unpackTarball(path: string, into: string, file = path): Promise<void> {
  if ((await stat(path)).size > mostBytes) throw tooLarge(file);
  const tar = gunzipped(file, await readFile(path));
  const names = namesIn(file, tar);
  for (const name of names) if (leadsOut(name)) throw refused(file, `${JSON.stringify(name)} leads out of the folder`);
  const entries = parseTar(tar).filter((entry) => entry.type !== 'directory');
  const measure = new Measure(file);
  // File systems differ in what they take for the same name.
  const seen = new Set<string>();
  for (const { name, type, size, attrs } of entries) {
    if (type !== 'file') throw refused(file, `${name} is ${/link/i.test(String(type)) ? 'a link' : `a ${type}`}`);
    // Long names stand in a header of their own.
    const long = (attrs as { path?: string } | undefined)?.path;
    if (long !== undefined && leadsOut(long)) throw refused(file, `${JSON.stringify(long)} leads out of the folder`);
    const folded = (long ?? name).normalize('NFKC').toLowerCase().replace(/^\.\//, '');
    if (seen.has(folded)) throw refused(file, `${JSON.stringify(name)} stands in it twice, or in capitals, too`);
    seen.add(folded);
    measure.add(size);
  }
  for (const { name, data } of entries) {
    const path = join(into, name);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(path, data ?? '', { mode: 0o600 });
    } catch (cause) {
      throw refused(file, `${name} cannot be written: ${(cause as Error).message}`, { cause });
    }
  }
}

function gunzipped(file: string, compressed: Uint8Array): Uint8Array {
  try {
    // As its own memory: nanotar reads all of the buffer that it is given a part of.
    return new Uint8Array(gunzipSync(compressed, { maxOutputLength: 2 * mostBytes }));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(file);
    throw refused(file, `it is no .tgz: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The names as they stand in the headers: nanotar gives only what it made of them. What it would read past is refused
 * here, too: an archive that is cut off, and names whose beginning stands in ustar's prefix.
 */
function namesIn(file: string, tar: Uint8Array): string[] {
  const text = (offset: number, length: number) =>
    Buffer.from(tar.subarray(offset, offset + length))
      .toString('utf8')
      .split('\0', 1)[0] ?? '';
  const names: string[] = [];
  let offset = 0;
  while (offset + block <= tar.length && tar[offset] !== 0) {
    const name = text(offset, 100);
    const size = Number.parseInt(text(offset + 124, 12).trim() || '0', 8);
    const end = offset + block + Math.ceil(size / block) * block;
    if (!(size >= 0) || end > tar.length) throw refused(file, 'it is damaged, or no tar archive');
    if (text(offset + 257, 6) === 'ustar' && text(offset + 345, 155) !== '') {
      throw refused(file, `the name of ${name} is too long for it`);
    }
    names.push(name);
    offset = end;
  }
  if (names.length === 0) throw refused(file, 'it is empty, or no tar archive');
  return names;
}

function leadsOut(name: string): boolean {
  return name.startsWith('/') || name.includes('\\') || name.split('/').includes('..');
}
