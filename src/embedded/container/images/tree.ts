import { DirNode, FileNode, LinkNode } from '../kernel/vfs-node.ts';

type Entry =
  | { t: 'dir'; mode: number; uid: number; gid: number; entries: Map<string, Entry> }
  | { t: 'file'; mode: number; uid: number; content: Uint8Array; program?: string }
  | { t: 'link'; target: string };

const encoder = new TextEncoder();
/** What an executable begins with; programs themselves are code of the worker. */
const ELF = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** Describes an image's files once; containers get lazy copies of it. */
export class Tree {
  readonly #root: Extract<Entry, { t: 'dir' }> = { t: 'dir', mode: 0o755, uid: 0, gid: 0, entries: new Map() };

  #folder(parts: readonly string[]): Extract<Entry, { t: 'dir' }> {
    let dir = this.#root;
    for (const part of parts) {
      let next = dir.entries.get(part);
      // A merged /usr: /bin is a link.
      if (next?.t === 'link') {
        dir = this.#folder(next.target.split('/').filter(Boolean));
        continue;
      }
      if (next?.t !== 'dir') {
        next = { t: 'dir', mode: 0o755, uid: 0, gid: 0, entries: new Map() };
        dir.entries.set(part, next);
      }
      dir = next;
    }
    return dir;
  }

  #put(path: string, entry: Entry): this {
    const parts = path.split('/').filter(Boolean);
    const name = parts.pop();
    if (name !== undefined) this.#folder(parts).entries.set(name, entry);
    return this;
  }

  dir(path: string, mode = 0o755, uid = 0, gid = uid): this {
    const dir = this.#folder(path.split('/').filter(Boolean));
    dir.mode = mode;
    dir.uid = uid;
    dir.gid = gid;
    return this;
  }

  file(path: string, text: string, mode = 0o644, uid = 0): this {
    return this.#put(path, { t: 'file', mode, uid, content: encoder.encode(text) });
  }

  /** An executable that runs a program of the catalogue. */
  program(path: string, program: string): this {
    return this.#put(path, { t: 'file', mode: 0o755, uid: 0, content: ELF, program });
  }

  /** Several programs of one folder, each named as it is. */
  programs(folder: string, names: readonly string[]): this {
    for (const name of names) this.program(`${folder}/${name}`, name);
    return this;
  }

  link(path: string, target: string): this {
    return this.#put(path, { t: 'link', target });
  }

  /** The absolute paths of all programs, links to them included; without what links of folders lead to. */
  executables(): string[] {
    const found: string[] = [];
    const visit = (dir: Extract<Entry, { t: 'dir' }>, path: string) => {
      for (const [name, entry] of dir.entries) {
        const at = `${path}/${name}`;
        if (entry.t === 'dir') visit(entry, at);
        else if (entry.t === 'link' ? /^(\/usr)?\/s?bin\/|^\/usr\/local\/bin\//.test(at) : (entry.mode & 0o111) !== 0)
          found.push(at);
      }
    };
    visit(this.#root, '');
    return found;
  }

  /** A root file system of its own; folders are filled when they are looked into. */
  instantiate(now: number): DirNode {
    return instantiate(this.#root, now);
  }
}

function instantiate(entry: Extract<Entry, { t: 'dir' }>, now: number): DirNode {
  const dir = new DirNode(entry.mode, now, (self) => {
    for (const [name, child] of entry.entries) {
      if (child.t === 'dir') self.set(name, instantiate(child, now));
      else if (child.t === 'link') self.set(name, new LinkNode(child.target, now));
      else {
        const file = new FileNode(child.mode, now, child.content);
        file.uid = child.uid;
        file.program = child.program;
        self.set(name, file);
      }
    }
  });
  dir.uid = entry.uid;
  dir.gid = entry.gid;
  return dir;
}
