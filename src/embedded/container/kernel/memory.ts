import { SysError } from './errno.ts';

/**
 * What a container holds in memory: variables, files of its own, what programs collect. Two bounds: the limit of the
 * Pod (or the node's memory), which programs may pretend to fill, and a bound on what this process really keeps.
 */
export const REAL_BYTES_PER_CONTAINER = 64 * 1024 * 1024;
const NODE_BYTES = 8 * 1024 ** 3;

export class MemoryAccount {
  /** The limit that was given, in bytes; undefined: none. */
  given: number | undefined;
  used = 0;
  #real = 0;
  readonly #onExceeded: () => void;

  /** `limit` in bytes; undefined: the node's memory. `onExceeded` runs when either bound is passed. */
  constructor(limit: number | undefined, onExceeded: () => void) {
    this.given = limit;
    this.#onExceeded = onExceeded;
  }

  get limit(): number {
    return this.given ?? NODE_BYTES;
  }

  /** Takes or (negative) gives back bytes that are really kept here. */
  charge(bytes: number): void {
    this.#real += bytes;
    this.pretend(bytes);
  }

  /** Takes or gives back bytes that only count, as a stress program does. */
  pretend(bytes: number): void {
    this.used += bytes;
    if (bytes > 0 && (this.used > this.limit || this.#real > REAL_BYTES_PER_CONTAINER)) this.#onExceeded();
  }
}

/** Bytes that a container's own files, or a volume, may have. */
const DISK_BYTES = 64 * 1024 * 1024;

/** Where files are kept: full at some point, as disks are. */
export class DiskAccount {
  readonly limit: number;
  used = 0;

  constructor(limit: number = DISK_BYTES) {
    this.limit = Math.min(limit, DISK_BYTES);
  }

  /** Takes or gives back bytes. Throws ENOSPC if there are not that many. */
  charge(bytes: number): void {
    if (bytes > 0 && this.used + bytes > this.limit) throw new SysError('ENOSPC');
    this.used += bytes;
  }
}
