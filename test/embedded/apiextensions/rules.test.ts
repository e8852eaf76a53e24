import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, object, startApi, thing, things, thingsPath, thingVersion } from './api.ts';

const rules = (...all: object[]) => ({ 'x-kubernetes-validations': all });
const name = { type: 'string', maxLength: 20 };
const spec = object(
  {
    min: { type: 'integer' },
    max: { type: 'integer' },
    unlucky: { type: 'integer' },
    owner: name,
    fixed: {
      ...name,
      ...rules({ rule: 'self == oldSelf', message: 'may not be changed', reason: 'FieldValueForbidden' }),
    },
    once: { ...name },
    steps: {
      type: 'array',
      maxItems: 10,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: object(
        { name, replicas: { type: 'integer' } },
        {
          required: ['name'],
          ...rules({ rule: '!has(oldSelf.replicas) || self.replicas >= oldSelf.replicas', message: 'may only grow' }),
        },
      ),
    },
    from: { type: 'string', format: 'date-time' },
    until: { type: 'string', format: 'date-time' },
    address: {
      ...name,
      ...rules({ rule: 'isIP(self) && ip(self).family() == 4', message: 'must be an IPv4 address' }),
    },
    budget: {
      'x-kubernetes-int-or-string': true,
      ...rules({
        rule: 'type(self) == int ? self <= 10 : self.endsWith("%")',
        message: 'must be at most 10, or a share',
      }),
    },
  },
  rules(
    {
      rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
      message: 'min may not be above max',
      messageExpression: "'min may not be above max of ' + (has(self.owner) ? self.owner : 'nobody')",
      fieldPath: '.min',
    },
    { rule: '!has(self.unlucky) || self.unlucky != 13', reason: 'FieldValueDuplicate', message: 'not that one' },
    {
      rule: '!oldSelf.hasValue() || !has(oldSelf.value().once) || has(self.once) && self.once == oldSelf.value().once',
      optionalOldSelf: true,
      message: 'once set, it stays',
      fieldPath: '.once',
      reason: 'FieldValueRequired',
    },
    { rule: '!has(self.until) || !has(self.from) || self.until - self.from >= duration("1h")' },
  ),
);

let api: Api;
beforeAll(async () => {
  api = await startApi();
  const made = await api.define('things.example.com', things([thingVersion('v1', spec)]));
  expect(made).toMatchObject({ status: 201 });
});
afterAll(() => api.stop());

const causes = async (given: unknown) =>
  (await api.post(`${thingsPath}?dryRun=All`, thing('a', given))).body.details?.causes ?? [];

