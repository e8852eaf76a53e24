import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newScenario } from '../../src/authoring/new.ts';
import { LocalProver } from '../../src/authoring/proof.ts';
import { type Thorough, verifyPacks } from '../../src/authoring/verify.ts';
import { createEmbeddedProvider, type EmbeddedProvider } from '../../src/daemon/embedded-provider.ts';
import { loadPack } from '../../src/scenario/load.ts';
import { TrustStore } from '../../src/scenario/trust.ts';
import { ScratchFolder } from '../contract/scratch.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

/** For all tests: clusters that are given back are used again. */
const scratch = new ScratchFolder();
let provider: EmbeddedProvider['provider'];
let stop: EmbeddedProvider['stop'] | undefined;
beforeAll(async () => {
  ({ provider, stop } = await createEmbeddedProvider(scratch.path, { lasting: false }));
});
afterAll(async () => {
  await stop?.();
  await scratch.remove();
});

/** What `pack new` writes, its scenario.yaml edited, verified on embedded clusters. */
async function verify(edit: (text: string) => string, thorough: Thorough, seeds?: number[]) {
  const folder = join(temporaryFolder(), 'mine');
  newScenario({ folder, id: 'first', title: 'First', competency: 'ckad/configmaps', namespace: 'mine' });
  const file = join(folder, 'first', 'scenario.yaml');
  writeFileSync(file, edit(readFileSync(file, 'utf8')));
  const trust = new TrustStore(join(temporaryFolder(), 'trust.json'));
  const report = await verifyPacks({
    packs: [loadPack(folder, false)],
    parallel: 4,
    // Manifests need no kubectl.
    provers: async (place) => ({
      provers: [new LocalProver({ provider, folder: join(place, 'attempts'), env: {}, trust })],
      stop: async () => undefined,
    }),
    trust,
    thorough,
    ...(seeds ? { seeds } : {}),
    signal: new AbortController().signal,
    progress: () => undefined,
  });
  const [scenario, ...others] = report.scenarios;
  if (!scenario) throw new Error('nothing was verified');
  return { ...scenario, others };
}

it('proves what pack new writes, also again, shuffled and by mutants', async () => {
  const { ok, again, shuffled, mutants } = await verify((text) => text, { again: true, shuffle: true, mutate: true });
  expect(ok).toBe(true);
  expect([...(again ?? []), ...(shuffled ?? [])].map((p) => p.score)).toEqual([100, 100, 100, 100]);
  expect(mutants?.map((m) => [m.name, m.score])).toEqual([
    ['ConfigMap settings: left out', 0],
    ['ConfigMap settings: without mode', 0],
    ['ConfigMap settings: another value of mode', 0],
    ['ConfigMap settings: in namespace default', 0],
  ]);
}, 120_000);

it('tells of a mutant that nothing catches, and of equivalents that are none', async () => {
  const careless = await verify((text) => text.replace(/ {6}fields:\n {8}data.mode: fast\n/, ''), { mutate: true });
  expect(careless.ok).toBe(false);
  expect(careless.mutants?.find((m) => m.name === 'ConfigMap settings: without mode')?.problems).toEqual([
    'nothing catches it: a check is missing, or name it in lint.equivalent',
  ]);
  const names = '["ConfigMap settings: left out", "ConfigMap ghost: left out"]';
  const boastful = await verify((text) => `${text}lint:\n  equivalent: ${names}\n`, { mutate: true });
  expect(boastful.mutants?.flatMap((m) => m.problems)).toEqual([
    'it is declared equivalent, but scores 0',
    'lint.equivalent names ConfigMap ghost: left out, which is no mutant',
  ]);
}, 120_000);

it('proves hints on what is there: given after a mistake, and not before or after', async () => {
  const when = (text: string, cel: string) =>
    `  - when: [{ resource: { kind: configmaps, namespace: "@{namespace}", cel: [${JSON.stringify(cel)}] } }]\n    text: ${text}\n    price: 1\n`;
  const hints = [
    when('slow', "object.metadata.name == 'settings' && object.data.mode == 'slow'"),
    when('never', "object.metadata.name == 'nothing'"),
    when('always', "object.metadata.name == 'limits'"),
  ].join('');
  const report = await verify((text) => text.replace(/^mistakes:/m, `${hints}mistakes:`), {});
  expect(report.ok).toBe(false);
  expect(report.hints).toEqual([
    { hint: 3, ok: true, mistakes: ['wrong-value'], problems: [] },
    { hint: 4, ok: false, mistakes: [], problems: ['no mistake makes what it waits for hold'] },
    {
      hint: 5,
      ok: false,
      mistakes: ['other-changed', 'wrong-value'],
      problems: [
        'what it waits for holds before anything was done',
        'what it waits for holds after the solution reference',
        'what it waits for holds after the solution with-more',
      ],
    },
  ]);
}, 120_000);

it('says no more than before unless asked', async () => {
  const { others, ...report } = await verify((text) => text, {});
  expect(others).toEqual([]);
  expect(Object.keys(report).sort()).toEqual(['id', 'mistakes', 'ok', 'pack', 'reference', 'solutions', 'untouched']);
}, 120_000);

it('proves with other names, those that several seeds draw once', async () => {
  const { seeds, others, ok, untouched } = await verify((text) => text, {}, [0, 1, 2, 3, 4]);
  expect(others).toHaveLength(1);
  expect([...(seeds ?? []), ...(others[0]?.seeds ?? [])].sort()).toEqual([0, 1, 2, 3, 4]);
  expect([ok, others[0]?.ok]).toEqual([true, true]);
  expect([untouched.seed, others[0]?.untouched.seed]).toEqual([seeds?.[0], others[0]?.seeds?.[0]]);
}, 120_000);
