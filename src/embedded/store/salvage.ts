/** What can still be read of a damaged write-ahead log. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, entryOf, type Line, snapshotName } from './log.ts';
import type { StoreContent, StoredEntry } from './store.ts';

export interface Salvaged {
  content: StoreContent;
  /** Records that were read, and that could not be. */
  read: number;
  lost: number;
}

/** Reads every record that is whole, whatever is before it; nothing is changed. */
export function salvage(folder: string): Salvaged {
  const objects = new Map<string, StoredEntry>();
  let [revision, read, lost, firstSegment] = [1, 0, 0, 0];
  const each = (file: string, use: (line: Line) => void) => {
    for (const bytes of linesOf(file)) {
      const line = decode(bytes);
      if (line) use(line);
      if (line) read++;
      else lost++;
    }
  };
  each(join(folder, snapshotName), (line) => {
    revision = line.r;
    firstSegment = line.s ?? firstSegment;
    if (line.o) objects.set(`${line.b} ${line.i}`, entryOf(line, line.o));
  });
  for (const segment of segmentsOf(folder)) {
    if (segment < firstSegment) continue;
    each(join(folder, `log-${segment}`), (line) => {
      if (line.r <= revision) return;
      revision = line.r;
      const key = `${line.b} ${line.i}`;
      if (line.o) objects.set(key, entryOf(line, line.o, objects.get(key)));
      else objects.delete(key);
    });
  }
  return { content: { revision, objects: [...objects.values()] }, read, lost };
}

/** The newest revision that can be read; undefined: the log does not even begin with a record, as each one does. */
export function lastRevision(folder: string): number | undefined {
  const files = [snapshotName, ...segmentsOf(folder).map((segment) => `log-${segment}`)];
  const revisions = files.flatMap((name) => {
    const lines = [...linesOf(join(folder, name))];
    if (lines[0] === undefined || decode(lines[0]) === undefined) return [];
    const last = lines.findLast((line) => decode(line) !== undefined);
    return [(last && decode(last)?.r) ?? 0];
  });
  return revisions.length === 0 ? undefined : Math.max(...revisions);
}

/** The numbers of the segments, in order. */
function segmentsOf(folder: string): number[] {
  return readdirOf(folder)
    .filter((name) => /^log-\d+$/.test(name))
    .map((name) => Number(name.slice(4)))
    .sort((a, b) => a - b);
}

function readdirOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** What is between line ends; empty if there is no such file. */
function* linesOf(file: string): Generator<Buffer> {
  let data: Buffer;
  try {
    data = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  for (let at = 0; at < data.length; ) {
    const end = data.indexOf(10, at);
    const next = end < 0 ? data.length : end;
    yield data.subarray(at, next);
    at = next + 1;
  }
}
