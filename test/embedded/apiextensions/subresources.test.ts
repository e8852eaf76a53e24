import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, definitions, object, startApi, thing, things, thingsPath, thingVersion } from './api.ts';

const integer = { type: 'integer' };
const text = { type: 'string' };
const spec = object({
  ...{ replicas: integer, size: integer, color: text, on: { type: 'boolean' }, ratio: { type: 'number' } },
  since: { type: 'string', format: 'date-time' },
  tags: { type: 'array', items: text },
  parts: { type: 'array', items: object({ name: text, value: text }) },
  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
});
const columns = [
  { name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'How big' },
  { name: 'First', type: 'string', jsonPath: '.spec.tags[0]', priority: 1 },
  { name: 'Main', type: 'string', jsonPath: '.spec.parts[?(@.name=="main")].value' },
  { name: 'On', type: 'boolean', jsonPath: '.spec.on' },
  { name: 'Ratio', type: 'number', jsonPath: '.spec.ratio' },
  { name: 'Since', type: 'date', jsonPath: '.spec.since' },
  { name: 'Free', type: 'string', jsonPath: '.spec.free' },
  { name: 'Odd', type: 'integer', jsonPath: '.spec.color' },
];
const scale = {
  ...{ specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
  labelSelectorPath: '.status.selector',
};
const version = thingVersion('v1', spec, {
  subresources: { status: {}, scale },
  additionalPrinterColumns: columns,
  selectableFields: [{ jsonPath: '.spec.color' }, { jsonPath: '.spec.size' }, { jsonPath: '.spec.on' }],
});
const asTable = 'application/json;as=Table;g=meta.k8s.io;v=v1';
const path = `${thingsPath}/a`;

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await api.define('things.example.com', things([version]));
  await api.post(
    thingsPath,
    thing('a', {
      ...{ replicas: 2, size: 7, color: 'red', on: true, ratio: 1.5, since: '1970-01-02T00:00:00Z', tags: ['x', 'y'] },
      parts: [
        { name: 'side', value: '1' },
        { name: 'main', value: '2' },
      ],
      free: { b: [1, 'c'] },
    }),
  );
  await api.post(thingsPath, thing('b', { color: 'blue' }, { status: { replicas: 3 } }));
});
afterAll(() => api.stop());

const merge = (at: string, body: unknown) => api.patch(at, 'application/merge-patch+json', body);

describe('status', () => {
  it('is not what creates and updates set', async () => {
    expect((await api.get(`${thingsPath}/b`)).body.status).toBeUndefined();
    const { body } = await merge(path, { spec: { size: 8 }, status: { replicas: 9 } });
    expect([body.status, body.metadata.generation]).toEqual([undefined, 2]);
  });

  it('is all that its subresource sets, without a new generation', async () => {
    const { body } = await merge(`${path}/status`, {
      ...{ spec: { size: 1 }, status: { replicas: 1, selector: 'app=a' }, metadata: { labels: { a: 'b' } } },
    });
    expect(body).toMatchObject({ spec: { size: 8 }, status: { replicas: 1 }, metadata: { generation: 2 } });
    expect(body.metadata.labels).toBeUndefined();
    const byStatus = body.metadata.managedFields.filter(({ subresource }: { subresource?: string }) => subresource);
    expect(byStatus).toMatchObject([{ subresource: 'status', fieldsV1: { 'f:status': { 'f:replicas': {} } } }]);
  });
});

