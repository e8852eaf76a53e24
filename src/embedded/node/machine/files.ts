import { EnvironmentError } from '../../../kernel/errors.ts';
import { readTextIfThere, replaceFile } from '../../../kernel/files.ts';
import type { ContainerRuntime } from '../../container-api.ts';
import type { NodeEntries, NodeEntry } from '../../node-api.ts';

/** The folders of a node whose content is kept: over a restart of this process, and for a reset to go back to. */
const keptRoots = [
  ...['/etc/kubernetes', '/etc/systemd/system', '/etc/default', '/etc/cni/net.d', '/var/lib/kubelet', '/root'],
];

const utf8 = new TextDecoder();

export interface NodeFilesOptions {
  nodeName: string;
  runtime: Pick<ContainerRuntime, 'keepFiles'>;
  /** What is there where nothing was kept. */
  initial: NodeEntries;
  /** What is put elsewhere on the disk whenever it is set up; others keep it. */
  beside?(): NodeEntries;
  /** Where it is kept; undefined: in memory. */
  file?: string;
  /** Hears that it could not be kept: the disk is full, or gone. */
  report(error: unknown, where: string): void;
}

/** What is on a node's disk as far as its services read it: a picture of the tree that its processes work on. */
export class NodeFiles {
  readonly #options: NodeFilesOptions;
  readonly #listeners = new Set<() => void>();
  #entries: NodeEntries;
  #saving: Promise<void> | undefined;
  #unsaved = false;

  /** Puts the node's files in place. Rejects with an EnvironmentError if what was kept can't be read. */
  static async open(options: NodeFilesOptions): Promise<NodeFiles> {
    const kept = options.file === undefined ? undefined : await load(options.file);
    const files = new NodeFiles(options, kept ?? options.initial);
    files.#place();
    if (!kept) files.#save();
    return files;
  }

  private constructor(options: NodeFilesOptions, entries: NodeEntries) {
    this.#options = options;
    this.#entries = entries;
  }

  /** Everything below the kept folders, by path. */
  get entries(): NodeEntries {
    return this.#entries;
  }

  /** The text of a file; undefined: there is none. */
  text(path: string): string | undefined {
    const entry = this.#entries[path];
    if (entry?.kind === 'link') return this.text(entry.target);
    return entry?.kind === 'file' ? utf8.decode(entry.content) : undefined;
  }

  /** The names of the entries of a folder, sorted. */
  names(folder: string): string[] {
    const prefix = `${folder.replace(/\/+$/, '')}/`;
    const names = Object.keys(this.#entries).filter((path) => path.startsWith(prefix));
    return names
      .map((path) => path.slice(prefix.length))
      .filter((name) => !name.includes('/'))
      .sort();
  }

  entry(path: string): NodeEntry | undefined {
    return this.#entries[path];
  }

  /** Hears of every change; returns the way to stop. */
  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Puts other entries in place of all. */
  replace(entries: NodeEntries): void {
    if (same(entries, this.#entries)) return;
    this.#entries = entries;
    this.#place();
    this.#save();
    this.#tell();
  }

  /** Resolves when everything is kept. */
  async flush(): Promise<void> {
    while (this.#saving) await this.#saving;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #place(): void {
    const { nodeName, runtime, beside } = this.#options;
    const changed = (entries: NodeEntries) => {
      this.#entries = entries;
      this.#save();
      // What has had an effect must not be lost: who listens acts on what is kept.
      if (this.#saving) void this.flush().then(() => this.#tell());
      else this.#tell();
    };
    runtime.keepFiles(nodeName, keptRoots, this.#entries, changed, beside);
  }

  #save(): void {
    const { file, nodeName, report } = this.#options;
    if (file === undefined) return;
    this.#unsaved = true;
    this.#saving ??= (async () => {
      while (this.#unsaved) {
        this.#unsaved = false;
        await replaceFile(file, entriesToJson(this.#entries));
      }
    })()
      .catch((error: unknown) => report(error, `keeping the files of ${nodeName}`))
      .finally(() => {
        this.#saving = undefined;
        // What changed in the turn in which the last one was kept.
        if (this.#unsaved) this.#save();
      });
  }
}

async function load(file: string): Promise<NodeEntries | undefined> {
  const text = await readTextIfThere(file);
  if (text === undefined) return undefined;
  try {
    return entriesFromJson(text);
  } catch (cause) {
    throw new EnvironmentError(
      { what: `cannot read ${file}`, why: 'it is no JSON', next: 'delete the cluster and make it anew' },
      { cause },
    );
  }
}

/** Entries as text, to outlive the process. */
export function entriesToJson(entries: NodeEntries): string {
  const plain = Object.entries(entries).map(([path, entry]) => [
    path,
    entry.kind === 'file' ? { ...entry, content: Buffer.from(entry.content).toString('base64') } : entry,
  ]);
  return JSON.stringify(Object.fromEntries(plain));
}

/** Throws a SyntaxError for what `entriesToJson` did not write. */
export function entriesFromJson(text: string): NodeEntries {
  const plain = JSON.parse(text) as Record<string, { kind: string; content?: string }>;
  return Object.fromEntries(
    Object.entries(plain).map(([path, entry]) => [
      path,
      entry.kind === 'file' ? { ...entry, content: new Uint8Array(Buffer.from(entry.content ?? '', 'base64')) } : entry,
    ]),
  ) as NodeEntries;
}

function same(a: NodeEntries, b: NodeEntries): boolean {
  const paths = Object.keys(a);
  return paths.length === Object.keys(b).length && paths.every((path) => sameEntry(a[path], b[path]));
}

/** Whether two entries hold the same. */
export function sameEntry(a: NodeEntry | undefined, b: NodeEntry | undefined): boolean {
  if (a?.kind === 'file' && b?.kind === 'file') {
    return a.mode === b.mode && Buffer.compare(a.content, b.content) === 0;
  }
  if (a?.kind === 'link' && b?.kind === 'link') return a.target === b.target;
  return a?.kind === b?.kind && (a?.kind !== 'dir' || a.mode === (b as typeof a).mode);
}
