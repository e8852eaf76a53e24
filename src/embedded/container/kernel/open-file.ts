import { SysError } from './errno.ts';
import type { Process } from './process.ts';
import type { VNode } from './vfs-node.ts';

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

  read(_p: Process, _max: number): Promise<Uint8Array> {
    throw new SysError('EBADF');
  }

  write(_p: Process, _data: Uint8Array): Promise<void> {
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

export const EMPTY = new Uint8Array(0);

/** /dev/null and its like. */
export class NullFile extends OpenFile {
  override readonly path = '/dev/null';

  override async read(): Promise<Uint8Array> {
    return EMPTY;
  }

  override async write(): Promise<void> {}
}
