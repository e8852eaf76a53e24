import { describe, expect, it } from 'vitest';
import { normalize } from '../../../src/embedded/codec/decode.ts';
import { isApiError } from '../../../src/embedded/errors/status.ts';
import { createManagedFields, serverSideApply, updateManagedFields } from '../../../src/embedded/patch/index.ts';
import { isMap, type JsonMap } from '../../../src/embedded/patch/json-value.ts';
import type { ObjectSchema, TypeSchema } from '../../../src/embedded/schema.ts';
import type { Status } from '../../../src/kube/api.gen.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';
import fc from '../../helpers/fast-check.ts';
import { config, configMapSchema, deploymentSchema } from './configs.ts';

const time = '2026-01-01T00:00:00Z';

interface Options {
  force?: boolean;
  schema?: TypeSchema;
  apiVersion?: string;
}

function apply(
  live: KubeObject | undefined,
  manager: string,
  body: unknown,
  options: Options = {},
): KubeObject & JsonMap {
  const { force = false, schema = deploymentSchema, apiVersion = 'apps/v1' } = options;
  const applied = serverSideApply({ live, config: body, manager, force, apiVersion, time, schema });
  // As the registry does: what is stored is what Go's types keep.
  const target = { group: 'apps', version: 'v1', kind: 'Deployment', schema: 'io.k8s.api.apps.v1.Deployment' };
  const object: KubeObject = schema === deploymentSchema ? normalize(target, applied).object : applied;
  return { ...object, metadata: { ...object.metadata, uid: 'u' } };
}

function failure(run: () => unknown): Status {
  try {
    run();
  } catch (error) {
    if (isApiError(error)) return error.status;
    throw error;
  }
  throw new Error('it succeeded');
}

const deployment = (spec: JsonMap, metadata: JsonMap = {}): JsonMap => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', ...metadata },
  spec,
});
const containers = (...list: JsonMap[]) => ({ template: { spec: { containers: list } } });
const managersOf = (object: KubeObject) => (object.metadata?.managedFields ?? []).map((entry) => entry.manager);

