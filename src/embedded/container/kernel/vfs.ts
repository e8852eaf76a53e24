/**
 * One container's view of files: a root of its own, with volumes mounted over it. Everything is in memory, so the
 * calls are synchronous; they throw SysError.
 */
import type { Caller } from './caller.ts';
import { SysError } from './errno.ts';
import { MountTree, type Place } from './mount-tree.ts';
import { check, checkSticky, may, own } from './permissions.ts';
import { MemoryFile, type OpenFlags, TextFile } from './regular-file.ts';
import { DirNode, FileNode, LinkNode, type OpenFile, RemoteNode, sizeOf, type VNode } from './vfs-node.ts';

/** What is read at once of a file that is read to its end. */
const PIECE_BYTES = 64 * 1024;

export interface FileStat {
  node: VNode;
  kind: VNode['kind'];
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: number;
  nlink: number;
  ino: number;
}

/**
 * The calls that programs make on files. Large because it is the one table of them, as POSIX has them; where paths lead and who may
 * what is beside it.
 */
export class Vfs extends MountTree {
  /** The same files with a folder of them as the root: what is outside of it can't be reached. */
  below(place: Place): Vfs {
    const { node, mount, path } = place;
    const inner = new Vfs({ ...mount, node, path: '/' }, this.now);
    inner.covers = this.covers;
    const prefix = path === '/' ? '' : path;
    for (const m of this.mounts) {
      if (m.path.startsWith(`${prefix}/`)) inner.mounts.push({ ...m, path: m.path.slice(prefix.length) });
    }
    return inner;
  }

  /** Throws EACCES unless the process may read (4), write (2), execute or search (1) the node. */
  check(p: Caller, node: VNode, mask: number): void {
    check(p, node, mask);
  }

  may(p: Caller, node: VNode, mask: number): boolean {
    return may(p, node, mask);
  }

