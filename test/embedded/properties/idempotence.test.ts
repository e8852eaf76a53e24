/** What is written twice is written once: the second time neither the object nor its version changes. */

import { describe, expect, it } from 'vitest';
import type { PatchType } from '../../../src/embedded/api.ts';
import { isApiError } from '../../../src/embedded/errors/status.ts';
import type { Deployment } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { configMaps, deployments } from '../../../src/kube/resources.ts';
import fc from '../../helpers/fast-check.ts';
import { config } from '../patch/configs.ts';
import { apiServer } from '../registry/harness.ts';

/** A Deployment that the server takes: what must match, matches. */
const deployment = config.map((object): Deployment => {
  const { metadata, spec } = structuredClone(object) as Deployment;
  const labels = { app: 'd' };
  const template = { ...spec?.template, metadata: { labels } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadata, namespace: 'ns' },
    spec: { ...spec, selector: { matchLabels: labels }, template },
  };
});

type Api = Awaited<ReturnType<typeof apiServer>>;

/** What a write leaves; undefined if it is refused, as the same write must be from then on. */
async function written(write: () => Promise<Stored<Deployment>>): Promise<Stored<Deployment> | undefined> {
  try {
    return await write();
  } catch (error) {
    if (!isApiError(error) || (error.status.code ?? 500) >= 500) throw error;
    return undefined;
  }
}

/** Writes twice, a second apart, to what `live` made; says whether it was taken. */
async function twice({ client, clock, store }: Api, write: () => Promise<Stored<Deployment>>): Promise<boolean> {
  const first = await written(write);
  const revision = store.revision;
  await clock.advance(1000);
  const second = await written(write);
  expect(second).toEqual(first);
  expect(store.revision).toBe(revision);
  if (first) expect(await client.get(deployments, 'ns', 'd')).toEqual(first);
  return first !== undefined;
}

/** Whatever the Deployment was before. */
async function property(write: (api: Api, wanted: Deployment) => Promise<Stored<Deployment>>): Promise<void> {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(deployment, deployment, async (before, wanted) => {
      const api = await apiServer();
      const live = await written(() => api.client.create(deployments, before));
      fc.pre(live !== undefined);
      if (await twice(api, () => write(api, wanted))) taken++;
    }),
    { numRuns: 60 },
  );
  expect(taken).toBeGreaterThan(10);
}

describe('the same write again', () => {
  it('of server-side apply changes nothing, whoever wrote before', () =>
    property(({ client }, wanted) =>
      client.patch(deployments, 'ns', 'd', 'apply', wanted, { fieldManager: 'applier', force: true }),
    ));

  it('of server-side apply without force changes nothing, or is refused as before', () =>
    property(({ client }, { apiVersion, kind, metadata }) =>
      client.patch(deployments, 'ns', 'd', 'apply', { apiVersion, kind, metadata }, { fieldManager: 'applier' }),
    ));

  it.each<PatchType>(['strategic', 'merge'])('of a %s patch changes nothing', (type) =>
    property(({ client }, { metadata, spec }) =>
      client.patch(deployments, 'ns', 'd', type, { metadata: { labels: metadata?.labels }, spec }),
    ),
  );

  it('of an update changes nothing', () => property(({ client }, wanted) => client.update(deployments, wanted)));
});

describe('appliers of different fields', () => {
  it('keep what each of them applied, in any order', async () => {
    const manager = fc.constantFrom('m0', 'm1', 'm2');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(manager, fc.nat(9)), { minLength: 1, maxLength: 12 }), async (writes) => {
        const { client } = await apiServer();
        const last = new Map<string, string>();
        for (const [name, value] of writes) {
          const data = { [name]: String(value) };
          const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data };
          await client.patch(configMaps, 'ns', 'c', 'apply', body, { fieldManager: name });
          last.set(name, String(value));
        }
        expect((await client.get(configMaps, 'ns', 'c')).data).toEqual(Object.fromEntries(last));
      }),
      { numRuns: 60 },
    );
  });
});
