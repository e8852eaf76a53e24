/** Go decodes null as the zero value. Where the JSON tag has no omitempty, a null list comes back, and everything has to read it. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../src/embedded/cluster.ts';
import { jsonFields, type TypeRef, typeInfo } from '../../src/embedded/codec/type-table.ts';
import { toTable } from '../../src/embedded/codec/views.ts';
import type { ResourceDefinition } from '../../src/embedded/definition.ts';
import { isApiError } from '../../src/embedded/registry/status.ts';
import { builtinResources } from '../../src/embedded/resources/index.ts';
import { apiVersionOf, type KubeObject, type Stored } from '../../src/kube/meta.ts';

let cluster: EmbeddedCluster;
beforeAll(async () => {
  cluster = await createEmbeddedCluster({ controllers: false });
  await cluster.client.create(
    { group: '', version: 'v1', resource: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true },
    { metadata: { name: 'default', namespace: 'default' } },
  );
});
afterAll(() => cluster.stop());

type Path = readonly (string | 0)[];

/** Every path of the type, items of lists as `0` and of maps as `a`; recursive types once. */
function* pathsOf(type: TypeRef, at: Path = [], above: readonly string[] = []): Generator<Path> {
  if (at.length > 0) yield at;
  if (type.kind === 'list') yield* pathsOf(type.of, [...at, 0], above);
  if (type.kind === 'map') yield* pathsOf(type.of, [...at, 'a'], above);
  if (type.kind !== 'struct' || above.includes(type.name)) return;
  for (const { json, type: of } of jsonFields(typeInfo(type.name))) {
    if (json !== 'metadata' || at.length > 0) yield* pathsOf(of, [...at, json], [...above, type.name]);
  }
}

/** A copy with null at the path; what has to hold it is made. */
function withNull(object: unknown, [step, ...rest]: Path): unknown {
  if (step === undefined) return null;
  if (step === 0) {
    const [first, ...others] = Array.isArray(object) ? object : [];
    return [withNull(first, rest), ...others];
  }
  const holder = (typeof object === 'object' && object !== null ? object : {}) as Record<string, unknown>;
  return { ...holder, [step]: withNull(holder[step], rest) };
}

const recorded = readFileSync(new URL('../../fixtures/kubernetes/protobuf-samples.jsonl', import.meta.url), 'utf8')
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
function sampleOf(definition: ResourceDefinition): KubeObject {
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

const includes = ['Metadata', 'Object', 'None'];

/** The fault behind a request and the printing of its answer, if there is one; a refusal is none. */
async function faultOf(definition: ResourceDefinition, request: () => Promise<KubeObject>): Promise<unknown> {
  try {
    const object = (await request()) as Stored;
    for (const includeObject of includes) JSON.stringify(toTable(definition, [object], { includeObject, now: 0 }));
    return undefined;
  } catch (error) {
    return isApiError(error) && error.status.code !== 500 ? undefined : error;
  }
}

const shown = (error: unknown) =>
  error instanceof Error ? error.stack?.split('\n').slice(0, 3).join(' ') : String(error);

describe('null at any path of', () => {
  const kinds = builtinResources.filter((definition) => !definition.review);
  it.each(kinds.map((definition) => [`${definition.resource}.${definition.group}`, definition] as const))(
    '%s is read as the zero value',
    async (_, definition) => {
      const { client } = cluster;
      const sample = sampleOf(definition);
      const metadata = { ...sample.metadata, name: sample.metadata?.name ?? '' };
      const dryRun = { dryRun: true };
      const faults: string[] = [];
      const tell = async (verb: string, path: Path, request: () => Promise<KubeObject>) => {
        const fault = await faultOf(definition, request);
        if (fault !== undefined) faults.push(`${verb} ${path.join('.')}: ${shown(fault)}`);
      };
      const nulls = [...pathsOf({ kind: 'struct', name: definition.schema })].map((path) => {
        return { path, sent: { ...(withNull(sample, path) as KubeObject), metadata } };
      });
      for (const { path, sent } of nulls) await tell('create', path, () => client.create(definition, sent, dryRun));
      const live = await client
        .create(definition, sample)
        .catch(() => client.get(definition, metadata.namespace, metadata.name))
        .catch(() => undefined);
      if (live) {
        for (const { path, sent } of nulls) {
          await tell('update', path, () => client.update(definition, sent, dryRun));
          const patch = withNull({}, path) as Record<string, unknown>;
          const { namespace, name } = metadata;
          await tell('patch', path, () => client.patch(definition, namespace, name, 'merge', patch, dryRun));
          if (definition.subresources?.status) {
            await tell('status', path, () => client.updateStatus(definition, sent, dryRun));
          }
        }
      }
      expect(faults).toEqual([]);
    },
    60_000,
  );
});