  #mustWrite(p: Caller, dir: Place): void {
    if (dir.mount.readOnly) throw new SysError('EROFS');
    check(p, dir.node, 3);
  }

  stat(p: Caller, path: string, followLast = true): FileStat {
    return statOf(this.resolve(p, path, followLast).node);
  }

  open(p: Caller, path: string, flags: OpenFlags): OpenFile {
    let place: Place | undefined;
    try {
      place = this.walk(p, path, true);
    } catch (error) {
      if (flags.write && error instanceof SysError && error.code === 'ENOTDIR' && path.endsWith('/')) {
        throw new SysError('EISDIR');
      }
      throw error;
    }
    if (!place) {
      if (!flags.create) throw new SysError('ENOENT');
      if (path.endsWith('/')) throw new SysError('EISDIR');
      return this.#create(p, path, flags);
    }
    if (flags.create && flags.exclusive) throw new SysError('EEXIST');
    const node = place.node;
    if (node.kind === 'dir' && flags.write) throw new SysError('EISDIR');
    if (node.kind === 'link') throw new SysError('ELOOP');
    if (flags.write && place.mount.readOnly && node.kind === 'file') throw new SysError('EROFS');
    check(p, node, (flags.read ? 4 : 0) | (flags.write ? 2 : 0));
    if (node.kind === 'device') return node.open(p);
    if (node.kind === 'generated') return new TextFile(node, place.path, node.text(p));
    if (node.kind === 'file' && flags.truncate && flags.write) {
      node.truncate(0);
      node.mtime = this.now();
    }
    return new MemoryFile(node, place.path, flags, this.now, place.mount.size);
  }

  #create(p: Caller, path: string, flags: OpenFlags): OpenFile {
    // A dangling link: the file is made where it points to.
    const dangling = this.find(p, path, false);
    if (dangling?.node.kind === 'link') {
      const target = dangling.node.target;
      const parent = dangling.parent?.path ?? '/';
      return this.open(p, target.startsWith('/') ? target : `${parent}/${target}`, flags);
    }
    const { dir, node, name } = this.parentOf(p, path);
    this.#mustWrite(p, dir);
    const file = new FileNode(
      (flags.mode ?? 0o666) & ~p.umask,
      this.now(),
      undefined,
      dir.mount.account ?? p.container.disk,
    );
    own(p, node, file);
    node.set(name, file);
    node.mtime = this.now();
    return new MemoryFile(file, `${dir.path === '/' ? '' : dir.path}/${name}`, flags, this.now, dir.mount.size);
  }

  readFile(p: Caller, path: string): Uint8Array {
    const node = this.resolve(p, path).node;
    if (node.kind === 'dir') throw new SysError('EISDIR');
    check(p, node, 4);
    if (node.kind === 'file') return node.content.slice();
    if (node.kind === 'generated') return new TextEncoder().encode(node.text(p));
    return new Uint8Array(0);
  }

  /** The whole of a file, also of one whose content is somewhere else. */
  async readFileSlowly(p: Caller, path: string): Promise<Uint8Array> {
    if (!(this.resolve(p, path).node instanceof RemoteNode)) return this.readFile(p, path);
    const file = this.open(p, path, { read: true }).ref();
    const pieces: Uint8Array[] = [];
    try {
      for (;;) {
        const piece = await file.read(p, PIECE_BYTES);
        if (piece.length === 0) return Buffer.concat(pieces);
        pieces.push(piece);
      }
    } finally {
      file.unref();
    }
  }

  readText(p: Caller, path: string): string {
    return new TextDecoder().decode(this.readFile(p, path));
  }

  /** Replaces the content, making the file if need be. */
  writeFile(p: Caller, path: string, content: string | Uint8Array, mode = 0o666): void {
    const file = this.open(p, path, { write: true, create: true, truncate: true, mode }).ref();
    try {
      if (file instanceof MemoryFile) {
        file.writeNow(typeof content === 'string' ? new TextEncoder().encode(content) : content);
      }
    } finally {
      file.unref();
    }
  }

  readdir(p: Caller, path: string): string[] {
    const place = this.resolve(p, path);
    if (place.node.kind !== 'dir') throw new SysError('ENOTDIR');
    check(p, place.node, 4);
    return place.node.names(p);
  }

  mkdir(p: Caller, path: string, mode = 0o777): void {
    const { dir, node, name } = this.parentOf(p, path);
    if (name === '' || name === '.' || name === '..' || node.get(name, p)) throw new SysError('EEXIST');
    this.#mustWrite(p, dir);
    const made = new DirNode(mode & ~p.umask, this.now());
    own(p, node, made);
    node.set(name, made);
    node.nlink++;
    node.mtime = this.now();
  }

  rmdir(p: Caller, path: string): void {
    const { dir, node, name } = this.parentOf(p, path);
    const victim = node.get(name, p);
    if (!victim) throw new SysError('ENOENT');
    if (victim.kind !== 'dir') throw new SysError('ENOTDIR');
    this.#mustRemove(p, dir, victim);
    if (!victim.empty) throw new SysError('ENOTEMPTY');
    node.remove(name);
    node.nlink--;
    node.mtime = this.now();
  }

  unlink(p: Caller, path: string): void {
    const { dir, node, name } = this.parentOf(p, path);
    const victim = node.get(name, p);
    if (!victim) throw new SysError('ENOENT');
    if (victim.kind === 'dir') throw new SysError('EISDIR');
    this.#mustRemove(p, dir, victim);
    node.remove(name);
    node.mtime = this.now();
    if (--victim.nlink === 0 && victim.kind === 'file') victim.release();
  }

  #mustRemove(p: Caller, dir: Place, victim: VNode): void {
    this.#mustWrite(p, dir);
    if (this.covers.has(victim)) throw new SysError('EBUSY');
    checkSticky(p, dir.node, victim);
  }

  rename(p: Caller, from: string, to: string): void {
    const source = this.parentOf(p, from);
    const victim = source.node.get(source.name, p);
    if (!victim) throw new SysError('ENOENT');
    const target = this.parentOf(p, to);
    if (source.dir.mount !== target.dir.mount) throw new SysError('EXDEV');
    this.#mustRemove(p, source.dir, victim);
    this.#mustWrite(p, target.dir);
    if (
      victim.kind === 'dir' &&
      `${target.dir.path}/`.startsWith(`${source.dir.path.replace(/\/$/, '')}/${source.name}/`)
    ) {
      throw new SysError('EINVAL');
    }
    const existing = target.node.get(target.name, p);
    if (existing === victim) return;
    if (existing) {
      if (existing.kind === 'dir' && victim.kind !== 'dir') throw new SysError('EISDIR');
      if (existing.kind !== 'dir' && victim.kind === 'dir') throw new SysError('ENOTDIR');
      if (existing.kind === 'dir' && !existing.empty) throw new SysError('ENOTEMPTY');
      this.#mustRemove(p, target.dir, existing);
      if (existing.kind === 'file' && --existing.nlink === 0) existing.release();
    }
    source.node.remove(source.name);
    target.node.set(target.name, victim);
    source.node.mtime = this.now();
    target.node.mtime = this.now();
  }

  symlink(p: Caller, target: string, path: string): void {
    const { dir, node, name } = this.parentOf(p, path);
    if (node.get(name, p)) throw new SysError('EEXIST');
    this.#mustWrite(p, dir);
    const link = new LinkNode(target, this.now());
    own(p, node, link);
    node.set(name, link);
    node.mtime = this.now();
  }

  link(p: Caller, from: string, to: string): void {
    const source = this.resolve(p, from, false);
    if (source.node.kind === 'dir') throw new SysError('EPERM');
    const { dir, node, name } = this.parentOf(p, to);
    if (node.get(name, p)) throw new SysError('EEXIST');
    if (dir.mount !== source.mount) throw new SysError('EXDEV');
    this.#mustWrite(p, dir);
    node.set(name, source.node);
    source.node.nlink++;
  }

  readlink(p: Caller, path: string): string {
    const { node } = this.resolve(p, path, false);
    if (node.kind === 'link') return node.target;
    if (node.kind === 'device' && node.linkText !== undefined) return node.linkText;
    throw new SysError('EINVAL');
  }

  realpath(p: Caller, path: string): string {
    return this.resolve(p, path).path;
  }

  chmod(p: Caller, path: string, mode: number): void {
    const place = this.#mustOwn(p, path, true);
    place.node.mode = mode & 0o7777;
    place.node.changed();
  }

  chown(p: Caller, path: string, uid: number | undefined, gid: number | undefined, followLast = true): void {
    const place = this.#mustOwn(p, path, followLast);
    if (p.uid !== 0 && ((uid !== undefined && uid !== place.node.uid) || (gid !== undefined && !p.inGroup(gid)))) {
      throw new SysError('EPERM');
    }
    if (uid !== undefined) place.node.uid = uid;
    if (gid !== undefined) place.node.gid = gid;
    place.node.changed();
  }

  utimes(p: Caller, path: string, mtime: number): void {
    const place = this.resolve(p, path);
    if (place.mount.readOnly) throw new SysError('EROFS');
    if (place.node.uid !== p.uid) check(p, place.node, 2);
    place.node.mtime = mtime;
  }

  #mustOwn(p: Caller, path: string, followLast: boolean): Place {
    const place = this.resolve(p, path, followLast);
    if (place.mount.readOnly) throw new SysError('EROFS');
    if (p.uid !== 0 && p.uid !== place.node.uid) throw new SysError('EPERM');
    return place;
  }
}

/** fstat of a node. */
export function statOf(node: VNode): FileStat {
  const { kind, mode, uid, gid, mtime, nlink, ino } = node;
  return { node, kind, mode, uid, gid, mtime, nlink, ino, size: sizeOf(node) };
}
