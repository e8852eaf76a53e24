import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, definitions, object, startApi, thing, things, thingsPath, thingVersion } from './api.ts';

const name = 'things.example.com';
const group = '/apis/example.com/v1';
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const conditions = async (of: string) =>
  Object.fromEntries(
    (await api.get(`${definitions}/${of}`)).body.status.conditions.map(
      ({ type, status, reason, message }: Record<string, string>) => [type, [status, reason, message]],
    ),
  );

describe('a definition', () => {
  it('is accepted, served and published at once', async () => {
    const made = await api.define(
      name,
      things([thingVersion('v1', object({ size: { type: 'integer', description: 'How big.' } }))], {
        names: { plural: 'things', kind: 'Thing', shortNames: ['th'], categories: ['all', 'stuff'] },
      }),
    );
    expect(made.body.status).toEqual({
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: ['v1'],
    });
    expect(await conditions(name)).toEqual({
      NamesAccepted: ['True', 'NoConflicts', 'no conflicts found'],
      Established: ['True', 'InitialNamesAccepted', 'the initial names have been accepted'],
    });
    expect((await api.get(thingsPath)).body).toMatchObject({ kind: 'ThingList', items: [] });
    const { body } = await api.get('/openapi/v3/apis/example.com/v1');
    expect(body.components.schemas['com.example.v1.Thing'].properties.spec.properties.size).toEqual({
      description: 'How big.',
      type: 'integer',
    });
    const { definitions: v2 } = (await api.get('/openapi/v2')).body;
    expect(v2['com.example.v1.Thing'].properties.metadata.$ref).toContain('ObjectMeta');
    expect(v2['com.example.v1.ThingList'].required).toEqual(['items']);
  });

  it('shows its short names and categories in discovery, aggregated too', async () => {
    const [resource] = (await api.get(group)).body.resources;
    expect(resource).toMatchObject({ shortNames: ['th'], categories: ['all', 'stuff'], singularName: 'thing' });
    const { items } = (await api.get('/apis', aggregated)).body;
    const { versions } = items.find(({ metadata }: { metadata: { name: string } }) => metadata.name === 'example.com');
    expect(versions).toMatchObject([
      {
        version: 'v1',
        freshness: 'Current',
        resources: [
          {
            resource: 'things',
            responseKind: { group: 'example.com', version: 'v1', kind: 'Thing' },
            ...{ scope: 'Namespaced', singularResource: 'thing', shortNames: ['th'], categories: ['all', 'stuff'] },
          },
        ],
      },
    ]);
  });

  it('ends watches of its objects when it changes, and not before they heard of all', async () => {
    const { events, ended } = await api.watch(thingsPath);
    await api.post(thingsPath, thing('one'));
    await api.redefine(name, (spec) => {
      spec.names.shortNames = ['thg'];
    });
    await ended;
    expect(events).toEqual(['ADDED one']);
    const again = await api.watch(thingsPath);
    await api.patch(`${thingsPath}/one`, 'application/merge-patch+json', { metadata: { labels: { a: 'b' } } });
    await api.delete(`${definitions}/${name}`);
    await again.ended;
    expect(again.events).toEqual(['ADDED one', 'MODIFIED one', 'DELETED one']);
  });

  it('goes with its objects, discovery and OpenAPI', async () => {
    expect((await api.get(`${definitions}/${name}`)).status).toBe(404);
    expect((await api.get(thingsPath)).body).toBe('404 page not found\n');
    expect((await api.get(group)).status).toBe(404);
    expect(Object.keys((await api.get('/openapi/v3')).body.paths)).not.toContain('apis/example.com/v1');
    await api.define(name, things([thingVersion('v1', anything)]));
    expect((await api.get(thingsPath)).body.items).toEqual([]);
    await api.delete(`${definitions}/${name}`);
  });
});

describe('a definition that waits for finalizers of its objects', () => {
  beforeAll(async () => {
    await api.define(name, things([thingVersion('v1', anything)]));
    await api.post(thingsPath, { ...thing('held'), metadata: { name: 'held', finalizers: ['example.com/wait'] } });
    await api.post(thingsPath, thing('free'));
    await api.delete(`${definitions}/${name}`);
  });

  it('says so, and has deleted what it may', async () => {
    const { metadata } = (await api.get(`${definitions}/${name}`)).body;
    expect(metadata).toMatchObject({
      finalizers: ['customresourcecleanup.apiextensions.k8s.io'],
      deletionTimestamp: expect.any(String),
    });
    expect((await conditions(name)).Terminating).toEqual([
      'True',
      'InstanceDeletionInProgress',
      'CustomResource deletion is in progress',
    ]);
    const { items } = (await api.get(thingsPath)).body;
    expect(items).toMatchObject([{ metadata: { name: 'held', deletionTimestamp: expect.any(String) } }]);
  });

  it('lets nothing new in, by any way', async () => {
    const why = 'create not allowed while custom resource definition is terminating';
    expect(await api.post(thingsPath, thing('new'))).toMatchObject({
      status: 403,
      body: { message: `things.example.com "new" is forbidden: ${why}`, reason: 'Forbidden' },
    });
    const applied = await api.patch(
      `${thingsPath}/new?fieldManager=test`,
      'application/apply-patch+yaml',
      thing('new'),
    );
    expect(applied).toMatchObject({ status: 403, body: { message: expect.stringContaining(why) } });
    const [resource] = (await api.get(group)).body.resources;
    expect(resource.verbs).toEqual(['delete', 'deletecollection', 'get', 'list', 'watch']);
  });

  it('is gone with the last of them', async () => {
    await api.patch(`${thingsPath}/held`, 'application/merge-patch+json', { metadata: { finalizers: null } });
    expect((await api.get(`${definitions}/${name}`)).status).toBe(404);
    expect((await api.get(thingsPath)).status).toBe(404);
  });
});

