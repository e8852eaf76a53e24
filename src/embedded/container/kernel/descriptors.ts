import { SysError } from './errno.ts';
import type { OpenFile } from './vfs-node.ts';

/** As `ulimit -n` says. */
const MOST = 1024;

/** The descriptors of one process: what each of them means, which stays open for as long. */
export class Descriptors extends Map<number, OpenFile> {
  /** Throws EBADF. */
  file(fd: number): OpenFile {
    const file = this.get(fd);
    if (!file) throw new SysError('EBADF');
    return file;
  }

  /** Makes `fd` mean `file`; what it meant before is closed. */
  replace(fd: number, file: OpenFile | undefined): void {
    const old = this.get(fd);
    if (file) this.set(fd, file.ref());
    else this.delete(fd);
    old?.unref();
  }

  /** The lowest free descriptor from `from` up, now meaning `file`. Throws EMFILE. */
  add(file: OpenFile, from: number): number {
    let fd = from;
    while (this.has(fd)) fd++;
    if (fd >= MOST) throw new SysError('EMFILE');
    this.set(fd, file.ref());
    return fd;
  }

  closeAll(): void {
    for (const file of this.values()) file.unref();
    this.clear();
  }
}
