import type { Clock } from '../../kernel/clock.ts';
import type { KubeObject, Stored } from '../../kube/meta.ts';
import { Bucket, type KeyHistory, type StoreEvent } from './bucket.ts';
import { approximateBytes } from './size.ts';
import { Space, type SpaceLimits } from './space.ts';

export type { KeyHistory, StoreEvent };

/** A write met another state than it expected. `current` is undefined where the object does not exist. */
export class StoreConflict extends Error {
  readonly current: Stored | undefined;

  constructor(current: Stored | undefined) {
    super(current ? 'the object has another revision' : 'the object does not exist');
    this.name = 'StoreConflict';
    this.current = current;
  }
}

/** A read or watch at a revision that is compacted. */
export class RevisionExpired extends Error {
  readonly requested: number;
  readonly oldest: number;

  constructor(requested: number, oldest: number) {
    super(`too old resource version: ${requested} (${oldest})`);
    this.name = 'RevisionExpired';
    this.requested = requested;
    this.oldest = oldest;
  }
}

/** One write as the log keeps it; without `object`: a delete. */
export interface JournalRecord {
  revision: number;
  bucket: string;
  id: string;
  object?: Stored;
}

/** An object with the place where it is kept and its history. */
export interface StoredEntry extends KeyHistory {
  bucket: string;
  id: string;
  object: Stored;
}

/** All that a store holds at one revision. */
export interface StoreContent {
  revision: number;
  objects: Iterable<StoredEntry>;
}

/** Where writes are kept beyond the process. */
export interface Journal {
  /** Returns once the record is written to the file; throws if it cannot be. */
  append(record: JournalRecord): void;
  /** Drops everything that was written for `content`; returns once that is on the disk; throws if it cannot be. */
  replace(content: StoreContent): void;
}

export interface StoreOptions {
  clock: Clock;
  journal?: Journal;
  /** How long old revisions stay readable. Default 5 minutes, as kube-apiserver compacts etcd. */
  historyMs?: number;
  /** At most this many old revisions whatever their age, so that a busy cluster stays small. Default 2000. */
  historyRevisions?: number;
  /** Default: 256 MiB of objects, 64 MiB of old revisions. */
  space?: SpaceLimits;
}

export interface ListOptions {
  /** Only ids that begin so: `namespace/`. */
  under?: string;
  /** Default: now. */
  revision?: number;
  /** First id that may be in the answer. */
  start?: string;
  limit?: number;
}

interface Watcher {
  bucket: Bucket;
  under: string;
  cursor: number;
  /** What it has to hear before anything else. */
  owed: StoreEvent[];
  deliver(event: StoreEvent): void;
  closed: boolean;
}

const defaultSpace: SpaceLimits = { quotaBytes: 256 << 20, historyBytes: 64 << 20 };

/**
 * All objects of a cluster, at every revision of the last minutes, with one revision counter as etcd has it. Writes are
 * synchronous; watchers hear of them in order after the writing turn of the event loop ended. Objects are shared and
 * never changed: a write puts a new one in place. Large because reads, writes and watches agree on that one counter.
 */
