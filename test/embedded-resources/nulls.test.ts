/** Go decodes null as the zero value. Where the JSON tag has no omitempty, a null list comes back, and everything has to read it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../src/embedded/cluster.ts';
import { toTable } from '../../src/embedded/codec/views.ts';
import type { ResourceDefinition } from '../../src/embedded/definition.ts';
import { isApiError } from '../../src/embedded/registry/status.ts';
import { builtinResources } from '../../src/embedded/resources/index.ts';
import type { KubeObject, Stored } from '../../src/kube/meta.ts';
import { fieldsOf, type Path, sampleOf, withValue } from './every-field.ts';

let cluster: EmbeddedCluster;
beforeAll(async () => {
  cluster = await createEmbeddedCluster({ controllers: false });
  await cluster.client.create(
    { group: '', version: 'v1', resource: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true },
    { metadata: { name: 'default', namespace: 'default' } },
  );
});
afterAll(() => cluster.stop());

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
      const nulls = [...fieldsOf({ kind: 'struct', name: definition.schema })].map(({ path }) => {
        return { path, sent: { ...(withValue(sample, path, null) as KubeObject), metadata } };
      });
      for (const { path, sent } of nulls) await tell('create', path, () => client.create(definition, sent, dryRun));
      const live = await client
        .create(definition, sample)
        .catch(() => client.get(definition, metadata.namespace, metadata.name))
        .catch(() => undefined);
      if (live) {
        for (const { path, sent } of nulls) {
          await tell('update', path, () => client.update(definition, sent, dryRun));
          const patch = withValue({}, path, null) as Record<string, unknown>;
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
