import { basename, join, resolve } from 'node:path';
import { UserError } from '../kernel/errors.ts';
import { didYouMean, nearest } from '../kernel/nearest.ts';
import { ownValue } from '../kernel/own.ts';
import { loadPack, loadScenario, scenarioIds } from './load.ts';
import { builtInPackFolders, installedPackFolders, isPack } from './packs/folders.ts';
import type { Pack, Scenario } from './types.ts';

/** The packs that kubedrill brings and those that were installed, and how scenarios are found by name. */
export class Catalog {
  readonly #builtInFolder: string;
  readonly #installedFolder: string | undefined;

  constructor(builtInFolder: string, installedFolder?: string) {
    this.#builtInFolder = builtInFolder;
    this.#installedFolder = installedFolder;
  }

  /** The built-in packs, in order. */
  builtInPacks(): Pack[] {
    return builtInPackFolders(this.#builtInFolder).map((folder) => loadPack(folder, true));
  }

  /** The built-in packs, then those from elsewhere that can be read: what is wrong with others, `pack list` tells. */
  packs(): Pack[] {
    const builtIn = this.builtInPacks();
    const others = this.#installed().flatMap((folder) => tried(() => loadPack(folder, false)));
    return [...builtIn, ...others.filter((pack) => !builtIn.some((own) => own.id === pack.id))];
  }

  /** What `pack verify` found of the built-in packs. */
  get resultsFile(): string {
    return join(this.#builtInFolder, 'results.json');
  }

  /** Folders of the built-in packs, whatever is in them. */
  packFolders(): string[] {
    return builtInPackFolders(this.#builtInFolder);
  }

  /** The folder of a built-in or installed pack, or the folder named; its pack need not load. */
  packFolder(nameOrFolder: string): string {
    const known = [...this.packFolders(), ...this.#installed()];
    return known.find((folder) => basename(folder) === nameOrFolder) ?? resolve(nameOrFolder);
  }

  /** What an author means: a built-in pack, the folder named, or else an installed pack; it need not load. */
  folderNamed(nameOrFolder: string): string {
    const builtIn = this.packFolders().find((folder) => basename(folder) === nameOrFolder);
    return builtIn ?? (isPack(nameOrFolder) ? resolve(nameOrFolder) : this.packFolder(nameOrFolder));
  }

  /** A built-in pack by id, the pack in a folder, or an installed pack by id. */
  pack(nameOrFolder: string): Pack {
    const builtIn = this.builtInPacks().find((pack) => pack.id === nameOrFolder);
    if (builtIn) return builtIn;
    const folder = this.folderNamed(nameOrFolder);
    if (nameOrFolder.includes('/') || nameOrFolder === '.' || isPack(folder)) return loadPack(folder, false);
    const ids = this.packs().map((p) => p.id);
    throw new UserError({
      what: `there is no pack ${nameOrFolder}`,
      ...didYouMean(nameOrFolder, ids),
      next: `use one of: ${ids.join(', ')}; or the path of a folder with a pack.yaml`,
    });
  }

  /** Every scenario of the built-in packs, and of installed ones those that can be read. */
  scenarios(): Scenario[] {
    return this.packs().flatMap(readable);
  }

  /** The same of the pack in a folder. */
  scenariosIn(folder: string): Scenario[] {
    const builtIn = this.packFolders().includes(folder);
    return builtIn ? readable(loadPack(folder, true)) : tried(() => loadPack(folder, false)).flatMap(readable);
  }

  #installed(): string[] {
    return this.#installedFolder === undefined ? [] : installedPackFolders(this.#installedFolder);
  }

  /**
   * A scenario by id, the former one too, or `pack/id`; of a folder's pack if one is named. A name that several packs have is a UserError, and
   * an unknown one, which suggests the nearest.
   */
  scenario(name: string, options: { packFolder?: string; seed?: number } = {}): Scenario {
    const [packName, id] = name.includes('/') ? (name.split('/', 2) as [string, string]) : [undefined, name];
    const packs = options.packFolder ? [loadPack(resolve(options.packFolder), false)] : this.packs();
    const known = packs
      .filter((pack) => !packName || pack.id === packName)
      .flatMap((pack) => scenarioIds(pack).map((s) => ({ pack, id: s })));
    const [found, another] = known.filter((entry) => entry.id === (ownValue(entry.pack.renamed, id) ?? id));
    if (found && another) {
      throw new UserError({
        what: `there are several scenarios ${name}`,
        next: `name its pack, too: ${found.pack.id}/${id} or ${another.pack.id}/${id}`,
      });
    }
    if (found) return loadScenario(found.pack, found.id, options.seed);
    const ids = known.map((entry) => entry.id);
    const near = nearest(id, ids);
    throw new UserError({
      what: `there is no scenario ${name}`,
      ...didYouMean(id, ids),
      next: near === undefined ? 'kubedrill list' : `kubedrill start ${near}`,
    });
  }
}

/** The scenarios of a pack; all of a built-in one have to be readable. */
function readable(pack: Pack): Scenario[] {
  return scenarioIds(pack).flatMap((id) =>
    pack.builtIn ? [loadScenario(pack, id)] : tried(() => loadScenario(pack, id)),
  );
}

/** What can be read of something that a newer kubedrill, or another hand, may have spoilt. */
function tried<T>(read: () => T): T[] {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
