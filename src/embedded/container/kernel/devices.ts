import { randomFillSync } from 'node:crypto';
import type { Caller } from './caller.ts';
import { SysError } from './errno.ts';
import { NullFile } from './null-file.ts';
import { TtyFile } from './tty.ts';
import { DeviceNode, DirNode, LinkNode, OpenFile } from './vfs-node.ts';

class ZeroFile extends OpenFile {
  override readonly path: string = '/dev/zero';

  override async read(_p: Caller, max: number): Promise<Uint8Array> {
    return new Uint8Array(max);
  }

  override async write(): Promise<void> {}
}

class RandomFile extends OpenFile {
  override readonly path = '/dev/urandom';

  override async read(p: Caller, max: number): Promise<Uint8Array> {
    await p.step(max >> 6);
    return randomFillSync(new Uint8Array(max));
  }

  override async write(): Promise<void> {}
}

class FullFile extends ZeroFile {
  override readonly path = '/dev/full';

  override async write(): Promise<void> {
    throw new SysError('ENOSPC');
  }
}

/** /dev of a container. */
export function createDev(now: number): DirNode {
  return new DirNode(0o755, now, (dev) => {
    const device = (name: string, minor: number, open: (p: Caller) => OpenFile, major = 1) =>
      dev.set(name, new DeviceNode(0o666, now, open, { major, minor }));
    device('null', 3, () => new NullFile());
    device('zero', 5, () => new ZeroFile());
    device('full', 7, () => new FullFile());
    device('random', 8, () => new RandomFile());
    device('urandom', 9, () => new RandomFile());
    device(
      'tty',
      0,
      (p) => {
        if (!p.tty) throw new SysError('EIO');
        return new TtyFile(p.tty);
      },
      5,
    );
    dev.set('fd', new LinkNode('/proc/self/fd', now));
    dev.set('stdin', new LinkNode('/proc/self/fd/0', now));
    dev.set('stdout', new LinkNode('/proc/self/fd/1', now));
    dev.set('stderr', new LinkNode('/proc/self/fd/2', now));
    const shm = new DirNode(0o1777, now);
    dev.set('shm', shm);
    const pts = new DirNode(0o755, now);
    dev.set('pts', pts);
    dev.set('mqueue', new DirNode(0o1777, now));
  });
}
