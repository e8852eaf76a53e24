import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, object, startApi, thing, things, thingsPath, thingVersion } from './api.ts';

const text = { type: 'string' };
const item = object(
  { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' }, name: text },
  { required: ['port'] },
);
const spec = object({
  size: { type: 'integer', default: 3 },
  tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
  ports: {
    type: 'array',
    items: item,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['port', 'protocol'],
  },
  steps: { type: 'array', items: text },
  labels: { type: 'object', additionalProperties: text },
  whole: object({ a: text, b: text }, { 'x-kubernetes-map-type': 'atomic' }),
  parts: object({ a: text, b: text }),
  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
});

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await api.define('things.example.com', things([thingVersion('v1', spec, { subresources: { status: {} } })]));
});
afterAll(() => api.stop());

const apply = (manager: string, name: string, given: unknown, more = '', query = '') =>
  api.patch(
    `${thingsPath}/${name}${more}?fieldManager=${manager}${query}`,
    'application/apply-patch+yaml',
    more === '/status' ? thing(name, undefined, { status: given }) : thing(name, given),
  );

const fields = (
  body: { metadata: { managedFields: { manager: string; fieldsV1: { 'f:spec': object } }[] } },
  manager: string,
) => body.metadata.managedFields.find((one) => one.manager === manager)?.fieldsV1['f:spec'];

describe('server-side apply of custom resources', () => {
  it('owns what was sent, not what was defaulted', async () => {
    const { status, body } = await apply('one', 'a', {
      tags: ['a', 'b'],
      ports: [{ port: 1, name: 'x' }],
      labels: { l: '1' },
      free: { f: { g: 1 } },
    });
    expect(status).toBe(201);
    expect(body.spec.size).toBe(3);
    expect(fields(body, 'one')).toEqual({
      'f:free': { 'f:f': { '.': {}, 'f:g': {} } },
      'f:labels': { 'f:l': {} },
      'f:ports': { 'k:{"port":1,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } },
      'f:tags': { 'v:"a"': {}, 'v:"b"': {} },
    });
  });

  it('merges sets by value and maps by key, and takes away what one gave up', async () => {
    const { body } = await apply('two', 'a', {
      tags: ['b', 'c'],
      ports: [{ port: 1, protocol: 'UDP', name: 'y' }],
      labels: { m: '2' },
    });
    expect(body.spec).toMatchObject({
      tags: ['a', 'b', 'c'],
      ports: [
        { port: 1, protocol: 'TCP', name: 'x' },
        { port: 1, protocol: 'UDP', name: 'y' },
      ],
      labels: { l: '1', m: '2' },
    });
    const less = await apply('one', 'a', { tags: ['a'] });
    // b has another owner and stays.
    expect(less.body.spec).toEqual({
      size: 3,
      tags: ['a', 'b', 'c'],
      ports: [{ port: 1, protocol: 'UDP', name: 'y' }],
      labels: { m: '2' },
    });
  });

  it('says whose it is, and takes it by force', async () => {
    const mine = { ports: [{ port: 1, protocol: 'UDP', name: 'mine' }], size: 4 };
    const { status, body } = await apply('three', 'a', mine);
    expect([status, body.reason, body.message]).toEqual([
      409,
      'Conflict',
      'Apply failed with 1 conflict: conflict with "two": .spec.ports[port=1,protocol="UDP"].name',
    ]);
    const forced = await apply('three', 'a', mine, '', '&force=true');
    expect(forced.body.spec).toMatchObject({ size: 4, ports: [{ port: 1, protocol: 'UDP', name: 'mine' }] });
  });

  it('replaces atomic lists and objects, merges granular ones', async () => {
    await apply('one', 'b', { steps: ['1', '2'], whole: { a: '1' }, parts: { a: '1' } });
    const parts = await apply('two', 'b', { parts: { b: '2' } });
    expect(parts.body.spec.parts).toEqual({ a: '1', b: '2' });
    const conflict = await apply('two', 'b', { parts: { b: '2' }, steps: ['3'], whole: { b: '2' } });
    expect(conflict.body.details.causes.map(({ field }: { field: string }) => field).sort()).toEqual([
      '.spec.steps',
      '.spec.whole',
    ]);
    const forced = await apply('two', 'b', { parts: { b: '2' }, steps: ['3'], whole: { b: '2' } }, '', '&force=true');
    expect(forced.body.spec).toMatchObject({ steps: ['3'], whole: { b: '2' }, parts: { a: '1', b: '2' } });
  });

  it('changes nothing the second time', async () => {
    const again = { parts: { b: '2' }, steps: ['3'], whole: { b: '2' } };
    const [first, second] = [await apply('two', 'b', again), await apply('two', 'b', again)];
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
  });

  it.each([
    ['a field that is not declared', { bogus: 1 }, '.spec.bogus: field not declared in schema'],
    ['another type', { size: 'x' }, '.spec.size: expected numeric (int or float), got string'],
    ['a value twice in a set', { tags: ['x', 'x'] }, 'duplicate entries for key'],
  ])('refuses %s', async (_, given, message) => {
    const { status, body } = await apply('one', 'c', given);
    expect([status, body.message]).toEqual([500, expect.stringContaining(message)]);
  });

  it('of the status leaves the spec alone', async () => {
    const { body } = await apply('controller', 'b', { ready: true }, '/status');
    expect(body).toMatchObject({ status: { ready: true }, spec: { steps: ['3'] } });
    const owner = body.metadata.managedFields.find(({ manager }: { manager: string }) => manager === 'controller');
    expect(owner).toMatchObject({
      subresource: 'status',
      operation: 'Apply',
      fieldsV1: { 'f:status': { 'f:ready': {} } },
    });
  });

  it('is refused as a strategic merge', async () => {
    const { status, body } = await api.patch(`${thingsPath}/b`, 'application/strategic-merge-patch+json', {
      spec: { size: 1 },
    });
    expect([status, body.message]).toEqual([
      415,
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    ]);
  });
});
