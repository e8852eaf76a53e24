/** The file systems of nodes, which hostPath volumes and the nodes' own processes share. */
import type { NodeEntries, NodeEntry, NodeLog } from '../../node-api.ts';
import { DiskAccount } from './memory.ts';
import { DirNode, type FetchPiece, FileNode, LinkNode, RemoteNode, type VNode } from './vfs-node.ts';

const MAX_LINKS = 40;
/** How long changes are gathered before they are notified, milliseconds. */
const GATHER_MS = 5;

const podLogs = '/var/log/pods';
/** As containerd makes them: root only. */
const logMode = 0o640;

const split = (path: string): [dir: string, name: string] => {
  const cut = path.lastIndexOf('/');
  return [path.slice(0, cut) || '/', path.slice(cut + 1)];
};

/** Why a path is not what a hostPath volume says of it; the message is the kubelet's. */
export class HostPathError extends Error {}

/** Everything on the disk of one node. */
export class HostTree {
  readonly root: DirNode;
  readonly account = new DiskAccount();
  readonly #now: () => number;
  #roots: readonly string[] = [];
  /** The links of /var/log/containers by the logs that they lead to. */
  readonly #links = new Map<string, string>();
  #reported: ((entries: NodeEntries) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(root: DirNode, now: () => number) {
    this.root = root;
    this.#now = now;
  }

  /**
   * Puts `entries` in place of all that is below `roots` (folders); other entries are written beside what is there. From
   * then on `reported` hears of what is below the roots whenever it has changed.
   */
  keep(roots: readonly string[], entries: NodeEntries, reported: (entries: NodeEntries) => void): void {
    this.#roots = roots;
    this.#reported = undefined;
    for (const path of roots) {
      const dir = this.#folder(path);
      dir.observe(undefined);
      for (const name of dir.names()) dir.remove(name);
    }
    for (const [path, entry] of Object.entries(entries)) this.#put(path, entry);
    for (const path of roots) this.#folder(path).observe(() => this.#changed());
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#reported = reported;
  }

  /** Tells no more. */
  dispose(): void {
    this.#reported = undefined;
    clearTimeout(this.#timer);
  }

  /** Puts the log of a container where containerd and the kubelet have it; `fetch` reads it. Again: how long it is now. */
  showLog({ path, link, size }: NodeLog, fetch: FetchPiece): void {
    const now = this.#now();
    const known = this.find(path);
    if (known instanceof RemoteNode) return known.grown(size, now);
    const [dir, name] = split(path);
    this.#folder(dir).set(name, new RemoteNode(logMode, now, size, fetch));
    const [linkDir, linkName] = split(link);
    this.#folder(linkDir).set(linkName, new LinkNode(path, now));
    this.#links.set(path, link);
  }

  /** Takes a log away, with the folders that were there for it alone. */
  hideLog(path: string): void {
    this.#unlink(path);
    const link = this.#links.get(path);
    this.#links.delete(path);
    if (link !== undefined) this.#unlink(link);
    for (let [dir] = split(path); dir.startsWith(`${podLogs}/`); [dir] = split(dir)) {
      const node = this.find(dir);
      if (node?.kind !== 'dir' || !node.empty) return;
      this.#unlink(dir);
    }
  }

  #unlink(path: string): void {
    const [dir, name] = split(path);
    const node = this.find(dir);
    if (node?.kind === 'dir') node.remove(name);
  }

  /** What a path leads to; links stay inside of the tree. Undefined: nothing is there. */
  find(path: string): VNode | undefined {
    return this.#walk(path, (dir, name) => dir.get(name));
  }

  /**
   * What a hostPath volume of that `type` mounts. With the types that ask for it, or with none (then it is the runtime
   * that does it), what is missing is created; folders with `mode`.
   * @throws HostPathError
   */
  mountable(path: string, type: string, mode = 0o755): VNode {
    const found = this.find(path);
    const failed = (what: string) => new HostPathError(`hostPath type check failed: ${path} is not a ${what}`);
    switch (type) {
      case 'Directory':
      case 'DirectoryOrCreate':
        if (found ? found.kind !== 'dir' : type === 'Directory') throw failed('directory');
        break;
      case 'File':
      case 'FileOrCreate':
        if (found ? found.kind === 'dir' : type === 'File') throw failed('file');
        if (!found) return this.#newFile(path);
        break;
      case 'Socket':
        throw failed('socket file');
      case 'CharDevice':
        if (found?.kind !== 'device') throw failed('character device');
        break;
      case 'BlockDevice':
        throw failed('block device');
    }
    return found ?? this.#folder(path, mode);
  }

  #newFile(path: string): FileNode {
    const cut = path.lastIndexOf('/');
    const dir = this.find(path.slice(0, cut) || '/');
    if (dir?.kind !== 'dir') throw new HostPathError(`open ${path}: no such file or directory`);
    const file = new FileNode(0o644, this.#now(), undefined, this.account);
    dir.set(path.slice(cut + 1), file);
    return file;
  }

  /** The folder at a path, made with all that lead to it. What is no folder on the way is a HostPathError. */
  #folder(path: string, mode = 0o755): DirNode {
    const node = this.#walk(path, (dir, name) => {
      const known = dir.get(name);
      if (known) return known;
      const created = new DirNode(mode, this.#now());
      dir.set(name, created);
      return created;
    });
    if (node?.kind !== 'dir') throw new HostPathError(`mkdir ${path}: not a directory`);
    return node;
  }

  #walk(path: string, enter: (dir: DirNode, name: string) => VNode | undefined): VNode | undefined {
    const queue = path.split('/').filter(Boolean);
    const way: DirNode[] = [this.root];
    let links = 0;
    let node: VNode = this.root;
    while (queue.length > 0) {
      const name = queue.shift() ?? '';
      if (name === '.') continue;
      if (name === '..') {
        if (way.length > 1) way.pop();
        node = way.at(-1) ?? this.root;
        continue;
      }
      if (node.kind !== 'dir') return undefined;
      const next = enter(node, name);
      if (!next) return undefined;
      if (next.kind === 'link') {
        if (++links > MAX_LINKS) return undefined;
        queue.unshift(...next.target.split('/').filter(Boolean));
        if (next.target.startsWith('/')) way.length = 1;
        node = way.at(-1) ?? this.root;
        continue;
      }
      node = next;
      if (node.kind === 'dir') way.push(node);
    }
    return node;
  }

  #put(path: string, entry: NodeEntry): void {
    if (entry.kind === 'dir') {
      this.#folder(path).mode = entry.mode;
      return;
    }
    const cut = path.lastIndexOf('/');
    const dir = this.#folder(path.slice(0, cut));
    const now = this.#now();
    const node =
      entry.kind === 'link'
        ? new LinkNode(entry.target, now)
        : new FileNode(entry.mode, now, entry.content, this.account);
    dir.set(path.slice(cut + 1), node);
  }

  /** Tells at once what has not been reported yet. */
  flush(): void {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#reported?.(this.#collect());
  }

  #changed(): void {
    if (this.#reported) this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  #collect(): NodeEntries {
    const entries: Record<string, NodeEntry> = {};
    const add = (path: string, node: VNode) => {
      if (node.kind === 'link') entries[path] = { kind: 'link', target: node.target };
      if (node.kind === 'file') entries[path] = { kind: 'file', mode: node.mode, content: node.content.slice() };
      if (node.kind !== 'dir') return;
      entries[path] = { kind: 'dir', mode: node.mode };
      for (const name of node.names()) {
        const child = node.get(name);
        if (child) add(`${path}/${name}`, child);
      }
    };
    for (const path of this.#roots) {
      const node = this.find(path);
      if (node) add(path, node);
    }
    return entries;
  }
}
