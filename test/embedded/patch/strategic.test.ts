import { describe, expect, it } from 'vitest';
import { isApiError } from '../../../src/embedded/errors/status.ts';
import { applyPatch } from '../../../src/embedded/patch/index.ts';
import { isMap, type JsonMap } from '../../../src/embedded/patch/json-value.ts';
import { applyStrategicMergePatch } from '../../../src/embedded/patch/strategic.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';
import fc from '../../helpers/fast-check.ts';
import { config, configMapSchema, deploymentSchema } from './configs.ts';
import { threeWayPatch } from './three-way.ts';

const apply = (live: JsonMap, patch: unknown) => applyStrategicMergePatch(live, patch, deploymentSchema).object;
const pod = (spec: JsonMap): JsonMap => ({ spec: { template: { spec } } });
const specOf = (object: JsonMap) => (object as { spec: { template: { spec: JsonMap } } }).spec.template.spec;
const names = (list: unknown) => (list as { name: string }[]).map((item) => item.name).join(' ');

function failure(live: JsonMap, patch: unknown): { code?: number; message?: string } {
  try {
    apply(live, patch);
  } catch (error) {
    if (isApiError(error)) return { code: error.status.code, message: error.status.message };
    throw error;
  }
  return {};
}

describe('strategic merge patch', () => {
  const live = pod({ containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] });

  it('leaves its arguments alone', () => {
    const patch = pod({ $retainKeys: ['containers'], containers: [{ name: 'b', image: 'x' }] });
    const before = JSON.stringify([live, patch]);
    apply(live, patch);
    expect(JSON.stringify([live, patch])).toBe(before);
  });

  it('puts new items where the patch has them, before live items they come before', () => {
    expect(names(specOf(apply(live, pod({ containers: [{ name: 'n' }, { name: 'c' }] }))).containers)).toBe('n a b c');
    expect(names(specOf(apply(live, pod({ containers: [{ name: 'c' }, { name: 'n' }] }))).containers)).toBe('a b c n');
    expect(names(specOf(apply(live, pod({ containers: [{ name: 'c' }, { name: 'a' }] }))).containers)).toBe('b c a');
  });

  it('orders by $setElementOrder, also without a list to merge', () => {
    const order = (...list: string[]) => ({ '$setElementOrder/containers': list.map((name) => ({ name })) });
    expect(names(specOf(apply(live, pod(order('c', 'a')))).containers)).toBe('b c a');
    const more = { ...order('c', 'n'), containers: [{ name: 'n' }] };
    expect(names(specOf(apply(live, pod(more))).containers)).toBe('a b c n');
  });

  it('refuses a list that is not in the order it names', () => {
    const patch = pod({ '$setElementOrder/containers': [{ name: 'a' }], containers: [{ name: 'b' }] });
    expect(failure(live, patch)).toEqual({
      code: 500,
      message: "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
    });
  });

  it('deletes and replaces items and maps by directive', () => {
    expect(names(specOf(apply(live, pod({ containers: [{ $patch: 'delete', name: 'b' }] }))).containers)).toBe('a c');
    expect(names(specOf(apply(live, pod({ containers: [{ $patch: 'replace' }, { name: 'z' }] }))).containers)).toBe(
      'z',
    );
    const labeled = { metadata: { labels: { a: '1', b: '2' } } };
    expect(apply(labeled, { metadata: { labels: { $patch: 'replace', c: '3' } } })).toEqual({
      metadata: { labels: { c: '3' } },
    });
    expect(apply(labeled, { metadata: { labels: { $patch: 'delete' } } })).toEqual({ metadata: { labels: {} } });
  });

  it('has no use for directives in what is new', () => {
    const patch = {
      spec: {
        strategy: { $retainKeys: ['type'], type: 'Recreate', rollingUpdate: null },
        template: { spec: { '$setElementOrder/containers': [{ name: 'a' }], containers: [{ name: 'a', env: null }] } },
      },
    };
    expect(apply({}, patch)).toEqual({
      spec: { strategy: { type: 'Recreate' }, template: { spec: { containers: [{ name: 'a' }] } } },
    });
  });

  it('keeps only the keys that $retainKeys names', () => {
    const volume = pod({ volumes: [{ name: 'v', emptyDir: {} }] });
    const patch = { $retainKeys: ['name', 'configMap'], name: 'v', configMap: { name: 'x' } };
    expect(specOf(apply(volume, pod({ volumes: [patch] })))).toEqual({
      volumes: [{ name: 'v', configMap: { name: 'x' } }],
    });
    const wrong = { $retainKeys: ['name'], name: 'v', configMap: { name: 'x' } };
    expect(failure(volume, pod({ volumes: [wrong] }))).toEqual({
      code: 400,
      message: 'invalid patch format of retainKeys',
    });
  });

  it('merges lists of values as sets and deletes from them', () => {
    const object = { metadata: { finalizers: ['a', 'b'] } };
    expect(apply(object, { metadata: { finalizers: ['b', 'c'] } })).toEqual({
      metadata: { finalizers: ['a', 'b', 'c'] },
    });
    expect(apply(object, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a', 'z'] } })).toEqual({
      metadata: { finalizers: ['b'] },
    });
  });

  it.each([
    [pod({ containers: [{ image: 'x' }] }), 500, 'map: map[image:x] does not contain declared merge key: name'],
    [pod({ containers: [{ $patch: 'x', name: 'c' }] }), 500, 'unknown patch type: x in map: map[$patch:x name:c]'],
    [pod({ $patch: 'merge' }), 500, 'unknown patch type: merge in map: map[$patch:merge]'],
    [pod({ containers: [{ $patch: 'merge', name: 'c' }] }), 500, 'merging lists cannot yet be specified in the patch'],
    [[], 400, 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ])('refuses %j', (patch, code, message) => {
    expect(failure(live, patch)).toEqual({ code, message });
  });

  it('merges maps of strings key by key', () => {
    const { object } = applyStrategicMergePatch(
      { data: { a: '1', b: '2' } },
      { data: { b: null, c: '3' } },
      configMapSchema,
    );
    expect(object).toEqual({ data: { a: '1', c: '3' } });
    expect(applyPatch('strategic', { data: { a: '1' } } as KubeObject, { data: { a: null } }, configMapSchema)).toEqual(
      {
        data: {},
      },
    );
  });

  it('takes keys of the prototype for ordinary ones', () => {
    const patch: unknown = JSON.parse('{"data":{"__proto__":"x","constructor":"y"}}');
    const { object } = applyStrategicMergePatch({ data: { a: '1' } }, patch, configMapSchema);
    expect(JSON.stringify(object)).toBe('{"data":{"a":"1","__proto__":"x","constructor":"y"}}');
  });
});