describe('the APIService of a group', () => {
  const services = '/apis/apiregistration.k8s.io/v1/apiservices';
  const merge = (body: unknown) => api.patch(`${services}/v1.example.com`, 'application/merge-patch+json', body);
  const read = async () => (await api.get(`${services}/v1.example.com`)).body;

  it('is there as long as a version is served, and is looked after', async () => {
    await api.define(name, things([thingVersion('v1', anything)]));
    expect(await read()).toMatchObject({
      metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'true' } },
      spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 100 },
      status: { conditions: [{ type: 'Available', status: 'True', reason: 'Local' }] },
    });
    const { uid } = (await read()).metadata;
    await api.delete(`${services}/v1.example.com`);
    expect((await read()).metadata.uid).not.toBe(uid);
    await merge({ spec: { versionPriority: 7 } });
    expect((await read()).spec.versionPriority).toBe(100);
    await api.redefine(name, (spec) => {
      spec.versions.push({ ...thingVersion('v2', anything), storage: false });
    });
    expect((await api.get(`${services}/v2.example.com`)).status).toBe(200);
    await api.redefine(name, (spec) => {
      spec.versions[1].served = false;
    });
    expect((await api.get(`${services}/v2.example.com`)).status).toBe(404);
    await api.delete(`${definitions}/${name}`);
    expect((await api.get(`${services}/v1.example.com`)).status).toBe(404);
  });

  it('stays somebody’s own if it is', async () => {
    const own = { group: 'example.com', version: 'v1', groupPriorityMinimum: 5, versionPriority: 5 };
    const service = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.example.com' },
    };
    await api.post(services, { ...service, spec: own });
    await api.define(name, things([thingVersion('v1', anything)]));
    await api.delete(`${definitions}/${name}`);
    expect((await read()).spec).toEqual(own);
    await api.delete(`${services}/v1.example.com`);
  });
});

describe('names', () => {
  const gizmo = (plural: string, names: object) =>
    things([thingVersion('v1', anything)], { names: { plural, ...names } });

  it('that are taken are refused, each with its reason', async () => {
    await api.define('gizmos.example.com', gizmo('gizmos', { kind: 'Gizmo', shortNames: ['gz', 'gi'] }));
    await api.define('gadgets.example.com', gizmo('gadgets', { kind: 'Gadget', shortNames: ['gz', 'gi'] }));
    expect(await conditions('gadgets.example.com')).toEqual({
      NamesAccepted: ['False', 'ShortNamesConflict', '["gz" is already in use, "gi" is already in use]'],
      Established: ['False', 'NotAccepted', 'not all names are accepted'],
    });
    expect((await api.get(`${group}/gadgets`)).body).toBe('404 page not found\n');
  });

  it.each([
    ['singular', { kind: 'Doodad', singular: 'gizmo' }, ['False', 'SingularConflict', '"gizmo" is already in use']],
    ['kind', { kind: 'Gizmo', listKind: 'DoodadList' }, ['False', 'KindConflict', '"Gizmo" is already in use']],
    [
      'listKind',
      { kind: 'Doodad', listKind: 'GizmoList' },
      ['False', 'ListKindConflict', '"GizmoList" is already in use'],
    ],
  ])('%s', async (_, names, wanted) => {
    await api.define('doodads.example.com', gizmo('doodads', { singular: 'doodad', ...names }));
    expect((await conditions('doodads.example.com')).NamesAccepted).toEqual(wanted);
    await api.delete(`${definitions}/doodads.example.com`);
  });

  it('once established stay served, whatever becomes of others', async () => {
    await api.redefine('gizmos.example.com', (spec) => {
      spec.names.shortNames = ['gz'];
    });
    await api.define('widgets.example.com', gizmo('widgets', { kind: 'Widget', shortNames: ['wi'] }));
    await api.redefine('widgets.example.com', (spec) => {
      spec.names.shortNames = ['gz'];
    });
    expect(await conditions('widgets.example.com')).toMatchObject({
      NamesAccepted: ['False', 'ShortNamesConflict', '"gz" is already in use'],
      Established: ['True', 'InitialNamesAccepted', 'the initial names have been accepted'],
    });
    const { resources } = (await api.get(group)).body;
    expect(resources.find(({ kind }: { kind: string }) => kind === 'Widget').shortNames).toEqual(['wi']);
  });

  it('are free again with the definition that had them', async () => {
    await api.delete(`${definitions}/gizmos.example.com`);
    await expect.poll(async () => (await conditions('gadgets.example.com')).Established[0]).toBe('True');
    expect((await api.get(`${group}/gadgets`)).body.kind).toBe('GadgetList');
  });
});
