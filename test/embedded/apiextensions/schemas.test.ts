import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, definitions, object, startApi, thing, things, thingsPath, thingVersion } from './api.ts';

const port = object(
  { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' }, name: { type: 'string' } },
  { required: ['port'] },
);
const spec = object({
  size: { type: 'integer', default: 3, minimum: 1, maximum: 9 },
  color: { type: 'string', enum: ['red', 'green'], maxLength: 5 },
  target: { 'x-kubernetes-int-or-string': true },
  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  half: object({ known: object({ a: { type: 'string' } }) }, { 'x-kubernetes-preserve-unknown-fields': true }),
  template: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
  ports: {
    type: 'array',
    items: port,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['port', 'protocol'],
  },
  nothing: { type: 'string', nullable: true, default: 'given' },
  something: { type: 'string', default: 'given' },
  plain: { type: 'string' },
  labels: { type: 'object', additionalProperties: { type: 'string' } },
  when: { type: 'string', format: 'date-time' },
  either: {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'string' } },
    oneOf: [{ required: ['a'] }, { required: ['b'] }],
  },
});
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } };

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await api.define('things.example.com', things([thingVersion('v1', spec, { subresources: { status: {} } })]));
});
afterAll(() => api.stop());

const dry = `${thingsPath}?dryRun=All`;
const defaults = { nothing: 'given', size: 3, something: 'given' };

describe('what comes in', () => {
  it('loses what the schema does not know, and says so', async () => {
    const sent = thing(
      'a',
      { extra: 1, ports: [{ port: 1, extra: 2 }], half: { any: 1, known: { a: 'x', b: 'y' } } },
      { more: 3 },
    );
    const { body, warnings, status } = await api.post(dry, sent);
    expect([status, warnings]).toEqual([
      201,
      ['more', 'spec.extra', 'spec.half.known.b', 'spec.ports[0].extra'].map((path) => `unknown field "${path}"`),
    ]);
    expect(body.spec).toEqual({
      ...defaults,
      half: { any: 1, known: { a: 'x' } },
      ports: [{ port: 1, protocol: 'TCP' }],
    });
    const strict = await api.post(`${dry}&fieldValidation=Strict`, sent);
    expect(strict).toMatchObject({
      status: 400,
      body: {
        reason: 'BadRequest',
        message: expect.stringContaining(
          'strict decoding error: unknown field "more", unknown field "spec.extra", unknown field "spec.half.known.b", unknown field "spec.ports[0].extra"',
        ),
      },
    });
    expect((await api.post(`${dry}&fieldValidation=Ignore`, sent)).warnings).toEqual([]);
  });

  it('keeps what is preserved, embedded resources with their metadata', async () => {
    const free = { deep: { list: [1, { a: null }] } };
    const template = { ...pod, metadata: { name: 'p', labels: { a: 'b' } }, spec: { anything: true } };
    const { body, warnings } = await api.post(dry, thing('a', { free, template }));
    expect(body.spec).toEqual({ ...defaults, free, template });
    expect(warnings).toEqual([]);
    const odd = await api.post(dry, thing('a', { template: { ...pod, metadata: { name: 'p', bogus: 1 } } }));
    expect(odd.body.spec.template.metadata).toEqual({ name: 'p' });
    expect(odd.warnings).toEqual(['unknown field "spec.template.metadata.bogus"']);
  });

  it.each([
    ['nullable: it stays', { nothing: null }, { nothing: null }],
    ['not nullable, with a default: the default', { something: null }, { something: 'given' }],
    ['not nullable, without one: it goes', { plain: null }, {}],
  ])('null where it is %s', async (_, given, wanted) => {
    expect((await api.post(dry, thing('a', given))).body.spec).toEqual({ ...defaults, ...wanted });
  });

  it('takes an integer or a string where either may be', async () => {
    for (const target of [80, '80%']) {
      expect((await api.post(dry, thing('a', { target }))).body.spec.target).toBe(target);
    }
  });

  it('says twice the same field twice', async () => {
    const text = '{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"},"spec":{"size":1,"size":2}}';
    const { body } = await api.ask('POST', `${dry}&fieldValidation=Strict`, { body: text });
    expect(body.message).toContain('strict decoding error: duplicate field "spec.size"');
  });

  it('may be YAML', async () => {
    const body = 'apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec:\n  size: 4\n';
    const made = await api.ask('POST', dry, { type: 'application/yaml', body });
    expect(made.body.spec).toEqual({ ...defaults, size: 4 });
  });
});

