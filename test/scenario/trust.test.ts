import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Catalog } from '../../src/scenario/catalog.ts';
import { loadPack, loadScenario } from '../../src/scenario/load.ts';
import { TrustStore } from '../../src/scenario/trust.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const packs = join(import.meta.dirname, '..', '..', 'fixtures', 'packs');

function copied() {
  const folder = join(temporaryFolder(), 'mine');
  cpSync(join(packs, 'samples', 'broken-image'), join(folder, 'broken-image'), { recursive: true });
  cpSync(join(packs, 'samples', 'pack.yaml'), join(folder, 'pack.yaml'));
  const store = join(temporaryFolder(), 'trust.json');
  const pack = loadPack(folder, false);
  const { solutions, ...scenario } = loadScenario(pack, 'broken-image');
  return { folder, store, pack, ask: () => new TrustStore(store).require({ ...scenario, solutions }, solutions) };
}

function textOf(work: () => unknown): object {
  try {
    work();
  } catch (error) {
    return (error as { text: object }).text;
  }
  throw new Error('it did not refuse');
}

describe('scripts of a pack', () => {
  it('do not run before the pack is trusted, nor after it was changed', () => {
    const { folder, store, pack, ask } = copied();
    const refusal = {
      what: 'the pack mine runs scripts, and you have not trusted it',
      why: 'broken-image/solutions/patched.sh, broken-image/solutions/reference.sh would run on this machine as you',
      next: `read them, then: kubedrill pack trust ${folder}`,
    };
    expect(textOf(ask)).toEqual(refusal);
    new TrustStore(store).trust(pack);
    expect(ask).not.toThrow();
    writeFileSync(join(folder, 'broken-image', 'mistakes', 'more.sh'), 'true');
    expect(textOf(ask)).toEqual(refusal);
  });

  it('wait until what was agreed to can be read', () => {
    const { store, ask } = copied();
    writeFileSync(store, '{');
    expect(textOf(ask)).toMatchObject({ what: `${store} cannot be read`, next: 'mend or delete it' });
  });
});

it('a pack that is not there is told with those that are', () => {
  expect(textOf(() => new Catalog(packs).pack('sampels'))).toEqual({
    what: 'there is no pack sampels',
    why: 'did you mean samples?',
    next: expect.stringMatching(/^use one of: .*samples.*; or the path of a folder with a pack\.yaml$/),
  });
  expect(textOf(() => new Catalog(packs).pack('./nowhere'))).toMatchObject({ why: 'it has no pack.yaml' });
});