describe('rules of a new object', () => {
  it.each<[string, unknown, string, string, string]>([
    [
      'a message made of the object',
      { min: 2, max: 1, owner: 'ann' },
      'spec.min',
      'FieldValueInvalid',
      'Invalid value: min may not be above max of ann',
    ],
    ['a reason', { unlucky: 13 }, 'spec', 'FieldValueDuplicate', 'Duplicate value'],
    [
      'no message: the rule',
      { from: '2026-01-01T00:00:00Z', until: '2026-01-01T00:30:00Z' },
      'spec',
      'FieldValueInvalid',
      'Invalid value: failed rule: !has(self.until) || !has(self.from) || self.until - self.from >= duration("1h")',
    ],
    [
      'addresses',
      { address: '::1' },
      'spec.address',
      'FieldValueInvalid',
      'Invalid value: "::1": must be an IPv4 address',
    ],
    [
      'int-or-string',
      { budget: 11 },
      'spec.budget',
      'FieldValueInvalid',
      'Invalid value: 11: must be at most 10, or a share',
    ],
  ])('%s', async (_, given, field, reason, message) => {
    expect(await causes(given)).toEqual([{ field, reason, message }]);
  });

  it.each([
    [{ min: 1, max: 2 }],
    [{ fixed: 'a', once: 'b', steps: [{ name: 'a', replicas: 1 }] }],
    [{ budget: '5%', address: '10.0.0.1' }],
    [{ from: '2026-01-01T00:00:00Z', until: '2026-01-01T02:00:00+00:30' }],
  ])('nothing to say of %j', async (given) => {
    expect(await causes(given)).toEqual([]);
  });

  it('are not asked where the schema is not kept', async () => {
    expect(await causes({ min: 'x', unlucky: 13 })).toEqual([
      expect.objectContaining({ field: 'spec.min', reason: 'FieldValueTypeInvalid' }),
      {
        ...{ field: '<nil>', reason: 'FieldValueInvalid' },
        message:
          'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      },
    ]);
  });
});

describe('rules of a change', () => {
  const path = `${thingsPath}/kept`;
  const change = (given: unknown) => api.patch(path, 'application/merge-patch+json', { spec: given });
  beforeAll(async () => {
    await api.post(
      thingsPath,
      thing('kept', {
        fixed: 'a',
        once: 'b',
        steps: [
          { name: 'x', replicas: 2 },
          { name: 'y', replicas: 2 },
        ],
      }),
    );
  });

  it.each<[string, unknown, object]>([
    [
      'of a field',
      { fixed: 'z' },
      { field: 'spec.fixed', reason: 'FieldValueForbidden', message: 'Forbidden: may not be changed' },
    ],
    [
      'with optionalOldSelf',
      { once: 'z' },
      { field: 'spec.once', reason: 'FieldValueRequired', message: 'Required value: once set, it stays' },
    ],
    [
      'with what is taken away',
      { once: null },
      { field: 'spec.once', reason: 'FieldValueRequired', message: 'Required value: once set, it stays' },
    ],
    [
      'of an item that is found by its key',
      {
        steps: [
          { name: 'y', replicas: 1 },
          { name: 'x', replicas: 3 },
        ],
      },
      { field: 'spec.steps[0]', reason: 'FieldValueInvalid', message: expect.stringContaining('may only grow') },
    ],
  ])('%s', async (_, given, cause) => {
    expect((await change(given)).body.details?.causes).toEqual([cause]);
  });

  it('do not hold for what is new, nor for what goes', async () => {
    expect((await change({ steps: [{ name: 'z', replicas: 1 }] })).status).toBe(200);
    expect((await change({ fixed: null })).status).toBe(200);
    expect((await change({ fixed: 'b' })).status).toBe(200);
  });

  it('that are new forgive what does not change, with a warning', async () => {
    await api.redefine('things.example.com', (root) => {
      const { properties } = root.versions[0].schema.openAPIV3Schema.properties.spec;
      properties.owner = { ...name, ...rules({ rule: 'self.startsWith("team-")', message: 'must name a team' }) };
    });
    await api.redefine('things.example.com', (root) => {
      delete root.versions[0].schema.openAPIV3Schema.properties.spec.properties.owner['x-kubernetes-validations'];
    });
    await change({ owner: 'ann' });
    await api.redefine('things.example.com', (root) => {
      const { properties } = root.versions[0].schema.openAPIV3Schema.properties.spec;
      properties.owner = { ...name, ...rules({ rule: 'self.startsWith("team-")', message: 'must name a team' }) };
    });
    const touched = await change({ unlucky: 1 });
    expect([touched.status, touched.warnings]).toEqual([200, ['spec.owner: Invalid value: "ann": must name a team']]);
    expect((await change({ owner: 'bob' })).status).toBe(422);
  });
});

describe('a definition with rules', () => {
  const where = 'spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0]';
  const dryDefine = (schema: unknown) =>
    api.define('widgets.example.com', {
      ...things([thingVersion('v1', schema)]),
      names: { plural: 'widgets', kind: 'Widget' },
    });
  const unbounded = { type: 'array', items: { type: 'string' } };
  it.each<[string, unknown, string, string]>([
    [
      'that do not compile',
      object({ a: name }, rules({ rule: 'self.b == "x"' })),
      `${where}.rule`,
      "compilation failed: ERROR: <input>:1:5: undefined field 'b'",
    ],
    ['of another type', object({ a: name }, rules({ rule: 'self.a' })), `${where}.rule`, 'must evaluate to a bool'],
    [
      'whose message is none',
      object({ a: name }, rules({ rule: 'true', messageExpression: '1' })),
      `${where}.messageExpression`,
      'messageExpression must evaluate to a string',
    ],
    [
      'that cost too much',
      object({ a: unbounded }, rules({ rule: 'self.a.all(x, self.a.all(y, x == y))' })),
      `${where}.rule`,
      'Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule',
    ],
    ['without a rule', object({}, rules({ rule: ' ' })), `${where}.rule`, 'Required value: rule is not specified'],
    [
      'in several lines',
      object({}, rules({ rule: 'true &&\ntrue' })),
      `${where}.message`,
      'Required value: message must be specified if rule contains line breaks',
    ],
    [
      'with a path to nowhere',
      object({}, rules({ rule: 'true', fieldPath: '.x' })),
      `${where}.fieldPath`,
      'Invalid value: ".x": must be a valid path',
    ],
    [
      'with an unknown reason',
      object({}, rules({ rule: 'true', reason: 'Because' })),
      `${where}.reason`,
      'Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
    ],
    [
      'about old items that cannot be found',
      object({ a: { type: 'array', maxItems: 5, items: { ...name, ...rules({ rule: 'self == oldSelf' }) } } }),
      'spec.validation.openAPIV3Schema.properties[spec].properties[a].items.x-kubernetes-validations[0].rule',
      'oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[spec].properties[a]',
    ],
  ])('%s is refused', async (_, schema, field, message) => {
    const { status, body } = await dryDefine(schema);
    expect(status).toBe(422);
    expect(body.details.causes).toContainEqual(
      expect.objectContaining({ field, message: expect.stringContaining(message) }),
    );
  });
});
