/** What is in a file system, and what of it is open. */

import type { Caller } from './caller.ts';
import { SysError } from './errno.ts';
import type { DiskAccount } from './memory.ts';

export const EMPTY = new Uint8Array(0);

let inodes = 1000;

abstract class BaseNode {
  readonly ino = inodes++;
  /** Permission bits only; the kind tells the rest. */
  mode: number;
  uid = 0;
  gid = 0;
  /** Milliseconds since 1970. */
  mtime: number;
  nlink = 1;
  /** Reported of every change of what the node holds, and of what is below it. */
  protected observer: (() => void) | undefined;

  constructor(mode: number, mtime: number) {
    this.mode = mode;
    this.mtime = mtime;
  }

  /** From now on `observer` hears of changes, in place of whoever did before. */
  observe(observer: (() => void) | undefined): void {
    this.observer = observer;
  }

  /** Something of the node was changed from outside: its mode, its owner. */
  changed(): void {
    this.observer?.();
  }
}

/** A folder. With `fill` its entries are created when someone looks for the first time. */
export class DirNode extends BaseNode {
  readonly kind = 'dir';
  #entries = new Map<string, VNode>();
  #fill: ((dir: DirNode) => void) | undefined;

  constructor(mode: number, mtime: number, fill?: (dir: DirNode) => void) {
    super(mode, mtime);
    this.nlink = 2;
    this.#fill = fill;
  }

  get(name: string, _p?: Caller): VNode | undefined {
    return this.#filled().get(name);
  }

  names(_p?: Caller): string[] {
    return [...this.#filled().keys()];
  }

  set(name: string, node: VNode): void {
    this.#filled().set(name, node);
    if (!this.observer) return;
    node.observe(this.observer);
    this.observer();
  }

  remove(name: string): void {
    this.#filled().delete(name);
    this.observer?.();
  }

  override observe(observer: (() => void) | undefined): void {
    super.observe(observer);
    // Entries that are created later hear of it when they are put in.
    for (const node of this.#entries.values()) node.observe(observer);
  }

  get empty(): boolean {
    return this.#filled().size === 0;
  }

  #filled(): Map<string, VNode> {
    const fill = this.#fill;
    if (fill) {
      this.#fill = undefined;
      fill(this);
    }
    return this.#entries;
  }
}

/** A folder of /proc: looks its entries up anew each time. */
export class DynamicDir extends DirNode {
  readonly #lookup: (name: string, p: Caller | undefined) => VNode | undefined;
  readonly #list: (p: Caller | undefined) => string[];

  constructor(
    mtime: number,
    lookup: (name: string, p: Caller | undefined) => VNode | undefined,
    list: (p: Caller | undefined) => string[],
  ) {
    super(0o555, mtime);
    this.#lookup = lookup;
    this.#list = list;
  }

  override get(name: string, p?: Caller): VNode | undefined {
    return this.#lookup(name, p);
  }

  override names(p?: Caller): string[] {
    return this.#list(p);
  }

  override set(): void {
    throw new SysError('EACCES');
  }

  override remove(): void {
    throw new SysError('EPERM');
  }
}

/** A regular file. Content given at construction is shared until the first write. */
export class FileNode extends BaseNode {
  readonly kind = 'file';
  #data: Uint8Array;
  #size: number;
  #shared: boolean;
  /** The program that runs when this file is executed; undefined: a script or no program at all. */
  program: string | undefined;
  /** Who pays for what is written. */
  readonly account: DiskAccount | undefined;

  constructor(mode: number, mtime: number, content: Uint8Array = EMPTY, account?: DiskAccount) {
    super(mode, mtime);
    this.#data = content;
    this.#size = content.length;
    this.#shared = true;
    this.account = account;
  }

  get size(): number {
    return this.#size;
  }

  /** The content without copying; must not be changed nor kept over a write. */
  get content(): Uint8Array {
    return this.#data.subarray(0, this.#size);
  }

  read(position: number, max: number): Uint8Array {
    return this.#data.slice(position, Math.min(this.#size, position + max));
  }

  write(position: number, data: Uint8Array): void {
    const end = position + data.length;
    this.#reserve(Math.max(end, this.#size));
    this.#data.set(data, position);
    this.#size = Math.max(this.#size, end);
    this.program = undefined;
    this.observer?.();
  }

