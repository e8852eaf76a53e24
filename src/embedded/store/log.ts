import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { EnvironmentError } from '../../kernel/errors.ts';
import type { Stored } from '../../kube/meta.ts';
import type { Journal, JournalRecord, StoreContent, StoredEntry } from './store.ts';

export interface LogOptions {
  /** A snapshot replaces the log once it is larger than this and than twice the last snapshot. Default 4 MiB. */
  snapshotBytes?: number;
  /** How long a write may stay in the page cache. Default 5 ms. */
  syncMs?: number;
}

/**
 * Revision, bucket, id, object; in a snapshot also the revision that an object is from and how often it was written, and
 * in a snapshot's first line the first segment that goes on from it.
 */
export type Line = { r: number; b: string; i: string; o?: Stored; c?: number; w?: number; s?: number };

export const snapshotName = 'snapshot';

/** What is in a log's files can't be what was written there. */
export class DamagedLogError extends EnvironmentError {}

/**
 * The write-ahead log of one store: a folder with segments `log-<n>` (one line a write: CRC-32, a space, JSON) and a
 * `snapshot` of the same lines. A record is in the file when `append` returns, so a killed process loses nothing;
 * fdatasync follows within milliseconds for all records of that time together.
 */
export class WriteAheadLog implements Journal {
  readonly #folder: string;
  readonly #options: Required<LogOptions>;
  #fd: number;
  #segment: number;
  #bytes: number;
  #lastSnapshotBytes = 0;
  #snapshotting: Promise<void> | undefined;
  #shrinking = false;
  #syncTimer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> | undefined;
  #dirty = false;
  #source: (() => StoreContent) | undefined;
  #failure: unknown;
  /** Counts `replace`: a snapshot that was begun before is none of what there is now. */
  #replaced = 0;

  private constructor(folder: string, segment: number, bytes: number, options: LogOptions) {
    this.#folder = folder;
    this.#options = { snapshotBytes: options.snapshotBytes ?? 4 << 20, syncMs: options.syncMs ?? 5 };
    this.#segment = segment;
    this.#bytes = bytes;
    this.#fd = openSync(this.#path(segment), 'a', 0o600);
  }

