import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { Catalog } from '../../src/scenario/catalog.ts';
import { entryOf, overview } from '../../src/scenario/overview.ts';
import { builtInPackFolders } from '../../src/scenario/packs/folders.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const builtIn = join(import.meta.dirname, '..', '..', 'scenarios');
const flagship = join('in-cluster-api-access', 'forbidden-deployment', 'scenario.yaml');
let packs: string;
let cache: string;
const load = vi.fn(async () => new Catalog(packs).scenarios());
const look = () => overview(builtInPackFolders(packs), cache, load);

beforeEach(() => {
  const folder = temporaryFolder();
  packs = join(folder, 'scenarios');
  cache = join(folder, 'cache', 'scenarios.json');
  cpSync(builtIn, packs, { recursive: true });
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
