/** What can be done about a damaged file of a cluster's folder. */

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { replaceFileSync } from '../../kernel/files.ts';
import { ownValue } from '../../kernel/own.ts';
import type { Pod } from '../../kube/api.gen.ts';
import { manifestFolder } from '../bootstrap/node-files.ts';
import { defaultName, planNodes } from '../bootstrap/nodes.ts';
import { DataDirectories } from '../etcd/data.ts';
import { newMember } from '../etcd/member.ts';
import { entriesFromJson, entriesToJson } from '../node/machine/files.ts';
import type { NodeEntries } from '../node-api.ts';
import { issueAdmin, issueServer, newSigningKey } from '../pki/pki.ts';
import { WriteAheadLog } from '../store/log.ts';
import { salvage } from '../store/salvage.ts';
import type { StoreContent } from '../store/store.ts';
import { baselineFromJson } from './baseline.ts';
import { baselineFiles, contentOf, type Damage, isPair, type Meta, metaFile, walFolder } from './damage.ts';
import { nodesBaselineFromJson } from './nodes-baseline.ts';

/** Where what is replaced goes, in the cluster's folder. */
const asideFolder = 'damaged';

interface Remedy {
  /** What is done, and what is lost by it: `etcd.json is written anew`. */
  what: string;
  /** Writes the file in place of the damaged one, which is no more there. */
  write(): void | Promise<void>;
}

/** Files of one cluster's folder and what they can be restored from. */
export class ClusterRepair {
  readonly #folder: string;
  readonly #id: string;
  readonly #clock: Clock;

  constructor(folder: string, id: string, clock: Clock = systemClock) {
    this.#folder = folder;
    this.#id = id;
    this.#clock = clock;
  }

