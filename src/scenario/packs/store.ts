import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { UserError } from '../../kernel/errors.ts';
import { loadPack, scenarioIds } from '../load.ts';
import { packDigest } from '../trust.ts';
import { installedPackFolders } from './folders.ts';
import { fetchPack, type Source } from './source.ts';

const record = z.object({
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('folder'), path: z.string() }),
    z.object({ kind: z.literal('tarball'), path: z.string() }),
    z.object({ kind: z.literal('download'), url: z.string() }),
    z.object({ kind: z.literal('git'), url: z.string(), ref: z.string().optional() }),
  ]),
  version: z.string(),
  /** SHA-256 of what was installed. */
  digest: z.string(),
});

/** A pack from elsewhere, as it was installed. */
export interface InstalledPack {
  id: string;
  folder: string;
  source: Source;
  version: string;
  digest: string;
}

/** What an update made of a pack; ids of scenarios. */
export interface PackUpdate {
  before: InstalledPack;
  after: InstalledPack;
  added: string[];
  removed: string[];
  changed: string[];
}

/** Throws what is wrong with a pack in a folder, before it is put into its place. */
export type Inspect = (folder: string, id: string) => void;

/** How long what a killed process left half-done may be somebody's who is still at it, milliseconds. */
const patience = 3_600_000;
/** What a pack may be called: a folder's name that hides nothing and leads nowhere. */
const names = /^[a-z0-9][a-z0-9._-]*$/i;
const fresh = '.new-';
const old = '.old-';

/** The packs that were installed from elsewhere: `<id>/<id>` is the pack, `<id>/installed.json` tells where it came from. */
export class PackStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** All of them, by id. */
  list(): InstalledPack[] {
    return installedPackFolders(this.#root).map((folder) => this.get(basename(folder)));
  }

  /** One of them; an unknown id is a UserError. */
  get(id: string): InstalledPack {
    const folder = join(this.#root, id, id);
    if (!this.#has(id)) throw unknown(id);
    const file = join(this.#root, id, 'installed.json');
    try {
      const { source, version, digest } = record.parse(JSON.parse(readFileSync(file, 'utf8')));
      return { id, folder, source: source as Source, version, digest };
    } catch (cause) {
      throw new UserError(
        { what: `${file} cannot be read`, next: `kubedrill pack remove ${id}, then install it again` },
        { cause },
      );
    }
  }

  /** Adds a pack under the name that its source gives it. Nothing of it stays if it is refused. */
  async install(source: Source, inspect: Inspect, signal: AbortSignal): Promise<InstalledPack> {
    return this.#staged(async (stage) => {
      const id = await fetchPack(source, join(stage, 'pack'), stage, signal);
      if (!names.test(id)) {
        throw new UserError({
          what: `${JSON.stringify(id)} can be no pack's name`,
          why: 'a pack is called after its folder: letters, digits, - and _',
          next: 'name a folder, tarball or repository that is called so',
        });
      }
      if (existsSync(join(this.#root, id))) {
        throw new UserError({ what: `a pack ${id} is installed already`, next: `kubedrill pack update ${id}` });
      }
      const created = await this.#finish(stage, id, source, inspect);
      await rename(created, join(this.#root, id));
      return this.get(id);
    });
  }

  /** Fetches a pack again from where it came from, and puts it into the place of the old one if it is another. */
  async update(id: string, inspect: Inspect, signal: AbortSignal): Promise<PackUpdate> {
    const before = this.get(id);
    return this.#staged(async (stage) => {
      await fetchPack(before.source, join(stage, 'pack'), stage, signal);
      const created = await this.#finish(stage, id, before.source, inspect);
      const was = digests(before.folder);
      const is = digests(join(created, id));
      const away = join(this.#root, `${old}${id}`);
      await rename(join(this.#root, id), away);
      await rename(created, join(this.#root, id));
      await rm(away, { recursive: true });
      return {
        before,
        after: this.get(id),
        added: [...is.keys()].filter((scenario) => !was.has(scenario)),
        removed: [...was.keys()].filter((scenario) => !is.has(scenario)),
        changed: [...is.keys()].filter((scenario) => was.has(scenario) && was.get(scenario) !== is.get(scenario)),
      };
    });
  }

  /** Forgets a pack and where it came from. */
  async remove(id: string): Promise<void> {
    // Its record may be what is damaged.
    if (!this.#has(id)) throw unknown(id);
    await this.#staged((stage) => rename(join(this.#root, id), join(stage, 'gone')));
  }

  #has(id: string): boolean {
    return names.test(id) && existsSync(join(this.#root, id));
  }

  /** The pack in `stage/pack`, looked through and with its record: the folder that only needs its place. */
  async #finish(stage: string, id: string, source: Source, inspect: Inspect): Promise<string> {
    const created = join(stage, id === 'pack' ? 'made' : id);
    await mkdir(created, { mode: 0o700 });
    const folder = join(created, id);
    await rename(join(stage, 'pack'), folder);
    inspect(folder, id);
    const { version } = loadPack(folder, false);
    const text = JSON.stringify({ source, version, digest: packDigest(folder) }, null, 2);
    await writeFile(join(created, 'installed.json'), `${text}\n`, { mode: 0o600 });
    return created;
  }

  /** Works in a folder beside the packs, which is gone afterwards, however it ends. */
  async #staged<T>(work: (stage: string) => Promise<T>): Promise<T> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    await this.#tidy();
    const stage = await mkdtemp(join(this.#root, fresh));
    try {
      return await work(stage);
    } finally {
      await rm(stage, { recursive: true, force: true });
    }
  }

  /** Puts right what a process left that was killed: an old pack without a new one goes back, all else goes. */
  async #tidy(): Promise<void> {
    for (const name of await readdir(this.#root)) {
      const path = join(this.#root, name);
      if (name.startsWith(old)) {
        const place = join(this.#root, name.slice(old.length));
        if (existsSync(place)) await rm(path, { recursive: true, force: true });
        else await rename(path, place);
      } else if (name.startsWith(fresh) && (await stat(path)).mtimeMs < Date.now() - patience) {
        await rm(path, { recursive: true, force: true });
      }
    }
  }
}

function unknown(id: string): UserError {
  return new UserError({ what: `no pack ${id} is installed`, next: 'kubedrill pack list' });
}

/** The digest of each scenario of a pack. */
function digests(folder: string): Map<string, string> {
  const ids = existsSync(folder) ? scenarioIds({ folder, order: [] }) : [];
  return new Map(ids.map((id) => [id, packDigest(join(folder, id))]));
}
