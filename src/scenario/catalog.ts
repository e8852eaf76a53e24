import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { UserError } from '../kernel/errors.ts';
import { loadPack, loadScenario, scenarioIds } from './load.ts';
import type { Pack, Scenario } from './types.ts';

/** The packs that kubedrill brings, and how scenarios are found by name. */
export class Catalog {
  readonly #builtInFolder: string;

  constructor(builtInFolder: string) {
    this.#builtInFolder = builtInFolder;
  }

  /** The built-in packs, in order. */
  packs(): Pack[] {
    if (!existsSync(this.#builtInFolder)) return [];
    return readdirSync(this.#builtInFolder)
      .sort()
      .map((name) => join(this.#builtInFolder, name))
      .filter((folder) => existsSync(join(folder, 'pack.yaml')))
      .map((folder) => loadPack(folder, true));
  }

  /** What `pack verify` found of the built-in packs. */
  get resultsFile(): string {
    return join(this.#builtInFolder, 'results.json');
  }

  /** Folders of the built-in packs, whatever is in them. */
  packFolders(): string[] {
    return this.packs().map((pack) => pack.folder);
  }

  /** The folder of a built-in pack, or the folder named; its pack need not load. */
  packFolder(nameOrFolder: string): string {
    const builtIn = join(this.#builtInFolder, nameOrFolder);
    return existsSync(join(builtIn, 'pack.yaml')) ? builtIn : resolve(nameOrFolder);
  }

  /** A built-in pack by id, or the pack in a folder. */
  pack(nameOrFolder: string): Pack {
    const builtIn = this.packs().find((pack) => pack.id === nameOrFolder);
    if (builtIn) return builtIn;
    if (nameOrFolder.includes('/') || nameOrFolder === '.' || existsSync(join(nameOrFolder, 'pack.yaml'))) {
      return loadPack(resolve(nameOrFolder), false);
    }
    throw new UserError({
      what: `there is no pack ${nameOrFolder}`,
      next: `use one of ${this.packs()
        .map((p) => p.id)
        .join(', ')}, or the path of a folder with a pack.yaml`,
    });
  }

  /** Every scenario of the built-in packs. */
  scenarios(): Scenario[] {
    return this.packs().flatMap((pack) => scenarioIds(pack).map((id) => loadScenario(pack, id)));
  }

  /**
   * A scenario by id, or `pack/id`; of a folder's pack if one is named. An unknown name is a UserError that suggests the
   * nearest.
   */
  scenario(name: string, options: { packFolder?: string; seed?: number } = {}): Scenario {
    const [packName, id] = name.includes('/') ? (name.split('/', 2) as [string, string]) : [undefined, name];
    const packs = options.packFolder ? [loadPack(resolve(options.packFolder), false)] : this.packs();
    const known = packs
      .filter((pack) => !packName || pack.id === packName)
      .flatMap((pack) => scenarioIds(pack).map((s) => ({ pack, id: s })));
    const found = known.find((entry) => entry.id === id);
    if (found) return loadScenario(found.pack, found.id, options.seed);
    const ids = known.map((entry) => entry.id);
    const near = ids.length > 0 ? closest(id, ids) : undefined;
    const close = near !== undefined && distance(id, near) <= Math.max(3, near.length / 2);
    throw new UserError({
      what: `there is no scenario ${name}`,
      ...(close ? { why: `did you mean ${near}?` } : {}),
      next: close ? `kubedrill start ${near}` : 'kubedrill list',
    });
  }
}
