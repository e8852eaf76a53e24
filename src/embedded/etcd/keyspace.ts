/** etcd's keys over the objects of a store: what its KV and Watch services answer. */
import type { Stored } from '../../kube/meta.ts';
import type { ResourceDefinition } from '../definition.ts';
import { bucketOf } from '../registry/keys.ts';
import { type KeyHistory, RevisionExpired, type Store, type StoreContent } from '../store/store.ts';
import { keyBytes, keyOf, keyText, placeOf, plainBucket, prefixOf } from './keys.ts';
import {
  type DeleteRangeRequest,
  grpcCodes,
  type KeyValue,
  type PutRequest,
  type RangeRequest,
  RpcError,
  type WatchEvent,
} from './messages.ts';
import { bytesOf, objectOf, ValueError } from './values.ts';

interface Found extends KeyHistory {
  key: string;
  bucket: string;
  id: string;
  object: Stored;
}

/** A range of keys: from `start` on, up to but without `end`. */
interface Range {
  start: string;
  /** Undefined: the one key. */
  end: string | undefined;
}

export const compacted = () =>
  new RpcError(grpcCodes.outOfRange, 'etcdserver: mvcc: required revision has been compacted');
export const future = () =>
  new RpcError(grpcCodes.outOfRange, 'etcdserver: mvcc: required revision is a future revision');

export class Keyspace {
  readonly #store: Store;
  readonly #definitions: () => readonly ResourceDefinition[];

  /** @param definitions the resources that are served at the moment */
  constructor(store: Store, definitions: () => readonly ResourceDefinition[]) {
    this.#store = store;
    this.#definitions = definitions;
  }

