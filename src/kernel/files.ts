import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The content of a text file; undefined: there is none. Rejects where it can't be read. */
export async function readTextIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Readable by its owner only. */
const ownersOnly = 0o600;

/**
 * Writes a file so that whoever reads it, also after a crash, finds the old one or the new one; its folder is made if it
 * is not there. `mode` is for a file that others may read. Rejects with the error of the file system; the old one stays.
 */
export async function replaceFile(file: string, content: string, mode = ownersOnly): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const partial = partialOf(file);
  try {
    await writeFile(partial, content, { mode });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** `replaceFile` where nothing else may happen meanwhile. */
export function replaceFileSync(file: string, content: string | Uint8Array, mode = ownersOnly): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const partial = partialOf(file);
  try {
    writeFileSync(partial, content, { mode });
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

let count = 0;

/** Beside its place, since a rename does not leave a file system; no two writers, also of two processes, share one. */
function partialOf(file: string): string {
  return `${file}.${process.pid}-${++count}`;
}