describe('server-side apply', () => {
  it('lists every conflict by manager', () => {
    const one = apply(undefined, 'one', deployment({ replicas: 1, paused: true }));
    const two = apply(one, 'two', deployment({ minReadySeconds: 5 }));
    const status = failure(() => apply(two, 'me', deployment({ replicas: 2, paused: false, minReadySeconds: 6 })));
    expect(status).toMatchObject({ code: 409, reason: 'Conflict', status: 'Failure' });
    expect(status.message).toBe(
      'Apply failed with 3 conflicts: conflicts with "one":\n- .spec.paused\n- .spec.replicas\nconflicts with "two":\n- .spec.minReadySeconds',
    );
    expect(status.details?.causes).toContainEqual({
      reason: 'FieldManagerConflict',
      message: 'conflict with "one"',
      field: '.spec.replicas',
    });
  });

  it('treats atomic lists and maps as one', () => {
    const one = apply(undefined, 'one', deployment(containers({ name: 'c', image: 'i', args: ['a'] })));
    const status = failure(() => apply(one, 'two', deployment(containers({ name: 'c', args: ['a', 'b'] }))));
    expect(status.message).toBe(
      'Apply failed with 1 conflict: conflict with "one": .spec.template.spec.containers[name="c"].args',
    );
    const selector = deployment({ selector: { matchLabels: { a: 'b' } } });
    expect(apply(apply(undefined, 'one', selector), 'two', selector).metadata?.managedFields).toHaveLength(2);
  });

  it('merges sets and keyed lists, and takes back only its own', () => {
    const mine = deployment(containers({ name: 'a', image: '1' }), { finalizers: ['x.io/a'] });
    const theirs = deployment(containers({ name: 'b', image: '2' }), { finalizers: ['x.io/b'] });
    const both = apply(apply(undefined, 'me', mine), 'you', theirs);
    expect(both.metadata?.finalizers).toEqual(['x.io/a', 'x.io/b']);
    expect(namesIn(both)).toEqual(['a', 'b']);
    const left = apply(both, 'me', deployment({}));
    expect(left.metadata?.finalizers).toEqual(['x.io/b']);
    expect(namesIn(left)).toEqual(['b']);
  });

  it('keeps what somebody else shares, also an updater', () => {
    const cm = (data: JsonMap): JsonMap => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data });
    const options = { schema: configMapSchema, apiVersion: 'v1' };
    const one = apply(undefined, 'one', cm({ a: '1', b: '1' }), options);
    const two = apply(one, 'two', cm({ a: '1' }), options);
    expect(apply(two, 'one', cm({}), options).data).toEqual({ a: '1' });
  });

  it('gives what was there before to before-first-apply', () => {
    const live = deployment({ replicas: 3 }, { uid: 'u' }) as KubeObject;
    const status = failure(() => apply(live, 'me', deployment({ replicas: 4 })));
    expect(status.message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: .spec.replicas',
    );
    expect(managersOf(apply(live, 'me', deployment({ paused: true })))).toEqual(['me', 'before-first-apply']);
  });

  it('lets kubectl take over what its own client-side apply had written', () => {
    const applied = deployment({ replicas: 3 });
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(applied)}\n` };
    const created = updateManagedFields({
      live: undefined,
      updated: { ...applied, metadata: { name: 'd', annotations } } as KubeObject,
      manager: 'kubectl-client-side-apply',
      apiVersion: 'apps/v1',
      time,
      schema: deploymentSchema,
    });
    const next = deployment({ replicas: 4 });
    expect(failure(() => apply(created, 'other', next)).code).toBe(409);
    const result = apply(created, 'kubectl', next);
    expect(result.spec).toMatchObject({ replicas: 4 });
    const synced = result.metadata?.annotations?.['kubectl.kubernetes.io/last-applied-configuration'];
    expect(synced).toBe(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":4}}\n`);
  });

  it.each([
    [{ spec: { bogus: 1 } }, '.spec.bogus: field not declared in schema'],
    [{ spec: { replicas: 'x' } }, '.spec.replicas: expected numeric (int or float), got string'],
    [{ spec: { paused: 'x' } }, '.spec.paused: expected boolean, got &{x}'],
    [{ spec: { template: [] } }, '.spec.template: expected map, got &{[]}'],
    [
      { spec: containers({ name: 'c', args: 'x' }) },
      '.spec.template.spec.containers[name="c"].args: expected list, got &{x}',
    ],
    [
      { metadata: { name: 'd', labels: { a: { b: 1 } } } },
      '.metadata.labels.a: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"b":1}}',
    ],
    [{ metadata: { name: 'd', finalizers: ['a', 'a'] } }, '.metadata.finalizers: duplicate entries for key [="a"]'],
  ])('answers 500 to %j', (part, fault) => {
    const status = failure(() => apply(undefined, 'm', { ...deployment({}), ...part }));
    expect([status.code, status.message]).toEqual([
      500,
      `failed to create typed patch object (/d; apps/v1, Kind=Deployment): ${fault}`,
    ]);
  });

  it('does not own or remove by null', () => {
    const live = apply(undefined, 'one', deployment({ paused: true }, { labels: { a: 'b' } }));
    const applied = apply(live, 'two', {
      ...deployment({}),
      metadata: { name: 'd', labels: null, creationTimestamp: null },
    });
    expect(applied.metadata?.labels).toEqual({ a: 'b' });
  });

  it('applies a Scale as the replicas of its workload', () => {
    const definition = {
      group: 'apps',
      version: 'v1',
      resource: 'deployments',
      kind: 'Deployment',
      namespaced: true,
      singular: 'deployment',
      schema: 'io.k8s.api.apps.v1.Deployment',
      strategy: {},
      columns: [],
      cells: () => [],
    };
    const live = apply(undefined, 'one', deployment({ replicas: 1 }));
    const scale = (force: boolean) =>
      createManagedFields().apply({
        definition,
        live,
        manager: 'scaler',
        subresource: 'scale',
        time,
        config: { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas: 2 } },
        force,
        fieldValidation: 'Warn',
      }).object;
    expect(failure(() => scale(false)).message).toContain('conflict with "one": .spec.replicas');
    expect(scale(true)).toMatchObject({ kind: 'Deployment', spec: { replicas: 2 } });
    expect(scale(true).metadata?.managedFields).toEqual([
      expect.objectContaining({ manager: 'scaler', operation: 'Apply', subresource: 'scale' }),
    ]);
  });
});

