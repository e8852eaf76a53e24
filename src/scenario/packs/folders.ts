import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where packs from elsewhere are kept, under the folder of kubedrill's state. */
export function installedPacks(state: string): string {
  return join(state, 'packs');
}

/** The folders of the packs that kubedrill brings, by name. */
export function builtInPackFolders(root: string): string[] {
  return namesIn(root)
    .map((name) => join(root, name))
    .filter(isPack);
}

/**
 * The folders of installed packs, by name: `<id>/<id>`, as a pack is called after its folder and what is known of where it
 * came from stands beside it.
 */
export function installedPackFolders(root: string): string[] {
  return namesIn(root)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(root, name, name))
    .filter(isPack);
}

/** Whether a folder describes itself as a pack. */
export function isPack(folder: string): boolean {
  return existsSync(join(folder, 'pack.yaml'));
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