describe('what does not fit', () => {
  const required = 'FieldValueRequired';
  const invalid = 'FieldValueInvalid';
  const type = 'FieldValueTypeInvalid';
  it.each<[string, unknown, string, string, string]>([
    [
      'a type',
      { size: 'x' },
      'spec.size',
      type,
      'Invalid value: "string": spec.size in body must be of type integer: "string"',
    ],
    [
      'a fraction',
      { size: 1.5 },
      'spec.size',
      type,
      'Invalid value: "number": spec.size in body must be of type integer: "number"',
    ],
    [
      'a minimum',
      { size: 0 },
      'spec.size',
      invalid,
      'Invalid value: 0: spec.size in body should be greater than or equal to 1',
    ],
    [
      'an enum',
      { color: 'blue' },
      'spec.color',
      'FieldValueNotSupported',
      'Unsupported value: "blue": supported values: "red", "green"',
    ],
    [
      'int-or-string',
      { target: 1.5 },
      'spec.target',
      type,
      'Invalid value: "number": spec.target in body must be of type integer,string: "number"',
    ],
    ['a set', { tags: ['a', 'b', 'a'] }, 'spec.tags[2]', 'FieldValueDuplicate', 'Duplicate value: "a"'],
    [
      'a map',
      { ports: [{ port: 1 }, { port: 1, name: 'x' }] },
      'spec.ports[1]',
      'FieldValueDuplicate',
      'Duplicate value: {"port":1,"protocol":"TCP"}',
    ],
    ['a key', { ports: [{ name: 'x' }] }, 'spec.ports[0].port', required, 'Required value'],
    ['an object', 'text', 'spec', type, 'Invalid value: "string": spec in body must be of type object: "string"'],
    [
      'values of a map',
      { labels: { a: 1 } },
      'spec.labels.a',
      type,
      'Invalid value: "integer": spec.labels.a in body must be of type string: "integer"',
    ],
    [
      'a time',
      { when: 'noon' },
      'spec.when',
      type,
      'Invalid value: "noon": spec.when in body must be of type date-time: "noon"',
    ],
    [
      'an embedded resource',
      { template: { ...pod, kind: undefined } },
      'spec.template.kind',
      required,
      'Required value',
    ],
  ])('%s', async (_, given, where, reason, message) => {
    const { status, body } = await api.post(dry, thing('a', given));
    expect([status, body.reason]).toEqual([422, 'Invalid']);
    expect(body.details).toMatchObject({ name: 'a', group: 'example.com', kind: 'Thing' });
    expect(body.details.causes).toContainEqual({ field: where, reason, message });
    expect(body.message).toContain(`Thing.example.com "a" is invalid: `);
    expect(body.message).toContain(`${where}: ${message}`);
  });

  it('all at once', async () => {
    const { body } = await api.post(dry, thing('a', { size: 10, color: 'purple' }));
    expect(body.details.causes.map(({ field }: { field: string }) => field)).toEqual(
      expect.arrayContaining(['spec.size', 'spec.color']),
    );
    expect(body.message).toMatch(/^Thing\.example\.com "a" is invalid: \[.*, .*\]$/);
  });

  it('one of several schemas', async () => {
    expect((await api.post(dry, thing('a', { either: { a: '1' } }))).status).toBe(201);
    const { body } = await api.post(dry, thing('a', { either: { a: '1', b: '2' } }));
    expect(body.message).toContain('must validate one and only one schema (oneOf). Found 2 valid alternatives');
  });

  it('the status, where that is what is written', async () => {
    await api.post(thingsPath, thing('stated'));
    const bad = await api.patch(`${thingsPath}/stated/status`, 'application/merge-patch+json', { status: 'x' });
    expect(bad).toMatchObject({ status: 422, body: { details: { causes: [{ field: 'status' }] } } });
  });

  it.each([
    [
      'a kind of another name',
      { ...thing('a'), kind: 'Other' },
      422,
      'Other.example.com "a" is invalid: kind: Invalid value: "Other": must be Thing',
    ],
    [
      'another version',
      { ...thing('a'), apiVersion: 'example.com/v2' },
      400,
      'the API version in the data (example.com/v2) does not match the expected API version (example.com/v1)',
    ],
    ['no kind', { apiVersion: 'example.com/v1', metadata: { name: 'a' } }, 400, "Object 'Kind' is missing in"],
    [
      'no name',
      { ...thing('a'), metadata: {} },
      422,
      'metadata.name: Required value: name or generateName is required',
    ],
    ['a name that is none', thing('A_b'), 422, 'metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain'],
    [
      'another namespace',
      { ...thing('a'), metadata: { name: 'a', namespace: 'other' } },
      400,
      'the namespace of the provided object does not match',
    ],
    [
      'labels that are none',
      { ...thing('a'), metadata: { name: 'a', labels: { a: 1 } } },
      400,
      'cannot unmarshal number into Go struct field',
    ],
  ])('%s', async (_, sent, status, message) => {
    const answer = await api.post(dry, sent);
    expect([answer.status, answer.body.message]).toEqual([status, expect.stringContaining(message)]);
  });
});

