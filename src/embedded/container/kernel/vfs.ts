/**
 * One container's view of files: a root of its own, with volumes mounted over it. Everything is in memory, so the
 * calls are synchronous; they throw SysError.
 */
import type { Caller, MountEntry } from './caller.ts';
import { SysError } from './errno.ts';
import type { DiskAccount } from './memory.ts';
import { MemoryFile, type OpenFlags, TextFile } from './regular-file.ts';
import type { OpenFile } from './vfs-node.ts';
import { DirNode, FileNode, LinkNode, RemoteNode, sizeOf, type VNode } from './vfs-node.ts';

/** What is read at once of a file that is read to its end. */
const PIECE_BYTES = 64 * 1024;

export interface Mount extends MountEntry {
  node: VNode;
  /** Bytes that fit in, for df; undefined: the node's disk. */
  size?: number;
  account?: DiskAccount;
  /** Where `node` is on the disk of the node; undefined: it is not there. */
  hostPath?: string;
}

/** Where a path leads. */
export interface Place {
  node: VNode;
  mount: Mount;
  /** Without links. */
  path: string;
  name: string;
  parent: Place | undefined;
}

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

const MAX_LINKS = 40;

export class Vfs {
  readonly root: Mount;
  readonly mounts: Mount[] = [];
  #covers = new Map<VNode, Mount>();
  readonly #now: () => number;

  constructor(root: Mount, now: () => number) {
    this.root = root;
    this.#now = now;
  }

  /** Puts `mount` over what is at its path now; folders that are missing are made, whatever the root's mode. */
  mountAt(p: Caller, mount: Mount): void {
    const parts = mount.path.split('/').filter(Boolean);
    let place = this.#rootPlace();
    parts.forEach((name, i) => {
      const dir = place.node;
      if (dir.kind !== 'dir') throw new SysError('ENOTDIR');
      let node = dir.get(name);
      const last = i === parts.length - 1;
      if (!node) {
        node = last && mount.node.kind !== 'dir' ? new FileNode(0o644, this.#now()) : new DirNode(0o755, this.#now());
        dir.set(name, node);
      }
      if (node.kind === 'link') place = this.resolve(p, `${place.path}/${name}`);
      else place = this.#enter(place, name, node);
    });
    this.#covers.set(place.node, mount);
    this.mounts.push(mount);
  }

  /** The same files with a folder of them as the root: what is outside of it can't be reached. */
  below(place: Place): Vfs {
    const { node, mount, path } = place;
    const inner = new Vfs({ ...mount, node, path: '/' }, this.#now);
    inner.#covers = this.#covers;
    const prefix = path === '/' ? '' : path;
    for (const m of this.mounts) {
      if (m.path.startsWith(`${prefix}/`)) inner.mounts.push({ ...m, path: m.path.slice(prefix.length) });
    }
    return inner;
  }

  #rootPlace(): Place {
    return { node: this.root.node, mount: this.root, path: '/', name: '/', parent: undefined };
  }

  #enter(dir: Place, name: string, node: VNode): Place {
    const mount = this.#covers.get(node);
    const path = dir.path === '/' ? `/${name}` : `${dir.path}/${name}`;
    return { node: mount?.node ?? node, mount: mount ?? dir.mount, path, name, parent: dir };
  }

  /** Follows `path`; without `followLast` a link at its end is the answer itself. */
  resolve(p: Caller, path: string, followLast = true): Place {
    const place = this.#walk(p, path, followLast);
    if (!place) throw new SysError('ENOENT');
    return place;
  }

  /** Like resolve, but undefined where nothing is. */
  find(p: Caller, path: string, followLast = true): Place | undefined {
    try {
      return this.#walk(p, path, followLast);
    } catch (error) {
      if (error instanceof SysError) return undefined;
      throw error;
    }
  }

