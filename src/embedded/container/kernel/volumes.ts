/** Volumes of one cluster, by id; shared between containers. */
import { HostTree } from './host-tree.ts';
import { DiskAccount } from './memory.ts';
import { DirNode, FileNode, LinkNode, type VNode } from './vfs-node.ts';

export type Files = Readonly<Record<string, { content: Uint8Array; mode: number }>>;

/** A projected, configMap, secret or downwardAPI volume: files behind `..data`, swapped at once as the kubelet does. */
export class FilesVolume {
  readonly root: DirNode;
  #generation = '';
  readonly #now: () => number;
  readonly gid: number;

  constructor(files: Files, now: () => number, gid: number | undefined) {
    this.#now = now;
    this.gid = gid ?? 0;
    this.root = new DirNode(gid === undefined ? 0o1777 : 0o3777, now());
    this.root.gid = this.gid;
    this.update(files);
  }

  /** Replaces the content: a new folder, then `..data` points to it. Open files keep what they had. */
  update(files: Files): void {
    const now = this.#now();
    const stamp = new Date(now).toISOString().replace(/[-:]/g, '_').replace('T', '_').slice(0, 19);
    const name = `..${stamp}.${String(Math.floor(Math.random() * 1e10)).padStart(10, '0')}`;
    const folder = new DirNode(0o755, now);
    for (const [path, file] of Object.entries(files)) this.#put(folder, path.split('/').filter(Boolean), file, now);
    this.root.set(name, folder);
    this.root.set('..data', new LinkNode(name, now));
    const visible = new Set(folder.names());
    for (const entry of this.root.names()) {
      if (!entry.startsWith('..') && !visible.has(entry)) this.root.remove(entry);
    }
    for (const entry of visible) if (!this.root.get(entry)) this.root.set(entry, new LinkNode(`..data/${entry}`, now));
    if (this.#generation !== '') this.root.remove(this.#generation);
    this.#generation = name;
    this.root.mtime = now;
  }

  #put(folder: DirNode, path: string[], file: { content: Uint8Array; mode: number }, now: number): void {
    let dir = folder;
    for (const part of path.slice(0, -1)) {
      let next = dir.get(part);
      if (next?.kind !== 'dir') {
        next = new DirNode(0o755, now);
        dir.set(part, next);
      }
      dir = next;
    }
    const node = new FileNode(file.mode, now, file.content);
    node.gid = this.gid;
    dir.set(path.at(-1) ?? '', node);
  }
}

/** An emptyDir: a writable tree. */
export class TreeVolume {
  readonly root: DirNode;
  readonly account: DiskAccount;

  constructor(now: number, gid: number | undefined, size: number | undefined) {
    this.root = new DirNode(gid === undefined ? 0o777 : 0o2777, now);
    this.root.gid = gid ?? 0;
    this.account = new DiskAccount(size);
  }
}

export class Volumes {
  readonly #files = new Map<string, FilesVolume>();
  readonly #trees = new Map<string, TreeVolume>();
  readonly #hosts = new Map<string, HostTree>();
  readonly #now: () => number;
  readonly #system: () => DirNode;

  /** `system`: the root of a node on which nothing has been changed yet. */
  constructor(now: () => number, system: () => DirNode) {
    this.#now = now;
    this.#system = system;
  }

  /** The file system of a node. */
  host(nodeName: string): HostTree {
    let tree = this.#hosts.get(nodeName);
    if (!tree) {
      tree = new HostTree(this.#system(), this.#now);
      this.#hosts.set(nodeName, tree);
    }
    return tree;
  }

  /** Nobody needs them any more. */
  dispose(): void {
    for (const host of this.#hosts.values()) host.dispose();
  }

  files(id: string, files: Files, gid: number | undefined): FilesVolume {
    let volume = this.#files.get(id);
    if (volume) volume.update(files);
    else {
      volume = new FilesVolume(files, this.#now, gid);
      this.#files.set(id, volume);
    }
    return volume;
  }

  tree(id: string, gid: number | undefined, size: number | undefined): TreeVolume {
    let volume = this.#trees.get(id);
    if (!volume) {
      volume = new TreeVolume(this.#now(), gid, size);
      this.#trees.set(id, volume);
    }
    return volume;
  }

  update(id: string, files: Files): void {
    this.#files.get(id)?.update(files);
  }

  remove(id: string): void {
    this.#files.delete(id);
    this.#trees.delete(id);
  }
}

/** Follows `subPath` inside a volume; folders that are missing are created (a kubelet does that for trees). */
export function subPathOf(root: DirNode, subPath: string, now: number): VNode {
  let node: VNode = root;
  for (const part of subPath.split('/').filter((s) => s !== '' && s !== '.')) {
    if (node.kind !== 'dir') break;
    let next: VNode | undefined = node.get(part);
    if (next?.kind === 'link') next = followInside(root, next.target);
    if (!next) {
      next = new DirNode(0o755, now);
      node.set(part, next);
    }
    node = next;
  }
  return node;
}

function followInside(root: DirNode, target: string): VNode | undefined {
  let node: VNode | undefined = root;
  for (const part of target.split('/')) {
    node = node?.kind === 'dir' ? node.get(part) : undefined;
    if (node?.kind === 'link') node = followInside(root, node.target);
  }
  return node;
}
