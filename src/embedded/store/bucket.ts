import type { Stored } from '../../kube/meta.ts';

/** One change of one object. For a delete `object` is the last state with the revision of the deletion. */
export interface StoreEvent {
  type: 'put' | 'delete';
  revision: number;
  id: string;
  object: Stored;
  /** The state before; undefined if the object was created. */
  previous?: Stored;
}

/** What etcd tells of a key beside its value. */
export interface KeyHistory {
  /** The revision at which it came to be. */
  created: number;
  /** How often it was written since. */
  writes: number;
}

interface Version extends KeyHistory {
  revision: number;
  /** Undefined: deleted at this revision. */
  object: Stored | undefined;
}

/** The objects of one resource at every revision that is not compacted, ordered by id as etcd orders its keys. */
export class Bucket {
  readonly #versions = new Map<string, Version[]>();
  readonly #ids: string[] = [];
  #events: StoreEvent[] = [];

  /** The current state. */
  get(id: string): Stored | undefined {
    return this.#versions.get(id)?.at(-1)?.object;
  }

  /** The state at `revision`, which must not be compacted. */
  getAt(id: string, revision: number): Stored | undefined {
    return this.#versionAt(id, revision)?.object;
  }

  /** What there is to tell of an object that is alive at `revision`, which must not be compacted. */
  historyAt(id: string, revision: number): KeyHistory {
    const { created, writes } = this.#versionAt(id, revision) ?? { created: revision, writes: 1 };
    return { created, writes };
  }

  #versionAt(id: string, revision: number): Version | undefined {
    const versions = this.#versions.get(id);
    if (!versions) return undefined;
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i];
      if (version && version.revision <= revision) return version;
    }
    return undefined;
  }

  record(event: StoreEvent): void {
    let versions = this.#versions.get(event.id);
    if (!versions) {
      versions = [];
      this.#versions.set(event.id, versions);
      this.#ids.splice(lowerBound(this.#ids, event.id), 0, event.id);
    }
    const { revision } = event;
    const last = versions.at(-1);
    const { created, writes } = last?.object ? last : { created: revision, writes: 0 };
    const object = event.type === 'put' ? event.object : undefined;
    versions.push({ revision, object, created, writes: writes + 1 });
    this.#events.push(event);
  }

  /** Puts an object there without an event: what a restart found. */
  restore(id: string, object: Stored, revision: number, { created, writes }: KeyHistory): void {
    const known = this.#versions.has(id);
    this.#versions.set(id, [{ revision, object, created, writes }]);
    if (!known) this.#ids.push(id);
  }

  /** Forgets everything. */
  clear(): void {
    this.#versions.clear();
    this.#ids.length = 0;
    this.#events = [];
  }

  /** Ends a run of `restore`. */
  sort(): void {
    this.#ids.sort(compare);
  }

  /** Objects whose ids begin with `under`, from `start` on, alive at `revision`, in order. */
  *at(revision: number, under: string, start = under): Generator<[id: string, object: Stored]> {
    for (let i = lowerBound(this.#ids, start > under ? start : under); i < this.#ids.length; i++) {
      const id = this.#ids[i] ?? '';
      if (!id.startsWith(under)) return;
      const object = this.getAt(id, revision);
      if (object) yield [id, object];
    }
  }

  /** Events after `revision`, oldest first. The caller has checked that none of them is compacted. */
  eventsAfter(revision: number): readonly StoreEvent[] {
    const events = this.#events;
    const last = events.at(-1);
    if (!last || last.revision <= revision) return [];
    let low = 0;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((events[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return events.slice(low);
  }

  /** Forgets all states that only revisions before `revision` could see. */
  compact(revision: number): void {
    const gone = this.#events.length - this.eventsAfter(revision).length;
    const touched = new Set(this.#events.slice(0, gone).map((event) => event.id));
    this.#events = this.#events.slice(gone);
    for (const id of touched) {
      const versions = this.#versions.get(id);
      if (!versions) continue;
      let keep = 0;
      while (keep + 1 < versions.length && (versions[keep + 1]?.revision ?? 0) <= revision) keep++;
      const left = versions.slice(keep);
      if (left.length === 1 && !left[0]?.object) {
        this.#versions.delete(id);
        const at = lowerBound(this.#ids, id);
        if (this.#ids[at] === id) this.#ids.splice(at, 1);
      } else this.#versions.set(id, left);
    }
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function lowerBound(sorted: readonly string[], value: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