  /** Throws an RpcError for a revision that can't be read. */
  range(request: RangeRequest): { kvs: KeyValue[]; more: boolean; count: number } {
    const { limit, keys_only: keysOnly, count_only: countOnly } = request;
    const revision = request.revision || this.#store.revision;
    if (revision > this.#store.revision) throw future();
    const all = this.#find(rangeOf(request), revision);
    if (countOnly) return { kvs: [], more: false, count: all.length };
    sort(all, request);
    const kept = limit > 0 ? all.slice(0, limit) : all;
    return {
      kvs: kept.map((found) => keyValueOf(found, keysOnly)),
      more: kept.length < all.length,
      count: all.length,
    };
  }

  /** Throws an RpcError where the key is of a resource and the value none of its objects. */
  put({ key, value, prev_kv: wantsPrevious, ignore_value: keepsValue }: PutRequest): { prev_kv?: KeyValue } {
    const text = keyText(key);
    const { bucket, id } = placeOf(text, this.#buckets());
    const current = this.#store.get(bucket, id);
    if (keepsValue && !current) throw new RpcError(3, 'etcdserver: key not found');
    const previous =
      current && keyValueOf({ key: text, bucket, id, object: current, ...this.#store.history(bucket, id) }, false);
    const object = keepsValue && current ? current : this.#parse(bucket, id, value);
    if (current) this.#store.update(bucket, id, object);
    else this.#store.create(bucket, id, object);
    return { ...(wantsPrevious && previous && { prev_kv: previous }) };
  }

  delete(request: DeleteRangeRequest): { deleted: number; prev_kvs: KeyValue[] } {
    const all = this.#find(rangeOf(request), this.#store.revision);
    for (const { bucket, id } of all) this.#store.delete(bucket, id);
    return { deleted: all.length, prev_kvs: request.prev_kv ? all.map((found) => keyValueOf(found, false)) : [] };
  }

  /** Throws an RpcError for a revision that is gone or still to come. */
  compact(revision: number): void {
    if (revision > this.#store.revision) throw future();
    if (revision <= this.#store.compacted) throw compacted();
    this.#store.compact(revision);
  }

  /** What happened to keys of a range from revision `from` on. Throws an RpcError if that is compacted. */
  events(request: { key: Uint8Array; range_end: Uint8Array }, from: number): WatchEvent[] {
    const range = rangeOf(request);
    let events: ReturnType<Store['eventsAfter']>;
    try {
      events = this.#store.eventsAfter(from - 1);
    } catch (error) {
      if (error instanceof RevisionExpired) throw compacted();
      throw error;
    }
    return events.flatMap(({ bucket, event }): WatchEvent[] => {
      const { id, object, revision } = event;
      const key = keyOf(bucket, id);
      if (!isIn(range, key)) return [];
      const at = (o: Stored, when: number) =>
        keyValueOf({ key, bucket, id, object: o, ...this.#store.history(bucket, id, when) }, false);
      const before = event.previous && { prev_kv: at(event.previous, revision - 1) };
      if (event.type === 'put') return [{ type: 0, kv: at(object, revision), ...before }];
      const gone = { create_revision: 0, version: 0, value: new Uint8Array(), lease: 0n };
      return [{ type: 1, kv: { key: keyBytes(key), mod_revision: revision, ...gone }, ...before }];
    });
  }

  /** Everything that there is, in the order of keys. */
  all(): KeyValue[] {
    return this.#find({ start: '', end: '\0' }, this.#store.revision).map((found) => keyValueOf(found, false));
  }

  /** What a database holds as content for the store. Throws a ValueError for what is no object of its resource. */
  contentOf({ revision, kvs }: { revision: number; kvs: readonly KeyValue[] }): StoreContent {
    const buckets = [...this.#buckets()];
    // Custom resources have no bucket here before their definition is read.
    const definitions = this.#definitions();
    const objects = kvs.map((kv) => {
      const key = keyText(kv.key);
      const { bucket, id } = placeOf(key, [...buckets, ...customBucket(key)]);
      const object = objectOf(bucket, id, kv.value, definitions);
      const metadata = { ...object.metadata, resourceVersion: String(kv.mod_revision) };
      const stored = { ...object, metadata } as Stored;
      return { bucket, id, object: stored, created: kv.create_revision, writes: kv.version };
    });
    return { revision, objects };
  }

  #parse(bucket: string, id: string, value: Uint8Array) {
    try {
      const object = objectOf(bucket, id, value, this.#definitions());
      const { namespace, name = '' } = object.metadata ?? {};
      if (bucket === plainBucket || id === (namespace === undefined ? name : `${namespace}/${name}`)) return object;
      throw new ValueError(`no object of ${bucket}: it is called ${name}`);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      // etcd takes it, and the API server can't list the resource any more.
      throw new RpcError(grpcCodes.unimplemented, `not simulated: a value that is ${error.message}`);
    }
  }

  #buckets(): Set<string> {
    return new Set([...this.#store.buckets(), ...this.#definitions().map(bucketOf)]);
  }

  #find(range: Range, revision: number): Found[] {
    if (revision < this.#store.compacted) throw compacted();
    if (range.end === undefined) {
      const { bucket, id } = placeOf(range.start, this.#buckets());
      const [first] = this.#store.entries(bucket, { under: id, revision });
      if (first?.[0] !== id) return [];
      return [{ key: range.start, bucket, id, object: first[1], ...this.#store.history(bucket, id, revision) }];
    }
    const found: Found[] = [];
    for (const bucket of this.#store.buckets()) {
      const prefix = prefixOf(bucket);
      if (!overlaps(range, prefix)) continue;
      for (const [id, object] of this.#store.entries(bucket, { revision })) {
        const key = `${prefix}${id}`;
        if (isIn(range, key)) found.push({ key, bucket, id, object, ...this.#store.history(bucket, id, revision) });
      }
    }
    return found.sort((a, b) => compare(a.key, b.key));
  }
}

/** Where the objects of a custom resource are, by what their keys look like: `/registry/<group>/<resource>/...`. */
function customBucket(key: string): string[] {
  const [, group, resource] = /^\/registry\/([^/]+\.[^/]+)\/([^/]+)\/./.exec(key) ?? [];
  return group === undefined || /^(apiregistration|apiextensions)\.k8s\.io$/.test(group)
    ? []
    : [`${group}/${resource}`];
}

function rangeOf({ key, range_end: end }: { key: Uint8Array; range_end: Uint8Array }): Range {
  return { start: keyText(key), end: end.length === 0 ? undefined : keyText(end) };
}

const isOpen = ({ end }: Range) => end === '\0';

function isIn(range: Range, key: string): boolean {
  if (range.end === undefined) return key === range.start;
  return key >= range.start && (isOpen(range) || key < range.end);
}

/** Whether keys with that prefix may be in the range. */
function overlaps(range: Range, prefix: string): boolean {
  if (range.end !== undefined && !isOpen(range) && range.end <= prefix) return false;
  return prefix.startsWith(range.start) || range.start.startsWith(prefix) || range.start <= prefix;
}

const compare = <T extends string | number>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0);

function sort(all: Found[], { sort_order: order, sort_target: target }: RangeRequest): void {
  if (order === 0) return;
  const by: ((found: Found) => string | number)[] = [
    ({ key }) => key,
    ({ writes }) => writes,
    ({ created }) => created,
    ({ object }) => Number(object.metadata.resourceVersion),
    ({ bucket, object }) => keyText(bytesOf(bucket, object)),
  ];
  const value = by[target] ?? (({ key }: Found) => key);
  all.sort((a, b) => compare(value(a), value(b)) * (order === 2 ? -1 : 1));
}

function keyValueOf({ key, bucket, object, created, writes }: Found, keysOnly: boolean): KeyValue {
  return {
    key: keyBytes(key),
    create_revision: created,
    mod_revision: Number(object.metadata.resourceVersion),
    version: writes,
    value: keysOnly ? new Uint8Array() : bytesOf(bucket, object),
    lease: 0n,
  };
}
