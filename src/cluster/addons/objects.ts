import type { KubeObject, Resource } from '../../kube/meta.ts';

/** An object that an addon consists of. */
export interface AddonObject {
  resource: Resource;
  object: KubeObject;
}

export function addonObject<T extends KubeObject>(resource: Resource<T>, object: T): AddonObject {
  return { resource: resource as Resource, object };
}