describe('properties of strategic merge patch', () => {
  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(config, config, (live, patch) => {
        const once = apply(live, patch);
        expect(apply(once, patch)).toEqual(once);
      }),
    );
  });

  it('reaches the wanted state by a three-way patch, keeping what others added', () => {
    fc.assert(
      fc.property(config, config, config, (original, modified, others) => {
        const live = apply(original, others);
        const result = apply(live, threeWayPatch(deploymentSchema, original, modified, live));
        expect(missing(modified, result)).toEqual([]);
        expect(apply(result, threeWayPatch(deploymentSchema, modified, modified, result))).toEqual(result);
        for (const container of containersOf(original)) {
          if (containersOf(modified).includes(container)) continue;
          expect(containersOf(result)).not.toContain(container);
        }
        for (const container of containersOf(others)) {
          if (!containersOf(original).includes(container)) expect(containersOf(result)).toContain(container);
        }
      }),
    );
  });
});

const containersOf = (object: JsonMap) => names(specOf(object).containers).split(' ');

/** Paths that `wanted` has and `actual` has not, or otherwise; items of lists are found by name, port or value. */
function missing(wanted: unknown, actual: unknown, path = ''): string[] {
  if (isMap(wanted)) {
    if (!isMap(actual)) return [path];
    return Object.keys(wanted).flatMap((key) => missing(wanted[key], actual[key], `${path}.${key}`));
  }
  if (Array.isArray(wanted) && !path.endsWith('args')) {
    if (!Array.isArray(actual)) return [path];
    return wanted.flatMap((item, i) => {
      const same = (other: unknown) =>
        isMap(item) && isMap(other)
          ? path.endsWith('ports')
            ? other.containerPort === item.containerPort
            : other.name === item.name
          : other === item;
      return missing(item, actual.find(same), `${path}[${i}]`);
    });
  }
  return JSON.stringify(wanted) === JSON.stringify(actual) ? [] : [path];
}