  /** What `run` would do, a part each; undefined: there is a file that can't be restored. */
  async plan(damages: readonly Damage[]): Promise<string[] | undefined> {
    const remedies = await Promise.all(damages.map(({ file }) => this.#remedy(file)));
    return remedies.every((one) => one !== undefined) ? remedies.map(({ what }) => what) : undefined;
  }

  /** Restores one file; the damaged one is kept beside. Undefined: it can't be restored, and nothing was done. */
  async run({ file }: Damage): Promise<string | undefined> {
    const remedy = await this.#remedy(file);
    if (!remedy) return undefined;
    await this.#putAside(file);
    await remedy.write();
    return remedy.what;
  }

  async #putAside(file: string): Promise<void> {
    const folder = join(this.#folder, asideFolder);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const name = `${file.replaceAll('/', '-')}.${this.#clock.now()}`;
    await rename(join(this.#folder, file), join(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }

  async #remedy(file: string): Promise<Remedy | undefined> {
    if (file === metaFile) return this.#meta();
    if (file === 'etcd.json') return this.#etcd();
    if (file === walFolder || file.startsWith(`${walFolder}/`)) return this.#log();
    if (file.startsWith('pki/')) return this.#pki(file.slice('pki/'.length));
    if (file.startsWith('nodes/') && file.endsWith('.units.json')) {
      return { what: `${file} is written anew: the node's kubelet runs`, write: () => undefined };
    }
    if (file.startsWith('nodes/')) return this.#node(file);
    if (baselineFiles.some((name) => name === file)) {
      const write = async () => {
        // They belong together.
        for (const name of baselineFiles) await this.#putAside(name);
      };
      return { what: `${file} is written anew: a reset goes back to what there is now`, write };
    }
    return undefined;
  }

  async #meta(): Promise<Remedy> {
    const files = await readdir(join(this.#folder, 'nodes')).catch((): string[] => []);
    const nodes = files.filter((name) => name.endsWith('.json') && !name.endsWith('.units.json')).length;
    const { mtime } = await stat(this.#folder);
    const meta: Meta = {
      ...{ version: 1, id: this.#id, name: this.#id, nodes: Math.max(1, nodes) },
      ...{ createdAt: mtime.toISOString(), images: [], ready: true },
    };
    return {
      what: `${metaFile} is written anew`,
      write: () => this.#write(metaFile, JSON.stringify(meta, undefined, 2)),
    };
  }

  async #etcd(): Promise<Remedy> {
    const [first] = planNodes(defaultName, 1);
    const { nodeName = '', address = '' } = first ?? {};
    const disk = (await this.#disk(nodeName)) ?? (await this.#savedDisk(nodeName));
    const manifest = disk?.[`${manifestFolder}/etcd.yaml`];
    const path = manifest?.kind === 'file' ? dataPathOf(new TextDecoder().decode(manifest.content)) : undefined;
    return {
      what: 'etcd.json is written anew: data directories that etcd had before are forgotten',
      write: () => {
        const membership = newMember(nodeName, [`https://${address}:2380`]);
        new DataDirectories(this.#folder, { path: path ?? '/var/lib/etcd', membership }).mark();
      },
    };
  }

  async #log(): Promise<Remedy | undefined> {
    const { content, read, lost } = salvage(join(this.#folder, walFolder));
    const restore = (what: string, restored: StoreContent): Remedy => ({
      what,
      write: async () => {
        await this.#putAside(walFolder);
        const { log } = WriteAheadLog.open(join(this.#folder, walFolder));
        log.replace(restored);
        await log.close();
      },
    });
    const saved = await contentOf(this.#folder, baselineFiles[0]);
    const objects = saved === undefined ? undefined : baselineContent(saved);
    if ([...content.objects].length > 0 && content.revision >= (objects?.revision ?? 0)) {
      return restore(`${walFolder} keeps the ${read} records that can be read; ${lost} can not`, content);
    }
    return objects && restore(`${walFolder} is written anew: all objects are as at the last reset or start`, objects);
  }

  async #node(file: string): Promise<Remedy> {
    const node = file.slice('nodes/'.length, -'.json'.length);
    const saved = await this.#savedDisk(node);
    if (!saved) return { what: `${file} is written anew: the node's files are kubeadm's`, write: () => undefined };
    return {
      what: `${file} is written anew: the node's files are as at the last reset or start`,
      write: () => this.#write(file, entriesToJson(saved)),
    };
  }

  async #pki(name: string): Promise<Remedy | undefined> {
    const onNode = await this.#fromNode(name);
    const put = (what: string, content: string): Remedy => ({
      what,
      write: () => this.#write(`pki/${name}`, content),
    });
    if (onNode !== undefined) return put(`pki/${name} is restored from the control plane's disk`, onNode);
    if (name === 'sa.key')
      return put('pki/sa.key is made anew: tokens that were issued are no more valid', newSigningKey());
    const [crt = '', key = ''] = await Promise.all(
      ['ca.crt', 'ca.key'].map((ca) => contentOf(this.#folder, `pki/${ca}`)),
    );
    if (name.startsWith('ca.') || !isPair(crt, key)) return undefined;
    const privateKey = createPrivateKey(key);
    const authority = { privateKey, publicKey: createPublicKey(privateKey) };
    const [first] = planNodes(defaultName, 1);
    const credentials = name.startsWith('admin.')
      ? issueAdmin(this.#clock, authority)
      : issueServer(this.#clock, authority, first ? [first.nodeName, first.address] : []);
    const base = name.slice(0, name.lastIndexOf('.'));
    return {
      what: `pki/${base}.crt and its key are issued anew`,
      write: () => {
        this.#write(`pki/${base}.crt`, credentials.certificate);
        this.#write(`pki/${base}.key`, credentials.key);
      },
    };
  }

  /** A file of the PKI as the control plane's disk has it, if it is of the pair that the folder has. */
  async #fromNode(name: string): Promise<string | undefined> {
    const node = planNodes(defaultName, 1)[0]?.nodeName ?? '';
    const own = async (file: string) => (await contentOf(this.#folder, `pki/${file}`)) ?? '';
    for (const disk of [await this.#disk(node), await this.#savedDisk(node)]) {
      const read = (file: string) => {
        const entry = disk?.[`/etc/kubernetes/pki/${file}`];
        return entry?.kind === 'file' ? new TextDecoder().decode(entry.content) : '';
      };
      const found = read(name);
      if (found === '') continue;
      const base = name.slice(0, name.lastIndexOf('.'));
      // The other half may be damaged as well: then both come from here.
      const other = name.endsWith('.key') ? `${base}.crt` : `${base}.key`;
      const matches = (half: string) => (name.endsWith('.key') ? isPair(half, found) : isPair(found, half));
      if (name === 'sa.key' ? isKey(found) : matches(await own(other)) || matches(read(other))) return found;
    }
    return undefined;
  }

  /** What a node's disk holds; undefined if that can't be read. */
  async #disk(node: string): Promise<NodeEntries | undefined> {
    return parsed(await contentOf(this.#folder, `nodes/${node}.json`), entriesFromJson);
  }

  /** What a reset puts on a node's disk. */
  async #savedDisk(node: string): Promise<NodeEntries | undefined> {
    return ownValue(parsed(await contentOf(this.#folder, baselineFiles[1]), nodesBaselineFromJson), node)?.entries;
  }

  #write(file: string, content: string): void {
    replaceFileSync(join(this.#folder, file), content);
  }
}

/** Undefined: there is no such text, or it is damaged. */
function parsed<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch {
    // It is damaged as well: another source is looked for.
    return undefined;
  }
}

function isKey(pem: string): boolean {
  return parsed(pem, createPrivateKey) !== undefined;
}

/** The host's folder that etcd's static Pod has its data in. */
function dataPathOf(manifest: string): string | undefined {
  const pod = parsed(manifest, (text) => parse(text) as Pod | undefined);
  return pod?.spec?.volumes?.find(({ name }) => name === 'etcd-data')?.hostPath?.path;
}

/** The objects of a baseline as a store's content; undefined if it is damaged. */
function baselineContent(text: string): StoreContent | undefined {
  const baseline = parsed(text, baselineFromJson);
  if (!baseline) return undefined;
  const objects = [...baseline].flatMap(([bucket, content]) =>
    [...content].map(([id, object]) => {
      const created = Number(object.metadata.resourceVersion);
      return { bucket, id, object, created, writes: 1 };
    }),
  );
  if (objects.length === 0) return undefined;
  return { revision: Math.max(...objects.map(({ created }) => created)), objects };
}
