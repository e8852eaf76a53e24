import type { KubeObject, Resource, Stored } from '../../kube/meta.ts';
import type { ResourceDefinition } from '../definition.ts';
import { bucketOf } from '../registry/keys.ts';

/** An object and what it is an object of. */
export interface ObjectOf {
  resource: Resource;
  object: Stored;
}

/**
 * Objects of buckets with their resources. Where no definition has the bucket any more (its CustomResourceDefinition was
 * deleted since) the resource follows from the bucket's name and the object itself.
 */
export function withResources(
  objects: Iterable<{ bucket: string; object: Stored }>,
  definitions: readonly ResourceDefinition[],
): ObjectOf[] {
  const known = new Map<string, Resource>();
  for (const definition of definitions) {
    if (definition.storedAs) continue;
    const { group, version, resource, kind, namespaced } = definition;
    known.set(bucketOf(definition), { group, version, resource, kind, namespaced });
  }
  return Array.from(objects, ({ bucket, object }) => {
    const resource = known.get(bucket) ?? customResource(bucket, object);
    known.set(bucket, resource);
    return { resource, object };
  });
}

/** @param bucket `<group>/<resource>`, as those of custom resources are called */
function customResource(bucket: string, { apiVersion = '', kind = '', metadata }: Stored<KubeObject>): Resource {
  const [group = '', resource = ''] = bucket.split('/');
  const version = apiVersion.slice(group.length + 1);
  return { group, version, resource, kind, namespaced: metadata.namespace !== undefined };
}
