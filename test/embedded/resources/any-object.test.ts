import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/embedded/cluster.ts';
import {
  findKind,
  jsonFields,
  type ScalarCode,
  type TypeRef,
  typeInfo,
} from '../../../src/embedded/codec/type-table.ts';
import { ApiError } from '../../../src/embedded/errors/status.ts';
import { builtinResources } from '../../../src/embedded/resources/index.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';
import fc from '../../helpers/fast-check.ts';

let cluster: EmbeddedCluster;
beforeAll(async () => {
  cluster = await createEmbeddedCluster({ controllers: false });
});
afterAll(() => cluster.stop());

const text = fc.constantFrom('', 'a', 'b', 'A_b', '10.0.0.1', 'a/b', '/tmp', 'metadata.name', 'x'.repeat(300));
const number = fc.constantFrom(0, 1, -1, 80, 65_536);

const scalars: Partial<Record<ScalarCode, fc.Arbitrary<unknown>>> = {
  s: text,
  i: number,
  l: number,
  b: fc.boolean(),
  y: fc.constantFrom('', 'YQ=='),
  d: fc.constant(1.5),
  Q: fc.constantFrom('0', '1', '100m', '1Gi', '-1'),
  T: fc.constantFrom('2026-01-01T00:00:00Z', null),
  U: fc.constant('2026-01-01T00:00:00.000000Z'),
  D: fc.constant('1s'),
  I: fc.constantFrom(1, 'a', '50%', '', -1),
  E: fc.constant(['a']),
};

/** Anything that decodes as the type; what lies deeper than `depth` is left out. */
function anyOf(type: TypeRef, allowed: readonly string[] | undefined, depth: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'scalar': {
      const values = scalars[type.code] ?? fc.constant({});
      return type.code === 's' && allowed ? fc.oneof(fc.constantFrom(...allowed), values) : values;
    }
    case 'list':
      return fc.array(anyOf(type.of, allowed, depth - 1), { maxLength: 2 });
    case 'map':
      return fc.dictionary(fc.constantFrom('a', 'cpu', 'A_'), anyOf(type.of, allowed, depth - 1), { maxKeys: 2 });
    case 'struct':
      return anyStruct(type.name, depth - 1);
  }
}

function anyStruct(name: string, depth: number): fc.Arbitrary<Record<string, unknown>> {
  if (depth < 0) return fc.constant({});
  const fields = jsonFields(typeInfo(name)).filter(({ json }) => json && json !== 'metadata' && json !== 'status');
  const always = new Set(['spec', 'template']);
  return fc.record(
    Object.fromEntries(
      fields.map(({ json, type, annotations }) => [json, anyOf(type, annotations.e ?? annotations.ie, depth)]),
    ),
    { requiredKeys: fields.map(({ json }) => json).filter((json) => always.has(json)) },
  );
}

async function outcome(
  definition: (typeof builtinResources)[number],
  content: Record<string, unknown>,
): Promise<string> {
  const { group, version, kind, namespaced } = definition;
  const object = {
    ...content,
    apiVersion: group ? `${group}/${version}` : version,
    kind,
    metadata: { name: 'any', ...(namespaced && { namespace: 'default' }) },
  } as KubeObject;
  try {
    await cluster.client.create(definition, object, { dryRun: true });
    return 'made';
  } catch (error) {
    if (error instanceof ApiError) return 'refused';
    throw error;
  }
}

it('makes or refuses any object of any kind', async () => {
  for (const definition of builtinResources) {
    const { group, version, kind } = definition;
    const type = findKind(group ? `${group}/${version}` : version, kind);
    if (!type || definition.review) continue;
    const property = fc.asyncProperty(anyStruct(type.name, 4), async (content) => {
      expect(['made', 'refused']).toContain(await outcome(definition, content));
    });
    await fc.assert(property, { numRuns: 25, seed: 1 });
  }
}, 60_000);
