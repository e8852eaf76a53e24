import { isDeepStrictEqual } from 'node:util';
import { ownValue } from '../kernel/own.ts';
import { isNotFound, type KubeClient, pathOf } from '../kube/client.ts';
import type { KubeObject, Resource, Stored } from '../kube/meta.ts';
import { apiVersionOf } from '../kube/meta.ts';
import * as resources from '../kube/resources.ts';

/** One object that a solution created, changed or deleted; without what the server keeps by itself. */
export interface ObjectChange {
  resource: Resource;
  before?: KubeObject;
  after?: KubeObject;
}

/** What people write; the rest follows from it, or is nobody's solution. */
const followers = new Set<Resource>([
  resources.pods,
  resources.events,
  resources.endpoints,
  resources.endpointSlices,
  resources.replicaSets,
  resources.controllerRevisions,
  resources.leases,
  resources.subjectAccessReviews,
  resources.ipAddresses,
  resources.serviceCIDRs,
  resources.csiNodes,
  resources.volumeAttachments,
  resources.apiServices,
  resources.persistentVolumes,
] as Resource[]);
const written = Object.values(resources).filter((resource: Resource) => !followers.has(resource)) as Resource[];

/** Every object that people write in these namespaces and in the cluster, by where it is. */
export async function readObjects(client: KubeClient, namespaces: readonly string[]): Promise<Map<string, Stored>> {
  const scopes = [...new Set([...namespaces, 'default'])];
  const lists = await Promise.all(
    written.flatMap((resource) =>
      (resource.namespaced ? scopes : [undefined]).map(async (namespace) => {
        const list = await client.list(resource, namespace).catch((error: unknown) => {
          if (isNotFound(error)) return { items: [] };
          throw error;
        });
        return list.items.map((object) => [pathOf(resource, namespace, object.metadata.name), object] as const);
      }),
    ),
  );
  return new Map(lists.flat().filter(([, object]) => !object.metadata.ownerReferences?.some((r) => r.controller)));
}

/** What is different between two readings. */
export function changesBetween(before: Map<string, Stored>, after: Map<string, Stored>): ObjectChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  return paths.flatMap((path) => {
    const [was, is] = [before.get(path), after.get(path)];
    const resource = written.find((r) => r.kind === (is ?? was)?.kind && apiVersionOf(r) === (is ?? was)?.apiVersion);
    if (!resource) return [];
    const [old, now] = [was && contentOf(was), is && contentOf(is)];
    if (isDeepStrictEqual(old, now)) return [];
    return [{ resource, ...(old ? { before: old } : {}), ...(now ? { after: now } : {}) }];
  });
}

/** An object as somebody would write it. */
function contentOf(object: Stored): KubeObject {
  const { status: _, metadata, ...rest } = structuredClone(object) as Stored & { status?: unknown };
  const { name, namespace, labels } = metadata;
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(
      ([key]) => !/^(kubectl|deployment)\.kubernetes\.io\/(last-applied|revision)/.test(key),
    ),
  );
  const { spec, aggregationRule } = rest as { spec?: Record<string, unknown>; aggregationRule?: unknown };
  // The rules of an aggregated ClusterRole are those of others, put there by a controller.
  if (aggregationRule) delete (rest as { rules?: unknown }).rules;
  // Given by the server: the same ones may be somebody else's in another cluster.
  if (object.kind === 'Service' && spec)
    for (const key of ['clusterIP', 'clusterIPs']) if (spec[key] !== 'None') delete spec[key];
  return {
    ...rest,
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      ...(labels ? { labels } : {}),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
  };
}

/** Does the same on another cluster. Rejects with what the API server refused. */
export async function applyChanges(client: KubeClient, changes: readonly ObjectChange[]): Promise<void> {
  // Namespaces and what others refer to first.
  const order = (c: ObjectChange) =>
    c.resource.kind === 'Namespace' ? 0 : c.resource.kind === 'ServiceAccount' ? 1 : 2;
  for (const change of [...changes].sort((a, b) => order(a) - order(b))) {
    const { resource, before, after } = change;
    const { name = '', namespace } = (after ?? before)?.metadata ?? {};
    if (!after) await client.delete(resource, namespace, name);
    else if (!before) await client.create(resource, after);
    else {
      await client.request('PATCH', pathOf(resource, namespace, name), {
        body: mergePatch(before, after) as object,
        contentType: 'application/merge-patch+json',
      });
    }
  }
}

/** The merge patch (RFC 7386) that makes one value of another. */
function mergePatch(from: unknown, to: unknown): unknown {
  if (!isMap(from) || !isMap(to)) return to;
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (isDeepStrictEqual(ownValue(from, key), ownValue(to, key))) continue;
    patch[key] = Object.hasOwn(to, key) ? mergePatch(ownValue(from, key), to[key]) : null;
  }
  return patch;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