export class Store {
  readonly #buckets = new Map<string, Bucket>();
  readonly #watchers = new Set<Watcher>();
  readonly #observers = new Map<string, Set<(event: StoreEvent) => void>>();
  readonly #options: StoreOptions;
  readonly #historyMs: number;
  readonly #historyRevisions: number;
  readonly #space: Space;
  /** When which revision was current: what the automatic compaction goes by. */
  #marks: { at: number; revision: number }[] = [];
  #revision = 1;
  #compacted = 1;
  #flushing = false;
  #idle: (() => void)[] = [];

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#historyMs = options.historyMs ?? 300_000;
    this.#historyRevisions = options.historyRevisions ?? 2000;
    this.#space = new Space(options.space ?? defaultSpace);
  }

  /** The revision of the last write. */
  get revision(): number {
    return this.#revision;
  }

  /** The oldest revision that can still be read. */
  get compacted(): number {
    return this.#compacted;
  }

  /** Takes over what a log held, before anything else happens. */
  restore({ revision, objects }: StoreContent): void {
    for (const { bucket, id, object, created, writes } of objects) {
      this.#bucket(bucket).restore(id, object, Number(object.metadata.resourceVersion), { created, writes });
      this.#space.take(approximateBytes(object));
    }
    for (const bucket of this.#buckets.values()) bucket.sort();
    this.#revision = revision;
    this.#compacted = revision;
  }

  /**
   * Puts another content in place of all, as when etcd is started on the data of a backup: the revision may go back.
   * Watchers and observers are told what differs, as informers find out that list anew; what was written before and
   * not told yet is not told any more.
   */
  replace(content: StoreContent): void {
    const next = new Map<string, StoredEntry>();
    for (const entry of content.objects) next.set(`${entry.bucket} ${entry.id}`, entry);
    this.#options.journal?.replace({ revision: content.revision, objects: next.values() });
    const differences: { bucket: string; event: StoreEvent }[] = [];
    for (const { bucket, id, object } of [...this.all()]) {
      const entry = next.get(`${bucket} ${id}`);
      if (!entry) differences.push({ bucket, event: { type: 'delete', revision: content.revision, id, object } });
    }
    for (const { bucket, id, object } of next.values()) {
      const previous = this.get(bucket, id);
      if (previous && isSame(previous, object)) continue;
      const revision = Number(object.metadata.resourceVersion);
      // Another object of the same name comes after the end of the first.
      const again = previous && previous.metadata.uid !== object.metadata.uid;
      if (again) differences.push({ bucket, event: { type: 'delete', revision, id, object: previous } });
      differences.push({
        bucket,
        event: { type: 'put', revision, id, object, previous: again ? undefined : previous },
      });
    }
    for (const bucket of this.#buckets.values()) bucket.clear();
    this.#space.clear();
    this.restore({ revision: content.revision, objects: next.values() });
    this.#marks = [];
    for (const { bucket, event } of differences) {
      for (const listener of this.#observers.get(bucket) ?? []) listener(event);
    }
    for (const watcher of this.#watchers) {
      watcher.cursor = this.#revision;
      for (const { bucket, event } of differences) {
        if (this.#buckets.get(bucket) === watcher.bucket) watcher.owed.push(event);
      }
    }
    this.#schedule();
  }

  get(bucket: string, id: string): Stored | undefined {
    return this.#buckets.get(bucket)?.get(id);
  }

  /**
   * The objects of a bucket in the order of their ids. `next` is where to go on after `limit`, `remaining` how many
   * are left then. Throws RevisionExpired.
   */
  list(bucket: string, options: ListOptions = {}): { items: Stored[]; next?: string; remaining: number } {
    const { under = '', revision = this.#revision, start, limit = Number.POSITIVE_INFINITY } = options;
    if (revision < this.#compacted) throw new RevisionExpired(revision, this.#compacted);
    const items: Stored[] = [];
    let next: string | undefined;
    let remaining = 0;
    for (const [id, object] of this.#buckets.get(bucket)?.at(revision, under, start) ?? []) {
      if (items.length < limit) items.push(object);
      else {
        next ??= id;
        remaining++;
      }
    }
    return { items, next, remaining };
  }

  /** As `list`, lazily and with ids, for callers that filter while they count. */
  *entries(bucket: string, options: Omit<ListOptions, 'limit'> = {}): Generator<[id: string, object: Stored]> {
    const { under = '', revision = this.#revision, start } = options;
    if (revision < this.#compacted) throw new RevisionExpired(revision, this.#compacted);
    yield* this.#buckets.get(bucket)?.at(revision, under, start) ?? [];
  }

  /** All current objects: what a snapshot holds. */
  *all(): Generator<StoredEntry> {
    for (const [bucket, content] of this.#buckets) {
      for (const [id, object] of content.at(this.#revision, '')) {
        yield { bucket, id, object, ...content.historyAt(id, this.#revision) };
      }
    }
  }

  /** What etcd tells of an object that is alive at `revision`. */
  history(bucket: string, id: string, revision: number = this.#revision): KeyHistory {
    return this.#buckets.get(bucket)?.historyAt(id, revision) ?? { created: revision, writes: 1 };
  }

  /** Every event after `revision`, in order. Throws RevisionExpired. */
  eventsAfter(revision: number): { bucket: string; event: StoreEvent }[] {
    if (revision < this.#compacted) throw new RevisionExpired(revision, this.#compacted);
    const all = [...this.#buckets].flatMap(([bucket, content]) =>
      content.eventsAfter(revision).map((event) => ({ bucket, event })),
    );
    return all.sort((a, b) => a.event.revision - b.event.revision);
  }

  /** The names of the buckets that were ever written to. */
  buckets(): string[] {
    return [...this.#buckets.keys()];
  }

  /** Returns the object with its resourceVersion. Throws StoreConflict if the id is taken, SpaceExceeded. */
  create(bucket: string, id: string, object: KubeObject): Stored {
    const current = this.get(bucket, id);
    if (current) throw new StoreConflict(current);
    return this.#commit(bucket, id, object, undefined);
  }

  /** Replaces an object. Throws StoreConflict if it does not exist or is not at `expected` (a resourceVersion), SpaceExceeded. */
  update(bucket: string, id: string, object: KubeObject, expected?: string): Stored {
    const current = this.#expect(bucket, id, expected);
    return this.#commit(bucket, id, object, current);
  }

  /** Returns the last state with the revision of the deletion. Throws StoreConflict as `update`. */
  delete(bucket: string, id: string, expected?: string): Stored {
    const current = this.#expect(bucket, id, expected);
    return this.#commit(bucket, id, undefined, current);
  }

  /**
   * Delivers every event after revision `from` of ids that begin with `under`, in order, never before this call has
   * returned. Returns the way to stop. Throws RevisionExpired.
   */
  watch(bucket: string, under: string, from: number, deliver: (event: StoreEvent) => void): () => void {
    if (from < this.#compacted) throw new RevisionExpired(from, this.#compacted);
    const watcher: Watcher = { bucket: this.#bucket(bucket), under, cursor: from, owed: [], deliver, closed: false };
    this.#watchers.add(watcher);
    if (from < this.#revision) this.#schedule();
    return () => {
      watcher.closed = true;
      this.#watchers.delete(watcher);
    };
  }

  /**
   * Calls `listener` within every write to the bucket, for indexes that must never be behind. It must not write and not
   * throw. Returns the way to stop.
   */
  observe(bucket: string, listener: (event: StoreEvent) => void): () => void {
    const listeners = this.#observers.get(bucket) ?? new Set();
    this.#observers.set(bucket, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** Forgets the states before `revision`; watchers that are behind get what they are owed first. */
  compact(revision: number = this.#revision): void {
    const target = Math.min(revision, this.#revision);
    if (target <= this.#compacted) return;
    this.#deliver();
    for (const bucket of this.#buckets.values()) bucket.compact(target);
    this.#compacted = target;
    this.#space.compacted(target);
    this.#marks = this.#marks.filter((mark) => mark.revision > target);
  }

  /** Resolves when every watcher has heard of every write up to now. */
  delivered(): Promise<void> {
    if (!this.#flushing) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #bucket(name: string): Bucket {
    let bucket = this.#buckets.get(name);
    if (!bucket) {
      bucket = new Bucket();
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  #expect(bucket: string, id: string, expected: string | undefined): Stored {
    const current = this.get(bucket, id);
    if (!current || (expected !== undefined && current.metadata.resourceVersion !== expected)) {
      throw new StoreConflict(current);
    }
    return current;
  }

  #commit(bucketName: string, id: string, object: KubeObject | undefined, previous: Stored | undefined): Stored {
    const revision = this.#revision + 1;
    const source = object ?? previous;
    const stored = { ...source, metadata: { ...source?.metadata, resourceVersion: String(revision) } } as Stored;
    const bytes = approximateBytes(stored);
    const growth = (object ? bytes : 0) - (previous ? approximateBytes(previous) : 0);
    this.#space.admit(growth);
    this.#options.journal?.append({ revision, bucket: bucketName, id, object: object && stored });
    this.#space.wrote(revision, bytes, growth);
    this.#revision = revision;
    const event: StoreEvent = { type: object ? 'put' : 'delete', revision, id, object: stored, previous };
    this.#bucket(bucketName).record(event);
    for (const listener of this.#observers.get(bucketName) ?? []) listener(event);
    this.#mark();
    this.#schedule();
    return stored;
  }

  #schedule(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#deliver();
      this.#forget();
      // Handlers may have written: those who wait for quiet wait on.
      if (this.#flushing) return;
      for (const resolve of this.#idle.splice(0)) resolve();
    });
  }

  #deliver(): void {
    const until = this.#revision;
    for (const watcher of this.#watchers) {
      if (watcher.cursor >= until && watcher.owed.length === 0) continue;
      const owed = watcher.owed.splice(0);
      const events = [...owed, ...watcher.bucket.eventsAfter(watcher.cursor)];
      for (const event of events) {
        if (watcher.closed) break;
        watcher.cursor = Math.max(watcher.cursor, event.revision);
        if (!event.id.startsWith(watcher.under)) continue;
        try {
          watcher.deliver(event);
        } catch (error) {
          // One broken listener must not cost the others their events.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
      watcher.cursor = Math.max(watcher.cursor, until);
    }
  }

  #mark(): void {
    const now = this.#options.clock.now();
    const last = this.#marks.at(-1);
    if (!last || now - last.at >= this.#historyMs / 10) this.#marks.push({ at: now, revision: this.#revision });
  }

  /** What kube-apiserver does with etcd every five minutes, and a bound on memory besides. */
  #forget(): void {
    const now = this.#options.clock.now();
    let target = this.#compacted;
    for (const mark of this.#marks) {
      if (now - mark.at >= this.#historyMs) target = mark.revision;
    }
    // In steps, so that a busy cluster does not compact all the time.
    const excess = this.#revision - this.#compacted - this.#historyRevisions;
    if (excess > this.#historyRevisions / 10) target = Math.max(target, this.#revision - this.#historyRevisions);
    target = Math.max(target, this.#space.excess ?? 0);
    if (target > this.#compacted) this.compact(target);
  }
}

/** Whether an object is still the one that it was: the same write of it. */
function isSame(a: Stored, b: Stored): boolean {
  return a.metadata.resourceVersion === b.metadata.resourceVersion && JSON.stringify(a) === JSON.stringify(b);
}