describe('a definition whose schema changes', () => {
  const name = 'things.example.com';
  const path = `${thingsPath}/old`;
  const merge = (body: unknown) => api.patch(path, 'application/merge-patch+json', body);
  const properties = (root: {
    versions: { schema: { openAPIV3Schema: { properties: { spec: { properties: object } } } } }[];
  }) => root.versions[0]?.schema.openAPIV3Schema.properties.spec.properties as Record<string, Record<string, unknown>>;
  beforeAll(async () => {
    await api.post(thingsPath, thing('old', { size: 2, color: 'red', plain: 'long text', tags: ['a'] }));
  });

  it('gives new defaults to what is read, and stores them with the next write', async () => {
    await api.redefine(name, (root) => {
      properties(root).level = { type: 'integer', default: 7 };
    });
    const before = (await api.get(path)).body;
    expect(before.spec.level).toBe(7);
    expect((await api.get(thingsPath)).body.items[0].spec.level).toBe(7);
    const table = await api.get(thingsPath, 'application/json;as=Table;g=meta.k8s.io;v=v1');
    expect(table.body.rows[0].object.kind).toBe('PartialObjectMetadata');
    const after = (await merge({ spec: { size: 3 } })).body;
    expect([after.metadata.generation, after.spec.level]).toEqual([before.metadata.generation + 1, 7]);
  });

  it('forgives faults of what does not change (ratcheting)', async () => {
    await api.redefine(name, (root) => {
      properties(root).size = { type: 'integer', minimum: 5 };
      properties(root).plain = { type: 'string', maxLength: 4 };
      properties(root).color = { type: 'string', enum: ['green'] };
    });
    expect((await merge({ spec: { level: 8 } })).status).toBe(200);
    expect((await merge({ metadata: { labels: { a: 'b' } } })).status).toBe(200);
    const { body } = await merge({ spec: { size: 4, plain: 'other text' } });
    expect(body.details.causes).toEqual([
      {
        field: 'spec.size',
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 4: spec.size in body should be greater than or equal to 5',
      },
      { field: 'spec.plain', reason: 'FieldValueTooLong', message: 'Too long: may not be more than 4 bytes' },
    ]);
    expect((await api.post(dry, thing('new', { color: 'red' }))).status).toBe(422);
  });

  it('drops on reading what it does not know any more', async () => {
    await api.redefine(name, (root) => {
      delete properties(root).tags;
    });
    expect((await api.get(path)).body.spec.tags).toBeUndefined();
    await api.redefine(name, (root) => {
      properties(root).tags = { type: 'array', items: { type: 'string' } };
    });
    // Nothing was written in between: it is still there.
    expect((await api.get(path)).body.spec.tags).toEqual(['a']);
  });

  it('needs the version that it was read at', async () => {
    const { body } = await api.get(`${definitions}/${name}`);
    delete body.metadata.resourceVersion;
    expect(await api.put(`${definitions}/${name}`, body)).toMatchObject({
      status: 422,
      body: { details: { causes: [{ field: 'metadata.resourceVersion' }] } },
    });
  });
});
