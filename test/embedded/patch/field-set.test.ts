import { describe, expect, it } from 'vitest';
import {
  difference,
  emptySet,
  type FieldSet,
  fromFieldsV1,
  intersection,
  isEmpty,
  paths,
  pathText,
  recursiveDifference,
  setOf,
  toFieldsV1,
  union,
} from '../../../src/embedded/patch/field-set.ts';
import fc from '../../helpers/fast-check.ts';

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"y"', 'i:1');
const path = fc.array(element, { minLength: 1, maxLength: 3 });
const set = fc.array(path, { maxLength: 6 }).map((list) => setOf(...list));
const keys = (s: FieldSet) => [...paths(s)].map((p) => p.join(' ')).sort();

describe('field sets', () => {
  it('are what their paths say', () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const [left, right] = [keys(a), keys(b)];
        expect(keys(union(a, b))).toEqual([...new Set([...left, ...right])].sort());
        expect(keys(intersection(a, b))).toEqual(left.filter((p) => right.includes(p)));
        expect(keys(difference(a, b))).toEqual(left.filter((p) => !right.includes(p)));
        const below = (p: string) => right.some((q) => p === q || p.startsWith(`${q} `));
        expect(keys(recursiveDifference(a, b))).toEqual(left.filter((p) => !below(p)));
        expect(isEmpty(difference(a, a))).toBe(true);
      }),
    );
  });

  it('survive FieldsV1', () => {
    fc.assert(
      fc.property(set, (a) => {
        expect(keys(fromFieldsV1(toFieldsV1(a)))).toEqual(keys(a));
      }),
    );
    expect(isEmpty(fromFieldsV1({}))).toBe(true);
    expect(toFieldsV1(emptySet)).toEqual({});
  });

  it('write keys in their canonical form', () => {
    expect(toFieldsV1(fromFieldsV1({ 'f:p': { 'k:{"protocol":"TCP", "port":80}': {} } }))).toEqual({
      'f:p': { 'k:{"port":80,"protocol":"TCP"}': {} },
    });
    expect(() => fromFieldsV1({ 'x:y': {} })).toThrow('unable to parse path element "x:y"');
  });

  it('sort fields before keys, keys by their values', () => {
    const ports = { 'k:{"port":443}': {}, 'k:{"port":80}': {}, 'f:z': {}, 'v:"b"': {}, 'v:"a"': {}, '.': {} };
    expect(Object.keys(toFieldsV1(fromFieldsV1(ports)))).toEqual([
      '.',
      'f:z',
      'k:{"port":80}',
      'k:{"port":443}',
      'v:"a"',
      'v:"b"',
    ]);
  });

  it('show paths as messages do', () => {
    expect(pathText(['f:spec', 'k:{"port":80,"protocol":"TCP"}', 'f:name'])).toBe('.spec[port=80,protocol="TCP"].name');
    expect(pathText(['f:finalizers', 'v:"a"', 'i:0'])).toBe('.finalizers[="a"][0]');
  });
});
