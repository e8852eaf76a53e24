/**
 * The tree of mounts that one container sees, and where paths lead in it. Everything is in memory, so the calls are
 * synchronous; they throw SysError.
 */
import type { Caller, MountEntry } from './caller.ts';
import { SysError } from './errno.ts';
import type { DiskAccount } from './memory.ts';
import { check } from './permissions.ts';
import { DirNode, FileNode, type VNode } from './vfs-node.ts';

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

const MAX_LINKS = 40;

/** A root with volumes mounted over it. */
export class MountTree {
  readonly root: Mount;
  readonly mounts: Mount[] = [];
  /** By the node that is covered. */
  protected covers = new Map<VNode, Mount>();
  protected readonly now: () => number;

  constructor(root: Mount, now: () => number) {
    this.root = root;
    this.now = now;
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
        node = last && mount.node.kind !== 'dir' ? new FileNode(0o644, this.now()) : new DirNode(0o755, this.now());
        dir.set(name, node);
      }
      if (node.kind === 'link') place = this.resolve(p, `${place.path}/${name}`);
      else place = this.#enter(place, name, node);
    });
    this.covers.set(place.node, mount);
    this.mounts.push(mount);
  }

  #rootPlace(): Place {
    return { node: this.root.node, mount: this.root, path: '/', name: '/', parent: undefined };
  }

  #enter(dir: Place, name: string, node: VNode): Place {
    const mount = this.covers.get(node);
    const path = dir.path === '/' ? `/${name}` : `${dir.path}/${name}`;
    return { node: mount?.node ?? node, mount: mount ?? dir.mount, path, name, parent: dir };
  }

  /** Follows `path`; without `followLast` a link at its end is the answer itself. */
  resolve(p: Caller, path: string, followLast = true): Place {
    const place = this.walk(p, path, followLast);
    if (!place) throw new SysError('ENOENT');
    return place;
  }

  /** Like resolve, but undefined where nothing is. */
  find(p: Caller, path: string, followLast = true): Place | undefined {
    try {
      return this.walk(p, path, followLast);
    } catch (error) {
      if (error instanceof SysError) return undefined;
      throw error;
    }
  }

  /** undefined: the last name does not exist; a missing folder before it throws ENOENT. */
  protected walk(p: Caller, path: string, followLast: boolean): Place | undefined {
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
      check(p, place.node, 1);
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

  /** The folder that holds the last name of `path`, and that name; links at the end are not followed. */
  protected parentOf(p: Caller, path: string): { dir: Place; node: DirNode; name: string } {
    const clean = path.replace(/\/+$/, '');
    const cut = clean.lastIndexOf('/');
    const name = clean.slice(cut + 1);
    const dir = this.resolve(p, cut < 0 ? '.' : cut === 0 ? '/' : clean.slice(0, cut));
    if (dir.node.kind !== 'dir') throw new SysError('ENOTDIR');
    if (name.length > 255) throw new SysError('ENAMETOOLONG');
    return { dir, node: dir.node, name };
  }
}