  /** The folder that holds the last name of `path`, and that name; links at the end are not followed. */
  #parentOf(p: Caller, path: string): { dir: Place; node: DirNode; name: string } {
    const clean = path.replace(/\/+$/, '');
    const cut = clean.lastIndexOf('/');
    const name = clean.slice(cut + 1);
    const dir = this.resolve(p, cut < 0 ? '.' : cut === 0 ? '/' : clean.slice(0, cut));
    if (dir.node.kind !== 'dir') throw new SysError('ENOTDIR');
    if (name.length > 255) throw new SysError('ENAMETOOLONG');
    return { dir, node: dir.node, name };
  }

  /** undefined: the last name does not exist; a missing folder before it throws ENOENT. */
  #walk(p: Caller, path: string, followLast: boolean): Place | undefined {
    if (path === '') throw new SysError('ENOENT');
    const queue = (path.startsWith('/') ? path : `${p.cwd}/${path}`).split('/').filter(Boolean);
    let place = this.#rootPlace();
    let links = 0;
    const trailing = path.endsWith('/');
    while (queue.length > 0) {
      const name = queue.shift() as string;
      if (place.node.kind !== 'dir') throw new SysError('ENOTDIR');
      if (name === '.') continue;
      if (name === '..') {
        place = place.parent ?? place;
        continue;
      }
      this.check(p, place.node, 1);
      const node = place.node.get(name, p);
      if (!node) {
        if (queue.length > 0) throw new SysError('ENOENT');
        return undefined;
      }
      const entered = this.#enter(place, name, node);
      if (entered.node.kind === 'link' && (queue.length > 0 || followLast || trailing)) {
        if (++links > MAX_LINKS) throw new SysError('ELOOP');
        const target = entered.node.target;
        queue.unshift(...target.split('/').filter(Boolean));
        if (target.startsWith('/')) place = this.#rootPlace();
        continue;
      }
      place = entered;
    }
    if (trailing && place.node.kind !== 'dir') throw new SysError('ENOTDIR');
    return place;
  }

  /** Throws EACCES unless the process may read (4), write (2), execute or search (1) the node. */
  check(p: Caller, node: VNode, mask: number): void {
    if (!this.may(p, node, mask)) throw new SysError('EACCES');
  }

  may(p: Caller, node: VNode, mask: number): boolean {
    if (p.uid === 0) return (mask & 1) === 0 || node.kind === 'dir' || (node.mode & 0o111) !== 0;
    const shift = node.uid === p.uid ? 6 : p.inGroup(node.gid) ? 3 : 0;
    return ((node.mode >> shift) & mask) === mask;
  }

  #mustWrite(p: Caller, dir: Place): void {
    if (dir.mount.readOnly) throw new SysError('EROFS');
    this.check(p, dir.node, 3);
  }

  stat(p: Caller, path: string, followLast = true): FileStat {
    return statOf(this.resolve(p, path, followLast).node);
  }

  open(p: Caller, path: string, flags: OpenFlags): OpenFile {
    let place: Place | undefined;
    try {
      place = this.#walk(p, path, true);
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
    this.check(p, node, (flags.read ? 4 : 0) | (flags.write ? 2 : 0));
    if (node.kind === 'device') return node.open(p);
    if (node.kind === 'generated') return new TextFile(node, place.path, node.text(p));
    if (node.kind === 'file' && flags.truncate && flags.write) {
      node.truncate(0);
      node.mtime = this.#now();
    }
    return new MemoryFile(node, place.path, flags, this.#now, place.mount.size);
  }

  #create(p: Caller, path: string, flags: OpenFlags): OpenFile {
    // A dangling link: the file is made where it points to.
    const dangling = this.find(p, path, false);
    if (dangling?.node.kind === 'link') {
      const target = dangling.node.target;
      const parent = dangling.parent?.path ?? '/';
      return this.open(p, target.startsWith('/') ? target : `${parent}/${target}`, flags);
    }
    const { dir, node, name } = this.#parentOf(p, path);
    this.#mustWrite(p, dir);
    const file = new FileNode(
      (flags.mode ?? 0o666) & ~p.umask,
      this.#now(),
      undefined,
      dir.mount.account ?? p.container.disk,
    );
    this.#own(p, node, file);
    node.set(name, file);
    node.mtime = this.#now();
    return new MemoryFile(file, `${dir.path === '/' ? '' : dir.path}/${name}`, flags, this.#now, dir.mount.size);
  }

  #own(p: Caller, dir: DirNode, node: VNode): void {
    node.uid = p.uid;
    node.gid = dir.mode & 0o2000 ? dir.gid : p.gid;
    if (node.kind === 'dir' && dir.mode & 0o2000) node.mode |= 0o2000;
  }

  readFile(p: Caller, path: string): Uint8Array {
    const node = this.resolve(p, path).node;
    if (node.kind === 'dir') throw new SysError('EISDIR');
    this.check(p, node, 4);
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
    this.check(p, place.node, 4);
    return place.node.names(p);
  }

  mkdir(p: Caller, path: string, mode = 0o777): void {
    const { dir, node, name } = this.#parentOf(p, path);
    if (name === '' || name === '.' || name === '..' || node.get(name, p)) throw new SysError('EEXIST');
    this.#mustWrite(p, dir);
    const made = new DirNode(mode & ~p.umask, this.#now());
    this.#own(p, node, made);
    node.set(name, made);
    node.nlink++;
    node.mtime = this.#now();
  }

  rmdir(p: Caller, path: string): void {
    const { dir, node, name } = this.#parentOf(p, path);
    const victim = node.get(name, p);
    if (!victim) throw new SysError('ENOENT');
    if (victim.kind !== 'dir') throw new SysError('ENOTDIR');
    this.#mustRemove(p, dir, victim);
    if (!victim.empty) throw new SysError('ENOTEMPTY');
    node.remove(name);
    node.nlink--;
    node.mtime = this.#now();
  }

  unlink(p: Caller, path: string): void {
    const { dir, node, name } = this.#parentOf(p, path);
    const victim = node.get(name, p);
    if (!victim) throw new SysError('ENOENT');
    if (victim.kind === 'dir') throw new SysError('EISDIR');
    this.#mustRemove(p, dir, victim);
    node.remove(name);
    node.mtime = this.#now();
    if (--victim.nlink === 0 && victim.kind === 'file') victim.release();
  }

  #mustRemove(p: Caller, dir: Place, victim: VNode): void {
    this.#mustWrite(p, dir);
    if (this.#covers.has(victim)) throw new SysError('EBUSY');
    const sticky = (dir.node.mode & 0o1000) !== 0;
    if (sticky && p.uid !== 0 && p.uid !== victim.uid && p.uid !== dir.node.uid) throw new SysError('EPERM');
  }

  rename(p: Caller, from: string, to: string): void {
    const source = this.#parentOf(p, from);
    const victim = source.node.get(source.name, p);
    if (!victim) throw new SysError('ENOENT');
    const target = this.#parentOf(p, to);
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
    source.node.mtime = this.#now();
    target.node.mtime = this.#now();
  }

  symlink(p: Caller, target: string, path: string): void {
    const { dir, node, name } = this.#parentOf(p, path);
    if (node.get(name, p)) throw new SysError('EEXIST');
    this.#mustWrite(p, dir);
    const link = new LinkNode(target, this.#now());
    this.#own(p, node, link);
    node.set(name, link);
    node.mtime = this.#now();
  }

  link(p: Caller, from: string, to: string): void {
    const source = this.resolve(p, from, false);
    if (source.node.kind === 'dir') throw new SysError('EPERM');
    const { dir, node, name } = this.#parentOf(p, to);
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
    if (place.node.uid !== p.uid) this.check(p, place.node, 2);
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
