import { describe, expect, it } from 'vitest';
import { isApiError } from '../../../src/embedded/errors/status.ts';
import { applyJsonPatch, applyMergePatch } from '../../../src/embedded/patch/index.ts';
import type { JsonMap } from '../../../src/embedded/patch/json-value.ts';
import fc from '../../helpers/fast-check.ts';

function failure(run: () => unknown): [code: number | undefined, message: string | undefined] {
  try {
    run();
  } catch (error) {
    if (isApiError(error)) return [error.status.code, error.status.message];
    throw error;
  }
  return [undefined, undefined];
}

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)));
const object = fc.dictionary(fc.constantFrom('a', 'b', 'c'), json);

describe('merge patch', () => {
  // The cases of RFC 7386, appendix A, that have an object on both sides.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ] satisfies [JsonMap, JsonMap, JsonMap][])('%j with %j', (live, patch, result) => {
    expect(applyMergePatch(live, patch)).toEqual(result);
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(object, object, (live, patch) => {
        const once = applyMergePatch(live, patch);
        expect(applyMergePatch(once, patch)).toEqual(once);
      }),
    );
  });

  it('refuses what is no object', () => {
    expect(failure(() => applyMergePatch({}, 5))).toEqual([
      400,
      'error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}',
    ]);
    expect(failure(() => applyMergePatch({}, null))[0]).toBe(400);
  });
});

describe('JSON patch', () => {
  it('does not change the live object, nor the patch', () => {
    const live = { a: [1], b: { c: 1 } };
    const patch = [
      { op: 'add', path: '/a/-', value: { x: 1 } },
      { op: 'replace', path: '/a/1/x', value: 2 },
    ];
    expect(applyJsonPatch(live, patch)).toEqual({ a: [1, { x: 2 }], b: { c: 1 } });
    expect(live.a).toEqual([1]);
    expect(patch[0]?.value).toEqual({ x: 1 });
  });

  const refused = [422, 'the server rejected our request due to an error in our request'];
  it.each([
    [[{ op: 'test', path: '/a', value: 2 }], refused],
    [[{ op: 'remove', path: '/z' }], refused],
    [[{ op: 'replace', path: '/z/y', value: 1 }], refused],
    [[{ op: 'replace', path: '/list/7', value: 1 }], refused],
    [[{ op: 'copy', from: '/z/y', path: '/b' }], refused],
    [[{ op: 'add', path: 'a', value: 1 }], refused],
    [[{ op: 'replace', path: '', value: 1 }], refused],
    [[{}], refused],
    [[null], refused],
    [[1], [400, 'error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp']],
  ])('refuses %j', (patch, expected) => {
    expect(failure(() => applyJsonPatch({ a: 1, list: [1] }, patch))).toEqual(expected);
  });

  // As recorded in fixtures/kubernetes/refusals: kube-apiserver's library asks of a map no key that it should have.
  it.each([
    [[{ op: 'replace', path: '/z', value: 1 }], { a: 1, z: 1 }],
    [[{ op: 'copy', from: '/z', path: '/b' }], { a: 1, b: null }],
    [[{ op: 'add', path: '/a' }], { a: null }],
  ])('takes %j', (patch, expected) => {
    expect(applyJsonPatch({ a: 1 }, patch)).toEqual(expected);
  });

  it('refuses more than ten thousand operations', () => {
    const patch = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 }));
    expect(failure(() => applyJsonPatch({ a: 1 }, patch))).toEqual([
      413,
      'The allowed maximum operations in a JSON patch is 10000, got 10001',
    ]);
  });
});
