import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, definitions, object, startApi, thing, things, thingsPath, thingVersion } from './api.ts';

const name = 'things.example.com';
const text = { type: 'string' };
const older = thingsPath.replace('/v1/', '/v1beta1/');

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await api.define(
    name,
    things([
      thingVersion('v1beta1', object({ size: text, legacy: text }), {
        ...{ deprecated: true, deprecationWarning: 'use example.com/v1' },
      }),
      thingVersion('v1', object({ size: text, color: { type: 'string', default: 'red' } })),
      thingVersion('v1alpha1', object({}), { served: false }),
      thingVersion('v2alpha1', object({}), { deprecated: true }),
    ]),
  );
});
afterAll(() => api.stop());

const versionsOf = async () =>
  (await api.get('/apis/example.com')).body.versions.map(({ version }: { version: string }) => version);

describe('several versions', () => {
  it('are discovered in the order of their maturity, but those that are not served', async () => {
    expect(await versionsOf()).toEqual(['v1', 'v1beta1', 'v2alpha1']);
    const { preferredVersion } = (await api.get('/apis/example.com')).body;
    expect(preferredVersion.version).toBe('v1');
    expect((await api.get(thingsPath.replace('/v1/', '/v1alpha1/'))).body).toBe('404 page not found\n');
  });

  it('show the same objects, each with what it knows of them', async () => {
    await api.post(thingsPath, thing('a', { size: 'big' }));
    const { body, warnings } = await api.get(`${older}/a`);
    expect([body.apiVersion, body.spec, warnings]).toEqual([
      'example.com/v1beta1',
      { size: 'big' },
      ['use example.com/v1'],
    ]);
    const unworded = await api.get(thingsPath.replace('/v1/', '/v2alpha1/'));
    expect(unworded.warnings).toEqual(['example.com/v2alpha1 Thing is deprecated']);
  });

  it('store what is written as one of them, and drop what that one does not know', async () => {
    const sent = { ...thing('b', { size: 'small', legacy: 'x' }), apiVersion: 'example.com/v1beta1' };
    expect((await api.post(older, sent)).body.spec).toEqual({ size: 'small', legacy: 'x' });
    expect((await api.get(`${thingsPath}/b`)).body.spec).toEqual({ size: 'small', color: 'red' });
  });

  it('own fields apart', async () => {
    const { body } = await api.patch(`${older}/a`, 'application/merge-patch+json', { spec: { size: 'bigger' } });
    const owners = body.metadata.managedFields.map(({ apiVersion, fieldsV1 }: Record<string, object>) => [
      apiVersion,
      Object.keys((fieldsV1 as { 'f:spec': object })['f:spec']),
    ]);
    expect(owners).toEqual([
      ['example.com/v1', ['.', 'f:color']],
      ['example.com/v1beta1', ['f:size']],
    ]);
  });

  it('tell watchers of each what happens in any', async () => {
    const { events, ended } = await api.watch(older);
    await api.post(thingsPath, thing('c'));
    await api.delete(`${thingsPath}/c`);
    await api.redefine(name, (spec) => {
      spec.names.shortNames = ['th'];
    });
    await ended;
    expect(events).toEqual(['ADDED a', 'ADDED b', 'ADDED c', 'DELETED c']);
  });
});

describe('another storage version', () => {
  const storage = (version: string) => (spec: { versions: { name: string; storage: boolean }[] }) => {
    for (const one of spec.versions) one.storage = one.name === version;
  };
  const without = (version: string) => (spec: { versions: { name: string }[] }) => {
    spec.versions = spec.versions.filter((one) => one.name !== version);
  };

  it('adds to those that were ever stored', async () => {
    expect((await api.redefine(name, storage('v1beta1'))).body.status.storedVersions).toEqual(['v1', 'v1beta1']);
    expect((await api.get(`${thingsPath}/a`)).body.spec).toEqual({ size: 'bigger', color: 'red' });
  });

  it('keeps the old one until somebody says that nothing is stored in it', async () => {
    const refused = await api.redefine(name, without('v1'));
    expect(refused).toMatchObject({
      status: 422,
      body: {
        details: {
          causes: [
            {
              field: 'status.storedVersions[0]',
              message: expect.stringContaining('v1 was previously a storage version'),
            },
          ],
        },
      },
    });
    const cleared = { status: { storedVersions: ['v1beta1'] } };
    await api.patch(`${definitions}/${name}/status`, 'application/merge-patch+json', cleared);
    expect((await api.redefine(name, without('v1'))).status).toBe(200);
    expect(await versionsOf()).toEqual(['v1beta1', 'v2alpha1']);
    expect(
      (await api.get(older)).body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    ).toEqual(['a', 'b']);
  });

  it.each([
    [
      'none',
      (spec: { versions: { storage: boolean }[] }) => {
        for (const one of spec.versions) one.storage = false;
      },
    ],
    [
      'two',
      (spec: { versions: { storage: boolean }[] }) => {
        for (const one of spec.versions) one.storage = true;
      },
    ],
  ])('must be one, not %s', async (_, change) => {
    const { status, body } = await api.redefine(name, change);
    expect([status, body.message]).toEqual([
      422,
      expect.stringContaining('must have exactly one version marked as storage version'),
    ]);
  });

  it('whose version is served no more, leaves its objects to the others', async () => {
    await api.redefine(name, (spec) => {
      spec.versions[0].served = false;
    });
    expect((await api.get(older)).status).toBe(404);
    const left = await api.get(thingsPath.replace('/v1/', '/v2alpha1/'));
    expect(left.body.items).toMatchObject([{ apiVersion: 'example.com/v2alpha1', metadata: { name: 'a' } }, {}]);
  });
});

describe('conversion by a webhook', () => {
  const clientConfig = { url: 'https://127.0.0.1:1/convert' };
  const conversion = { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } };
  const define = (...versions: unknown[]) =>
    api.define('cars.example.com', { ...things(versions, { conversion }), names: { plural: 'cars', kind: 'Car' } });

  it('may be declared where there is nothing to convert', async () => {
    const old = thingVersion('v1alpha1', object({}), { served: false });
    expect((await define(old, thingVersion('v1', object({})))).status).toBe(201);
    const changed = await api.redefine('cars.example.com', (spec) => {
      spec.versions[0].served = true;
    });
    expect([changed.status, changed.body.reason]).toEqual([501, 'NotImplemented']);
    await api.delete(`${definitions}/cars.example.com`);
  });

  it('is refused as not simulated where there is, and as invalid if it is', async () => {
    const refused = await define(thingVersion('v1beta1', object({})), thingVersion('v1', object({})));
    expect([refused.status, refused.body.message]).toEqual([
      501,
      'the conversion of custom resources by a webhook is not simulated by this cluster',
    ]);
    const invalid = await define(thingVersion('v1beta1', object({})));
    expect(invalid.status).toBe(422);
  });
});