  /**
   * Opens or makes the log in `folder`. A torn record at the very end (the process died while it wrote) is cut off.
   * Throws a DamagedLogError with file and offset if anything before it is damaged.
   */
  static open(folder: string, options: LogOptions = {}): { log: WriteAheadLog; content: StoreContent } {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const ending of ['tmp', 'new']) rmSync(join(folder, `${snapshotName}.${ending}`), { force: true });
    const objects = new Map<string, StoredEntry>();
    const snapshot = readSnapshot(join(folder, snapshotName), objects);
    let { revision } = snapshot;
    const segments = readdirSync(folder)
      .filter((name) => /^log-\d+$/.test(name))
      .map((name) => Number(name.slice(4)))
      .filter((segment) => segment >= snapshot.segment)
      .sort((a, b) => a - b);
    if (snapshot.segment === 0 && segments[0] !== undefined && segments[0] > 1) {
      throw damaged(join(folder, snapshotName), 0, 'it is missing');
    }
    let bytes = 0;
    for (const segment of segments) {
      const file = join(folder, `log-${segment}`);
      const last = segment === segments.at(-1);
      bytes = readLines(file, last, (line, offset) => {
        if (line.r <= revision) return;
        if (line.r !== revision + 1) throw damaged(file, offset, `revision ${revision + 1} is missing`);
        revision = line.r;
        const key = `${line.b} ${line.i}`;
        if (line.o) objects.set(key, entryOf(line, line.o, objects.get(key)));
        else objects.delete(key);
      });
    }
    const log = new WriteAheadLog(folder, segments.at(-1) ?? Math.max(1, snapshot.segment), bytes, options);
    return { log, content: { revision, objects: objects.values() } };
  }

  /** From now on the log may shrink itself: `source` gives the state as of the last appended record. */
  compactFrom(source: () => StoreContent): void {
    this.#source = source;
  }

  append(record: JournalRecord): void {
    if (this.#failure) throw this.#failure;
    const line: Line = { r: record.revision, b: record.bucket, i: record.id, o: record.object };
    const text = encode(line);
    try {
      writeAll(this.#fd, text);
    } catch (error) {
      throw this.#refuse(error);
    }
    this.#bytes += text.length;
    this.#dirty = true;
    this.#syncTimer ??= setTimeout(() => this.#sync(), this.#options.syncMs);
    const limit = Math.max(this.#options.snapshotBytes, 2 * this.#lastSnapshotBytes);
    if (this.#source && !this.#shrinking && this.#bytes > limit) {
      this.#shrinking = true;
      // Not within the write: the store has not taken this record over yet.
      setImmediate(() => void this.#shrink(limit));
    }
  }

  /** Resolves when everything appended up to now is on the disk. */
  async flush(): Promise<void> {
    while (this.#dirty || this.#syncing) await (this.#syncing ?? this.#sync());
  }

  /** Writes the state to `snapshot` and drops the segments before it. */
  snapshot(): Promise<void> {
    const source = this.#source;
    if (!source) return Promise.resolve();
    this.#snapshotting ??= this.#writeSnapshot(source).finally(() => {
      this.#snapshotting = undefined;
    });
    return this.#snapshotting;
  }

  replace(content: StoreContent): void {
    if (this.#failure) throw this.#failure;
    this.#replaced++;
    try {
      const old = this.#beginSegment();
      const temporary = join(this.#folder, `${snapshotName}.new`);
      const fd = openSync(temporary, 'w', 0o600);
      try {
        for (const part of partsOf(content, this.#segment)) writeAll(fd, part);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      // What is in the former segments is none of this content, whatever their revisions.
      renameSync(temporary, join(this.#folder, snapshotName));
      syncFolder(this.#folder);
      this.#dropSegments(old);
    } catch (error) {
      throw this.#refuse(error);
    }
  }

  /** Flushes and closes; appending afterwards throws. */
  async close(): Promise<void> {
    await this.#snapshotting;
    await this.flush();
    if (this.#failure === undefined) closeSync(this.#fd);
    this.#failure = new EnvironmentError({ what: 'the cluster is stopped' });
  }

  async #shrink(limit: number): Promise<void> {
    try {
      if (!this.#failure) await this.snapshot();
    } catch {
      // The log itself stays whole: if there is no room for a snapshot now, it is tried again later.
      this.#lastSnapshotBytes = Math.max(this.#lastSnapshotBytes, limit);
    } finally {
      this.#shrinking = false;
    }
  }

  async #writeSnapshot(source: () => StoreContent): Promise<void> {
    // Most of it, while others go on.
    if (this.#dirty) await this.#sync();
    const content = source();
    const old = this.#beginSegment();
    const [replaced, segment] = [this.#replaced, this.#segment];
    const temporary = join(this.#folder, `${snapshotName}.tmp`);
    const file = await open(temporary, 'w', 0o600);
    let length = 0;
    try {
      for (const part of partsOf(content, segment)) {
        await file.appendFile(part);
        length += part.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (this.#replaced !== replaced) return rmSync(temporary, { force: true });
    renameSync(temporary, join(this.#folder, snapshotName));
    // The new name must be on the disk before the segments that it replaces go.
    syncFolder(this.#folder);
    this.#lastSnapshotBytes = length;
    this.#dropSegments(old);
  }

  /** Removes the segments up to `last`. */
  #dropSegments(last: number): void {
    for (const name of readdirSync(this.#folder)) {
      if (/^log-\d+$/.test(name) && Number(name.slice(4)) <= last) rmSync(join(this.#folder, name));
    }
  }

  /** Later records go to a new segment; returns the number of the old one, which is safe: else a gap could appear. */
  #beginSegment(): number {
    const old = this.#segment;
    fsyncSync(this.#fd);
    const next = openSync(this.#path(old + 1), 'a', 0o600);
    closeSync(this.#fd);
    this.#segment = old + 1;
    this.#fd = next;
    this.#bytes = 0;
    return old;
  }

  #sync(): Promise<void> {
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    if (this.#syncing) return this.#syncing.then(() => (this.#dirty ? this.#sync() : undefined));
    this.#dirty = false;
    this.#syncing = new Promise<void>((resolve) => {
      // EBADF: a snapshot has closed this segment, and synced it before.
      fdatasync(this.#fd, () => {
        this.#syncing = undefined;
        resolve();
      });
    });
    return this.#syncing;
  }

  /** Takes a half-written record back; where that fails too, nothing may be appended any more. */
  #refuse(error: unknown): EnvironmentError {
    const failure = new EnvironmentError(
      {
        what: `cannot write the cluster's log ${this.#path(this.#segment)}`,
        why: error instanceof Error ? error.message : String(error),
        next: 'free some space or make the folder writable',
      },
      { cause: error },
    );
    try {
      ftruncateSync(this.#fd, this.#bytes);
    } catch {
      this.#failure = failure;
    }
    return failure;
  }

  #path(segment: number): string {
    return join(this.#folder, `log-${segment}`);
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function encode(line: Line): Buffer {
  const json = JSON.stringify(line);
  const sum = crc32(json).toString(16).padStart(8, '0');
  return Buffer.from(`${sum} ${json}\n`);
}

/** What is written of a snapshot at a time, bytes. */
const partSize = 64 * 1024;

/** The lines of a snapshot, in parts of about `partSize`. */
function* partsOf({ revision, objects }: StoreContent, segment: number): Generator<Buffer> {
  let lines = [encode({ r: revision, b: '', i: 'snapshot', s: segment })];
  let length = 0;
  for (const { bucket, id, object, created, writes } of objects) {
    const line = encode({ r: revision, b: bucket, i: id, o: object, c: created, w: writes });
    lines.push(line);
    length += line.length;
    if (length < partSize) continue;
    yield Buffer.concat(lines);
    lines = [];
    length = 0;
  }
  lines.push(encode({ r: revision, b: '', i: 'end' }));
  yield Buffer.concat(lines);
}

function writeAll(fd: number, data: Buffer): void {
  for (let at = 0; at < data.length; ) at += writeSync(fd, data, at);
}

function damaged(file: string, offset: number, why: string): DamagedLogError {
  return new DamagedLogError({
    what: `the cluster's log is damaged: ${file} at byte ${offset}`,
    why,
    next: 'restore the file from a backup, or have what it still holds restored: kubedrill cluster repair',
  });
}

/** Reads whole, undamaged lines; returns how many bytes are good. Cuts a torn last record off if `tolerate`. */
function readLines(file: string, tolerate: boolean, use: (line: Line, offset: number) => void): number {
  const data = readFileSync(file);
  let at = 0;
  while (at < data.length) {
    const end = data.indexOf(10, at);
    const line = end < 0 ? undefined : decode(data.subarray(at, end));
    if (!line) {
      const final = end < 0 || end === data.length - 1;
      if (!tolerate || !final) throw damaged(file, at, end < 0 ? 'the record is cut off' : 'its checksum does not fit');
      truncateSync(file, at);
      return at;
    }
    use(line, at);
    at = end + 1;
  }
  return at;
}

/** Undefined: it is not what was written. */
export function decode(line: Buffer): Line | undefined {
  if (line.length < 10 || line[8] !== 0x20) return undefined;
  const json = line.subarray(9);
  if (crc32(json).toString(16).padStart(8, '0') !== line.toString('latin1', 0, 8)) return undefined;
  try {
    return JSON.parse(json.toString()) as Line;
  } catch {
    return undefined;
  }
}

/** The entry of a line; without a history of its own it goes on from the one before. */
export function entryOf(line: Line, object: Stored, before?: StoredEntry): StoredEntry {
  const { c: created = before?.created, w: writes = (before?.writes ?? 0) + 1 } = line;
  return { bucket: line.b, id: line.i, object, created: created ?? Number(object.metadata.resourceVersion), writes };
}

function readSnapshot(file: string, objects: Map<string, StoredEntry>): { revision: number; segment: number } {
  let revision = 1;
  let segment = 0;
  let complete = false;
  try {
    readLines(file, false, (line) => {
      revision = line.r;
      segment = line.s ?? segment;
      if (line.o) objects.set(`${line.b} ${line.i}`, entryOf(line, line.o));
      else complete = line.i === 'end';
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { revision, segment };
    throw error;
  }
  if (!complete) throw damaged(file, 0, 'the snapshot has no end');
  return { revision, segment };
}
