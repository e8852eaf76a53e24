/** Samples of every kind, and the paths of all fields that their types have. */
import { readFileSync } from 'node:fs';
import { jsonFields, type TypeRef, typeInfo } from '../../../src/embedded/codec/type-table.ts';
import type { ResourceDefinition } from '../../../src/embedded/definition.ts';
import { apiVersionOf, type KubeObject } from '../../../src/kube/meta.ts';

export type Path = readonly (string | 0)[];

/** Every path of the type with what is there, items of lists as `0` and of maps as `key`; recursive types once. */
export function* fieldsOf(
  type: TypeRef,
  key = 'a',
  at: Path = [],
  above: readonly string[] = [],
): Generator<{ path: Path; type: TypeRef }> {
  if (at.length > 0) yield { path: at, type };
  if (type.kind === 'list') yield* fieldsOf(type.of, key, [...at, 0], above);
  if (type.kind === 'map') yield* fieldsOf(type.of, key, [...at, key], above);
  if (type.kind !== 'struct' || above.includes(type.name)) return;
  for (const { json, type: of } of jsonFields(typeInfo(type.name))) {
    if (json !== 'metadata' || at.length > 0) yield* fieldsOf(of, key, [...at, json], [...above, type.name]);
  }
}

/** A copy with the value at the path; what has to hold it is made. */
export function withValue(object: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  if (step === 0) {
    const [first, ...others] = Array.isArray(object) ? object : [];
    return [withValue(first, rest, value), ...others];
  }
  const holder = (typeof object === 'object' && object !== null ? object : {}) as Record<string, unknown>;
  const inner = Object.hasOwn(holder, step) ? holder[step] : undefined;
  return { ...holder, [step]: withValue(inner, rest, value) };
}

const recorded = readFileSync(new URL('../../../fixtures/kubernetes/protobuf-samples.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { json: KubeObject }).json);

const webhook = {
  name: 'a.example.com',
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  clientConfig: { url: 'https://a.example.com/' },
  rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
};

/** Of kinds that were not recorded. */
const written: Record<string, object> = {
  CSINode: { spec: { drivers: [{ name: 'a.example.com', nodeID: 'a', topologyKeys: ['a'] }] } },
  CSIStorageCapacity: { storageClassName: 'a' },
  VolumeAttributesClass: { driverName: 'a.example.com', parameters: { a: 'b' } },
  ValidatingWebhookConfiguration: { webhooks: [webhook] },
  MutatingWebhookConfiguration: { webhooks: [webhook] },
};

/** As a real server sent one of the kind, with metadata that can be created; else one with nothing in it. */
export function sampleOf(definition: ResourceDefinition): KubeObject {
  const { kind, namespaced } = definition;
  const apiVersion = apiVersionOf(definition);
  const sample = recorded.find((object) => object.apiVersion === apiVersion && object.kind === kind);
  const { name = 'any', labels, annotations } = sample?.metadata ?? {};
  return {
    ...written[kind],
    ...sample,
    apiVersion,
    kind,
    metadata: { name, labels, annotations, ...(namespaced && { namespace: 'default' }) },
  };
}
