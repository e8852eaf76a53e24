import type { Caller } from './caller.ts';
import { SysError } from './errno.ts';
import { EMPTY, type FileNode, type GeneratedNode, OpenFile, RemoteNode, type VNode } from './vfs-node.ts';

export interface OpenFlags {
  read?: boolean;
  write?: boolean;
  create?: boolean;
  exclusive?: boolean;
  truncate?: boolean;
  append?: boolean;
  /** Permission bits of a file that is created, before umask. */
  mode?: number;
}

/** An open regular file (or folder, which can't be read). */
export class MemoryFile extends OpenFile {
  override readonly node: VNode;
  override readonly path: string;
  position = 0;
  readonly #flags: OpenFlags;
  readonly #now: () => number;
  readonly #maxSize: number | undefined;

  constructor(node: VNode, path: string, flags: OpenFlags, now: () => number, maxSize?: number) {
    super();
    this.node = node;
    this.path = path;
    this.#flags = flags;
    this.#now = now;
    this.#maxSize = maxSize;
  }

  #file(): FileNode {
    if (this.node.kind !== 'file') throw new SysError(this.node.kind === 'dir' ? 'EISDIR' : 'EINVAL');
    return this.node;
  }

  override async read(p: Caller, max: number): Promise<Uint8Array> {
    if (!this.#flags.read) throw new SysError('EBADF');
    const file = this.#file();
    const data =
      file instanceof RemoteNode ? await p.until(file.fetch(this.position, max)) : file.read(this.position, max);
    this.position += data.length;
    return data;
  }

  override async write(_p: Caller, data: Uint8Array): Promise<void> {
    this.writeNow(data);
  }

  writeNow(data: Uint8Array): void {
    if (!this.#flags.write) throw new SysError('EBADF');
    const file = this.#file();
    if (this.#flags.append) this.position = file.size;
    if (this.#maxSize !== undefined && this.position + data.length > this.#maxSize) throw new SysError('ENOSPC');
    file.write(this.position, data);
    file.mtime = this.#now();
    this.position += data.length;
  }

  override seek(position: number): number {
    this.position = Math.max(0, position);
    return this.position;
  }
}

/** A file of /proc: its text as it was when it was opened. */
export class TextFile extends OpenFile {
  override readonly node: GeneratedNode;
  override readonly path: string;
  readonly #data: Uint8Array;
  #position = 0;

  constructor(node: GeneratedNode, path: string, text: string) {
    super();
    this.node = node;
    this.path = path;
    this.#data = new TextEncoder().encode(text);
  }

  override async read(_p: Caller, max: number): Promise<Uint8Array> {
    if (this.#position >= this.#data.length) return EMPTY;
    const data = this.#data.slice(this.#position, this.#position + max);
    this.#position += data.length;
    return data;
  }

  override seek(position: number): number {
    this.#position = position;
    return position;
  }
}
