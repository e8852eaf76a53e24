import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type ParsedTarEntryWithData, unpackTar } from 'modern-tar';
import { Measure, mostBytes, refused, tooLarge } from './limits.ts';

/**
 * Unpacks a .tgz into a folder; `file` is what errors call it. Refused, before anything is written: names that lead out of it, links and devices, and
 * more than a pack can need.
 */
export async function unpackTarball(path: string, into: string, file = path): Promise<void> {
  if ((await stat(path)).size > mostBytes) throw tooLarge(file);
  const entries = (await entriesOf(file, gunzipped(file, await readFile(path)))).filter(
    ({ header }) => header.type !== 'directory',
  );
  const measure = new Measure(file);
  // File systems differ in what they take for the same name.
  const seen = new Set<string>();
  for (const { header } of entries) {
    const { name, type = 'file', size } = header;
    if (type !== 'file')
      throw refused(file, `${name} is ${/link/.test(type) ? 'a link' : `a ${type.replace('-', ' ')}`}`);
    const folded = name.normalize('NFKC').toLowerCase().replace(/^\.\//, '');
    if (seen.has(folded)) throw refused(file, `${JSON.stringify(name)} stands in it twice, or in capitals, too`);
    seen.add(folded);
    measure.add(size);
  }
  for (const { header, data } of entries) {
    const { name } = header;
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
    return gunzipSync(compressed, { maxOutputLength: 2 * mostBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(file);
    throw refused(file, `it is no .tgz: ${(cause as Error).message}`, { cause });
  }
}

/** What an archive holds. Refused: one that is cut off or empty, and names that lead out of the folder. */
async function entriesOf(file: string, tar: Uint8Array): Promise<ParsedTarEntryWithData[]> {
  let entries: ParsedTarEntryWithData[];
  try {
    entries = await unpackTar(tar, { strict: true });
  } catch (cause) {
    throw refused(file, 'it is damaged, or no tar archive', { cause });
  }
  if (entries.length === 0) throw refused(file, 'it is empty, or no tar archive');
  const outside = entries.find(({ header }) => leadsOut(header.name));
  if (outside) throw refused(file, `${JSON.stringify(outside.header.name)} leads out of the folder`);
  return entries;
}

function leadsOut(name: string): boolean {
  return name.startsWith('/') || name.includes('\\') || name.split('/').includes('..');
}
