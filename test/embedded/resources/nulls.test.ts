/** Go decodes null as the zero value. Where the JSON tag has no omitempty, a null list comes back, and everything has to read it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { toTable } from '../../../src/embedded/codec/views.ts';
import type { ResourceDefinition } from '../../../src/embedded/definition.ts';
import { isApiError } from '../../../src/embedded/errors/status.ts';
import { builtinResources } from '../../../src/embedded/resources/index.ts';
import type { KubeObject, Stored } from '../../../src/kube/meta.ts';
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

const startsWith = (path: Path, start: Path) => start.every((step, i) => path[i] === step);

/**
 * Where nulls are sent, together if they are in one list. Those in templates of Pods go together, as each has been sent alone
 * for Pods and for Deployments: all kinds read their templates by the same code.
 */
function placesOf({ kind, schema }: ResourceDefinition): Path[][] {
  const places: Path[][] = [];
  const open: Path[][] = [];
  for (const { path } of fieldsOf({ kind: 'struct', name: schema })) {
    if (kind === 'Deployment' || !path.includes('template')) {
      places.push([path]);
      continue;
    }
    const apart = open.find((paths) => !paths.some((other) => startsWith(path, other) || startsWith(other, path)));
    if (apart) apart.push(path);
    else open.push([path]);
    if (apart?.length === 8) places.push(...open.splice(open.indexOf(apart), 1));
  }
  return [...places, ...open];
}

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
      const tell = async (verb: string, paths: readonly Path[], request: () => Promise<KubeObject>) => {
        const fault = await faultOf(definition, request);
        if (fault !== undefined)
          faults.push(`${verb} ${paths.map((path) => path.join('.')).join(' ')}: ${shown(fault)}`);
      };
      const nulls = placesOf(definition).map((paths) => {
        const withNulls = (object: unknown) => paths.reduce((made, path) => withValue(made, path, null), object);
        return { paths, sent: { ...(withNulls(sample) as KubeObject), metadata }, patch: withNulls({}) };
      });
      for (const { paths, sent } of nulls) await tell('create', paths, () => client.create(definition, sent, dryRun));
      const live = await client
        .create(definition, sample)
        .catch(() => client.get(definition, metadata.namespace, metadata.name))
        .catch(() => undefined);
      if (live) {
        for (const { paths, sent, patch } of nulls) {
          await tell('update', paths, () => client.update(definition, sent, dryRun));
          const { namespace, name } = metadata;
          await tell('patch', paths, () => client.patch(definition, namespace, name, 'merge', patch, dryRun));
          if (definition.subresources?.status) {
            await tell('status', paths, () => client.updateStatus(definition, sent, dryRun));
          }
        }
      }
      expect(faults).toEqual([]);
    },
    60_000,
  );
});