describe('scale', () => {
  it('shows and sets the replicas where the definition says', async () => {
    const before = await api.get(`${path}/scale`);
    expect(before.body).toMatchObject({
      ...{ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'a', namespace: 'default' } },
      ...{ spec: { replicas: 2 }, status: { replicas: 1, selector: 'app=a' } },
    });
    expect((await api.put(`${path}/scale`, { ...before.body, spec: { replicas: 5 } })).body.spec).toEqual({
      replicas: 5,
    });
    expect((await api.get(path)).body.spec.replicas).toBe(5);
    const stale = await api.put(`${path}/scale`, { ...before.body, spec: { replicas: 6 } });
    expect(stale).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
  });

  it('cannot be shown without replicas, but be set', async () => {
    expect((await api.get(`${thingsPath}/b/scale`)).body.message).toBe(
      'Internal error occurred: the spec replicas field ".spec.replicas" does not exist',
    );
    expect((await merge(`${thingsPath}/b/scale`, { spec: { replicas: 1 } })).body.spec).toEqual({ replicas: 1 });
    expect((await merge(`${thingsPath}/b/scale`, { spec: { replicas: -1 } })).status).toBe(422);
  });

  it('refuses numbers that it could not show', async () => {
    const { body } = await merge(path, { spec: { replicas: -1 } });
    expect(body.details.causes).toEqual([
      {
        field: '.spec.replicas',
        reason: 'FieldValueInvalid',
        message: 'Invalid value: -1: should be a non-negative integer',
      },
    ]);
  });

  it('is listed with its kind, and only where it is declared', async () => {
    const { resources } = (await api.get('/apis/example.com/v1')).body;
    expect(
      resources.map(({ name, group, version: v, kind }: Record<string, string>) => [name, group, v, kind]),
    ).toEqual([
      ['things', undefined, undefined, 'Thing'],
      ['things/status', undefined, undefined, 'Thing'],
      ['things/scale', 'autoscaling', 'v1', 'Scale'],
    ]);
    await api.define('others.example.com', {
      ...things([thingVersion('v1', spec)]),
      names: { plural: 'others', kind: 'Other' },
    });
    const others = thingsPath.replace('things', 'others');
    await api.post(others, { ...thing('o', { replicas: 1 }, { status: { replicas: 1 } }), kind: 'Other' });
    // Without the subresource the status is a field like any other.
    expect((await api.get(`${others}/o`)).body.status).toEqual({ replicas: 1 });
    for (const one of ['status', 'scale']) expect((await api.get(`${others}/o/${one}`)).status).toBe(404);
  });
});

