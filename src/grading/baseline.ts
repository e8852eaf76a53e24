import { typeOfCheck } from '../checks/registry.ts';
import type { Baseline, Check } from '../checks/types.ts';
import type { KubeClient } from '../kube/client.ts';
import { apiVersionOf, type KubeObject, type Resource, type Stored } from '../kube/meta.ts';

/** The objects that the checks look at, as they were when set-up ended; plain JSON, kept with the attempt. */
export interface BaselineData {
  version: 1;
  objects: Stored[];
}

/** Reads everything that the checks compare with. */
export async function captureBaseline(client: KubeClient, checks: readonly Check[]): Promise<BaselineData> {
  const wanted = new Map<string, { resource: Resource; namespace?: string }>();
  for (const check of checks) {
    for (const need of typeOfCheck(check).needs(check.spec)) {
      if (need.kind !== 'resource' || need.optional) continue;
      const { resource, namespace } = need;
      wanted.set(`${resource.group}/${resource.resource}/${namespace ?? ''}`, {
        resource,
        ...(namespace ? { namespace } : {}),
      });
    }
  }
  const lists = await Promise.all(
    [...wanted.values()].map(({ resource, namespace }) => client.list(resource, namespace)),
  );
  const objects = new Map(lists.flatMap((list) => list.items).map((object) => [object.metadata.uid, object]));
  for (const object of objects.values()) delete object.metadata.managedFields;
  return { version: 1, objects: [...objects.values()] };
}

/** A captured baseline as checks read it. */
export function baselineOf(data: BaselineData): Baseline {
  const list = <T extends KubeObject>(r: Resource<T>, namespace?: string): Stored<T>[] =>
    data.objects.filter(
      (o) =>
        o.kind === r.kind &&
        o.apiVersion === apiVersionOf(r) &&
        (!namespace || !r.namespaced || o.metadata.namespace === namespace),
    ) as Stored<T>[];
  return { list, get: (r, namespace, name) => list(r, namespace).find((o) => o.metadata.name === name) };
}
