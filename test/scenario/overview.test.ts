import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { Catalog } from '../../src/scenario/catalog.ts';
import { entryOf, fingerprintOf, overview } from '../../src/scenario/overview.ts';
import { builtInPackFolders } from '../../src/scenario/packs/folders.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const builtIn = join(import.meta.dirname, '..', '..', 'scenarios');
const pack = 'in-cluster-api-access';
const flagship = join(pack, 'forbidden-deployment', 'scenario.yaml');
let packs: string;
let cache: string;
let shipped: string;
const load = vi.fn(async (folder: string) => new Catalog(packs).scenariosIn(folder));
const look = (build = 'this', others: string[] = []) =>
  overview({ packs: [...builtInPackFolders(packs), ...others], shipped, cache, build, load });

beforeEach(() => {
  const folder = temporaryFolder();
  packs = join(folder, 'scenarios');
  cache = join(folder, 'cache', 'scenarios.json');
  shipped = join(folder, 'shipped.json');
  for (const name of ['pack.yaml', 'forbidden-deployment', 'three-readers'])
    cpSync(join(builtIn, pack, name), join(packs, pack, name), { recursive: true });
  load.mockClear();
});

it('tells what the scenarios tell, and reads them once', async () => {
  const wanted = new Catalog(packs).scenarios().map(entryOf);
  expect(wanted[0]).toMatchObject({ id: 'forbidden-deployment', exams: ['cka', 'ckad'] });
  expect(await look()).toEqual(wanted);
  expect(await look()).toEqual(wanted);
  expect(load).toHaveBeenCalledTimes(1);
});

it('sees that a description has changed, come or gone', async () => {
  await look();
  const file = join(packs, flagship);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^title: .*$/m, 'title: Another'));
  expect((await look()).map((entry) => entry.title)).toContain('Another');
  const copy = join(packs, 'in-cluster-api-access', 'another');
  cpSync(join(file, '..'), copy, { recursive: true });
  expect((await look()).map((entry) => entry.id)).toContain('another');
  rmSync(copy, { recursive: true });
  expect((await look()).map((entry) => entry.id)).not.toContain('another');
});

it.each(['', '{"made":', '[]'])('does without what it kept if that is damaged: %j', async (text) => {
  mkdirSync(join(cache, '..'));
  writeFileSync(cache, text);
  expect((await look()).map((entry) => entry.id)).toContain('forbidden-deployment');
});

it('works where nothing can be kept', async () => {
  cache = join(packs, flagship, 'scenarios.json');
  expect((await look()).length).toBeGreaterThan(0);
});

it('reads nothing of what was shipped, and again what was changed since, or kept by another build', async () => {
  const catalog = new Catalog(packs);
  const entries = builtInPackFolders(packs).map((pack) => [
    fingerprintOf(pack),
    catalog.scenariosIn(pack).map(entryOf),
  ]);
  writeFileSync(shipped, JSON.stringify(Object.fromEntries(entries)));
  expect(await look()).toEqual(catalog.scenarios().map(entryOf));
  expect(load).not.toHaveBeenCalled();
  const file = join(packs, flagship);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^title: .*$/m, 'title: Another'));
  expect((await look()).map((entry) => entry.title)).toContain('Another');
  await look();
  expect(load).toHaveBeenCalledTimes(1);
  await look('another');
  expect(load).toHaveBeenCalledTimes(2);
});

it('shows the first of packs of one name, and what can be read of installed ones', async () => {
  const folder = join(packs, pack);
  const elsewhere = join(packs, '..', 'elsewhere');
  for (const name of [pack, 'mine']) cpSync(folder, join(elsewhere, name), { recursive: true });
  writeFileSync(join(elsewhere, 'mine', 'forbidden-deployment', 'scenario.yaml'), 'nothing: here\n');
  const count = (await look()).length;
  const more = await look('this', [join(elsewhere, pack), join(elsewhere, 'mine')]);
  expect(more).toHaveLength(2 * count - 1);
});
