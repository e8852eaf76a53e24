import { chmod, copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Measure, refused } from './limits.ts';

/**
 * Copies the files of a pack, without what git keeps of it. Links and anything else that is neither file nor folder are
 * refused: they may lead out of the pack. `source` is what errors call it.
 */
export async function copyPack(from: string, to: string, source: string): Promise<void> {
  const measure = new Measure(source);
  const copy = async (path: string) => {
    await mkdir(join(to, path), { recursive: true, mode: 0o700 });
    for (const entry of await readdir(join(from, path), { withFileTypes: true })) {
      const name = join(path, entry.name);
      if (entry.name === '.git') continue;
      if (entry.isDirectory()) await copy(name);
      else if (entry.isFile()) {
        measure.add((await stat(join(from, name))).size);
        await copyFile(join(from, name), join(to, name));
        await chmod(join(to, name), 0o600);
      } else throw refused(source, `${name} is ${entry.isSymbolicLink() ? 'a link' : 'neither file nor folder'}`);
    }
  };
  await copy('');
}