describe('columns', () => {
  it('show what their paths find, and nothing of another type', async () => {
    const { columnDefinitions, rows } = (await api.get(thingsPath, asTable)).body;
    expect(
      columnDefinitions.map(({ name, type, priority }: Record<string, unknown>) => [name, type, priority]),
    ).toEqual([['Name', 'string', 0], ...columns.map(({ name, type, priority = 0 }) => [name, type, priority])]);
    const [, size, first] = columnDefinitions;
    expect([size.description, first.description]).toEqual([
      'How big',
      'Custom resource definition column (in JSONPath format): .spec.tags[0]',
    ]);
    const days = expect.stringMatching(/^\d+y(\d+d)?$/);
    expect(rows.map(({ cells }: { cells: unknown[] }) => cells)).toEqual([
      ['a', 8, 'x', '2', true, 1.5, days, '{"b":[1,"c"]}', null],
      ['b', null, null, null, null, null, null, null, null],
    ]);
  });

  it('are the name and the age where none are declared', async () => {
    const { body } = await api.get(thingsPath.replace('things', 'others'), asTable);
    expect(body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual(['Name', 'Age']);
  });
});

describe('selectable fields', () => {
  it.each([
    ['spec.color=red', ['a']],
    ['spec.color!=red', ['b']],
    ['spec.size=8,spec.on=true', ['a']],
    ['spec.size=', ['b']],
    ['metadata.name=b', ['b']],
    ['spec.on=false', []],
  ])('%s', async (selector, wanted) => {
    const { body } = await api.get(`${thingsPath}?fieldSelector=${encodeURIComponent(selector)}`);
    expect(body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(wanted);
  });

  it('are the only ones', async () => {
    const { status, body } = await api.get(`${thingsPath}?fieldSelector=spec.ratio%3D1.5`);
    expect([status, body.message]).toEqual([400, 'field label not supported: spec.ratio']);
  });
});

describe('a definition is refused', () => {
  const define = (more: object, schema: unknown = object({ list: { type: 'array', items: object({ a: text }) } })) =>
    api.define('widgets.example.com', {
      ...things([thingVersion('v1', schema, more as Record<string, unknown>)]),
      names: { plural: 'widgets', kind: 'Widget' },
    });
  const at = (name: string) => `spec.${name}`;
  it.each<[string, object, string, string]>([
    [
      'scale from a status',
      { subresources: { scale: { ...scale, specReplicasPath: '.status.x' } } },
      at('subresources.scale.specReplicasPath'),
      'should be a json path under .spec',
    ],
    [
      'scale at no path',
      { subresources: { scale: { ...scale, specReplicasPath: 'spec.replicas' } } },
      at('subresources.scale.specReplicasPath'),
      'must be a simple json path starting with .',
    ],
    [
      'a column without a path',
      { additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '' }] },
      at('additionalPrinterColumns[0].JSONPath'),
      'Required value',
    ],
    [
      'a column of no type',
      { additionalPrinterColumns: [{ name: 'A', type: 'list', jsonPath: '.a' }] },
      at('additionalPrinterColumns[0].type'),
      'Invalid value: "list": must be one of boolean,date,integer,number,string',
    ],
    [
      'a selectable list',
      { selectableFields: [{ jsonPath: '.spec.list' }] },
      at('selectableFields[0].jsonPath'),
      'must point to a field of type string, boolean or integer',
    ],
    [
      'a selectable field that is none',
      { selectableFields: [{ jsonPath: '.spec.b' }] },
      at('selectableFields[0].jsonPath'),
      'Invalid value: ".spec.b": is an invalid path: does not refer to a valid field',
    ],
    [
      'selectable metadata',
      { selectableFields: [{ jsonPath: '.metadata.name' }] },
      at('selectableFields[0].jsonPath'),
      'is an invalid path',
    ],
  ])('%s', async (_, more, field, message) => {
    const { body } = await define(more);
    expect(body.details?.causes).toContainEqual(
      expect.objectContaining({ field, message: expect.stringContaining(message) }),
    );
  });

  const schemaAt = (name: string) => `spec.validation.openAPIV3Schema.properties[spec].properties[x]${name}`;
  it.each<[string, object, string, string]>([
    ['no type', {}, schemaAt('.type'), 'Required value: must not be empty for specified object fields'],
    ['an unknown type', { type: 'text' }, schemaAt('.type'), 'Unsupported value: "text"'],
    ['items of nothing', { type: 'array' }, schemaAt('.items'), 'Required value: must be specified'],
    ['references', { $ref: '#/a' }, schemaAt('.$ref'), 'Forbidden: $ref is not supported'],
    [
      'unique items',
      { type: 'array', items: text, uniqueItems: true },
      schemaAt('.uniqueItems'),
      'Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    ],
    [
      'properties and any other',
      { type: 'object', properties: { a: text }, additionalProperties: text },
      schemaAt('.additionalProperties'),
      'Forbidden: additionalProperties and properties are mutual exclusive',
    ],
    [
      'a default that does not fit',
      { type: 'integer', default: 'x' },
      schemaAt('.default'),
      'must be of type integer: "string"',
    ],
    [
      'a pattern that is none',
      { type: 'string', pattern: '(' },
      schemaAt('.pattern'),
      'must be a valid regular expression, but isn',
    ],
    [
      'a list without its keys',
      { type: 'array', 'x-kubernetes-list-type': 'map', items: object({ a: text }) },
      schemaAt('.x-kubernetes-list-map-keys'),
      'Required value',
    ],
    [
      'keys that may be missing',
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['a'],
        items: object({ a: text }),
      },
      schemaAt('.items.properties[a].default'),
      'must have a default or be a required property',
    ],
    [
      'a set of objects',
      { type: 'array', 'x-kubernetes-list-type': 'set', items: object({ a: text }) },
      schemaAt('.items.x-kubernetes-map-type'),
      'must be atomic as item of a list with x-kubernetes-list-type=set',
    ],
    [
      'types within a junctor',
      { type: 'string', anyOf: [{ type: 'string' }] },
      schemaAt('.anyOf[0].type'),
      'Forbidden: must be empty to be structural',
    ],
    [
      'an embedded text',
      { type: 'string', 'x-kubernetes-embedded-resource': true },
      schemaAt('.type'),
      'must be object if x-kubernetes-embedded-resource is true',
    ],
  ])('a schema with %s', async (_, x, field, message) => {
    const { status, body } = await define({}, object({ x }));
    expect(status).toBe(422);
    expect(body.details.causes).toContainEqual(
      expect.objectContaining({ field, message: expect.stringContaining(message) }),
    );
  });

  it('a format that means nothing is warned of', async () => {
    const { status, warnings } = await define({}, object({ x: { type: 'string', format: 'odd' } }));
    expect([status, warnings]).toEqual([201, ['unrecognized format "odd"']]);
    await api.delete(`${definitions}/widgets.example.com`);
  });

  it('in a group of the project, unless it was approved', async () => {
    const name = 'widgets.sample.k8s.io';
    const given = {
      ...things([thingVersion('v1', object({}))]),
      group: 'sample.k8s.io',
      names: { plural: 'widgets', kind: 'Widget' },
    };
    expect((await api.define(name, given)).body.message).toContain(
      'metadata.annotations[api-approved.kubernetes.io]: Required value',
    );
    const metadata = { name, annotations: { 'api-approved.kubernetes.io': 'unapproved, experimental' } };
    await api.post(definitions, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata,
      spec: given,
    });
    const { conditions } = (await api.get(`${definitions}/${name}`)).body.status;
    expect(conditions).toContainEqual(
      expect.objectContaining({
        type: 'KubernetesAPIApprovalPolicyConformant',
        status: 'False',
        reason: 'UnapprovedAnnotation',
      }),
    );
  });
});
