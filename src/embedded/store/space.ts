import type { Status } from '../../kube/api.gen.ts';
import type { ApiFailure } from '../api.ts';

/** The store is as large as it may be: only what makes it smaller is taken. In etcd's words. */
export class SpaceExceeded extends Error implements ApiFailure {
  readonly status: Status;

  constructor() {
    super('etcdserver: mvcc: database space exceeded');
    this.name = 'SpaceExceeded';
    // kube-apiserver passes on what storage says: 500 without a reason.
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
    this.status = { ...status, message: this.message, code: 500 };
  }
}

export interface SpaceLimits {
  /** At most about so many bytes of objects, as etcd's --quota-backend-bytes. */
  quotaBytes: number;
  /** At most about so many bytes of old revisions. */
  historyBytes: number;
}

/** Counts what a store holds, in bytes. */
export class Space {
  readonly #limits: SpaceLimits;
  /** Of all objects as they are now. */
  #live = 0;
  /** Of what was written since the oldest revision that is kept. */
  #recent = 0;
  /** Where half of what may be kept of old revisions was reached: a full history goes back to there. */
  #half: { revision: number; bytes: number } | undefined;

  constructor(limits: SpaceLimits) {
    this.#limits = limits;
  }

  /** Throws SpaceExceeded where there is no room for a write that changes the live objects by `growth`. */
  admit(growth: number): void {
    if (growth > 0 && this.#live + growth > this.#limits.quotaBytes) throw new SpaceExceeded();
  }

  /** Objects that were kept elsewhere are back, however much they are. */
  take(bytes: number): void {
    this.#live += bytes;
  }

  /** A revision of that size was written. */
  wrote(revision: number, bytes: number, growth: number): void {
    this.#live += growth;
    this.#recent += bytes;
    if (this.#recent > this.#limits.historyBytes / 2) this.#half ??= { revision, bytes: this.#recent };
  }

  /** The revision before which all has to be forgotten to stay within the limit; undefined: nothing. */
  get excess(): number | undefined {
    return this.#recent > this.#limits.historyBytes ? this.#half?.revision : undefined;
  }

  /** The states before `revision` are forgotten. */
  compacted(revision: number): void {
    if (!this.#half || revision < this.#half.revision) return;
    this.#recent -= this.#half.bytes;
    this.#half = undefined;
  }

  /** Nothing is held any more. */
  clear(): void {
    this.#live = 0;
    this.#recent = 0;
    this.#half = undefined;
  }
}