describe('server-side apply to custom resources', () => {
  const schema: ObjectSchema = {
    kind: 'object',
    name: 'com.example.v1.Widget',
    atomic: false,
    fields: new Map([
      ['apiVersion', { schema: { kind: 'scalar', type: 'string' }, required: false }],
      ['kind', { schema: { kind: 'scalar', type: 'string' }, required: false }],
      ['metadata', { schema: deploymentSchema.fields.get('metadata')?.schema ?? deploymentSchema, required: false }],
      [
        'spec',
        {
          schema: { kind: 'object', name: '', atomic: false, fields: new Map(), preserveUnknown: true },
          required: false,
        },
      ],
    ]),
  };
  const widget = (spec: JsonMap): JsonMap => ({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w' },
    spec,
  });
  const options = { schema, apiVersion: 'example.com/v1' };

  it('tells undeclared fields by their looks: maps granular, lists as a whole', () => {
    const one = apply(undefined, 'one', widget({ size: { x: 1 }, list: [1, 2] }), options);
    expect(one.metadata?.managedFields?.[0]?.fieldsV1).toEqual({
      'f:spec': { 'f:list': {}, 'f:size': { '.': {}, 'f:x': {} } },
    });
    const two = apply(one, 'two', widget({ size: { y: 2 } }), options);
    expect(two.spec).toEqual({ size: { x: 1, y: 2 }, list: [1, 2] });
    expect(failure(() => apply(two, 'two', widget({ list: [3] }), options)).message).toContain('"one": .spec.list');
  });

  it('owns the containers of what was created by an update', () => {
    const created = updateManagedFields({
      live: undefined,
      updated: widget({ size: { x: 1 } }) as KubeObject,
      manager: 'm',
      apiVersion: 'example.com/v1',
      time,
      schema,
    });
    expect(created.metadata?.managedFields?.[0]?.fieldsV1).toEqual({
      'f:spec': { '.': {}, 'f:size': { '.': {}, 'f:x': {} } },
    });
  });
});

describe('properties of server-side apply', () => {
  it('changes nothing when the same is applied again', () => {
    fc.assert(
      fc.property(config, config, (a, b) => {
        const live = apply(apply(undefined, 'a', a), 'b', b, { force: true });
        const again = apply(live, 'b', b);
        expect(again).toEqual(live);
      }),
    );
  });

  it('has everything that was applied, and by a forced apply of nothing loses all that was only its own', () => {
    fc.assert(
      fc.property(config, config, (a, b) => {
        const live = apply(apply(undefined, 'a', a), 'b', b, { force: true });
        const after = apply(live, 'b', { ...deployment({}), spec: undefined });
        expect(managersOf(after)).not.toContain('b');
        const again = apply(after, 'a', a, { force: true });
        for (const name of namesIn(a)) expect(namesIn(again)).toContain(name);
        const gone = namesIn(b).filter((name) => !namesIn(a).includes(name));
        for (const name of gone) expect(namesIn(after)).not.toContain(name);
      }),
    );
  });

  it('needs force only where values differ', () => {
    fc.assert(
      fc.property(config, (a) => {
        const shared = apply(apply(undefined, 'a', a), 'b', a);
        expect(managersOf(shared).toSorted()).toEqual(['a', 'b']);
      }),
    );
  });
});

function namesIn(object: JsonMap): string[] {
  const spec = isMap(object.spec) && isMap(object.spec.template) ? object.spec.template.spec : undefined;
  const list = isMap(spec) && Array.isArray(spec.containers) ? spec.containers : [];
  return list.map((container: { name: string }) => container.name);
}