  truncate(size: number): void {
    this.#reserve(size);
    this.#data.fill(0, Math.min(size, this.#size));
    this.#size = size;
    this.program = undefined;
    if (size === 0) {
      this.account?.charge(-this.#data.length);
      this.#data = EMPTY;
    }
    this.observer?.();
  }

  /** The last name is gone. */
  release(): void {
    if (!this.#shared) this.account?.charge(-this.#data.length);
  }

  #reserve(size: number): void {
    if (!this.#shared && size <= this.#data.length) return;
    const capacity = size <= this.#data.length ? this.#data.length : Math.max(size, this.#data.length * 2, 256);
    this.account?.charge(capacity - (this.#shared ? 0 : this.#data.length));
    const grown = new Uint8Array(capacity);
    grown.set(this.#data.subarray(0, this.#size));
    this.#data = grown;
    this.#shared = false;
  }
}

/** Content that is somewhere else: what is there from `offset` on, at most `length` bytes, and how long it is now. */
export type FetchPiece = (offset: number, length: number) => Promise<{ bytes: Uint8Array; size: number }>;

/** A file whose content is kept by the node itself: it can be read and removed, but not written. */
export class RemoteNode extends FileNode {
  readonly #fetch: FetchPiece;
  #length: number;

  constructor(mode: number, mtime: number, size: number, fetch: FetchPiece) {
    super(mode, mtime);
    this.#length = size;
    this.#fetch = fetch;
  }

  override get size(): number {
    return this.#length;
  }

  /** It is as long as that now. */
  grown(size: number, mtime: number): void {
    if (size !== this.#length) this.mtime = mtime;
    this.#length = size;
  }

  /** Rejects with EIO where it is not kept any more. */
  async fetch(offset: number, length: number): Promise<Uint8Array> {
    try {
      const { bytes, size } = await this.#fetch(offset, length);
      this.#length = size;
      return bytes;
    } catch {
      throw new SysError('EIO');
    }
  }

  override get content(): Uint8Array {
    throw new SysError('EIO');
  }

  /** Programs that take a whole file at once read it with `readFileSlowly`. */
  override read(): Uint8Array {
    throw new SysError('EIO');
  }

  override write(): void {
    throw new SysError('EACCES');
  }

  override truncate(): void {
    throw new SysError('EACCES');
  }
}

export class LinkNode extends BaseNode {
  readonly kind = 'link';
  readonly target: string;

  constructor(target: string, mtime: number) {
    super(0o777, mtime);
    this.target = target;
  }
}

/** Something that is opened by a function: devices, and the magic links of /proc/<pid>/fd. */
export class DeviceNode extends BaseNode {
  readonly kind = 'device';
  readonly open: (p: Caller) => OpenFile;
  readonly major: number;
  readonly minor: number;
  /** Set for magic links: what readlink answers. */
  readonly linkText: string | undefined;

  constructor(
    mode: number,
    mtime: number,
    open: (p: Caller) => OpenFile,
    number: { major: number; minor: number } = { major: 0, minor: 0 },
    linkText?: string,
  ) {
    super(mode, mtime);
    this.open = open;
    this.major = number.major;
    this.minor = number.minor;
    this.linkText = linkText;
  }
}

/** A file of /proc whose text is created when it is opened. */
export class GeneratedNode extends BaseNode {
  readonly kind = 'generated';
  readonly text: (p: Caller) => string;

  constructor(mtime: number, text: (p: Caller) => string, mode = 0o444) {
    super(mode, mtime);
    this.text = text;
  }
}

export type VNode = DirNode | FileNode | LinkNode | DeviceNode | GeneratedNode;

/**
 * An open file description: what file descriptors point to, shared by dup and fork. `read` resolves with an empty
 * array at the end of the file; `write` waits until there is room.
 */
export abstract class OpenFile {
  #refs = 0;
  /** The inode behind it, for fstat and ls -l /proc/self/fd. */
  readonly node?: VNode;
  readonly path: string = '';
  readonly isTty: boolean = false;

  read(_p: Caller, _max: number): Promise<Uint8Array> {
    throw new SysError('EBADF');
  }

  write(_p: Caller, _data: Uint8Array): Promise<void> {
    throw new SysError('EBADF');
  }

  /** Sets the position (bytes from the start); returns it. Without it: ESPIPE. */
  seek(_position: number): number {
    throw new SysError('ESPIPE');
  }

  ref(): this {
    this.#refs++;
    return this;
  }

  unref(): void {
    if (--this.#refs === 0) this.onClose();
  }

  protected onClose(): void {}
}

/** A named pipe would block on open; there are none. Sizes as `ls -l` shows them. */
export function sizeOf(node: VNode): number {
  if (node.kind === 'file') return node.size;
  if (node.kind === 'link') return node.target.length;
  return node.kind === 'dir' ? 4096 : 0;
}
