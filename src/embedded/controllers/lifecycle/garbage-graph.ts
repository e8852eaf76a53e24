import type { OwnerReference } from '../../../kube/api.gen.ts';
import { apiVersionOf, type Resource, type Stored } from '../../../kube/meta.ts';
import type { Informers, ServedResource } from '../../api.ts';
import { SyncError } from '../../errors/background.ts';

interface Place {
  resource: Resource;
  namespace: string | undefined;
  name: string;
}

/** An object with the resource that it is one of. */
export interface Item {
  resource: Resource;
  object: Stored;
}

export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';

export function ownersOf(object: Stored): readonly OwnerReference[] {
  return object.metadata.ownerReferences ?? [];
}

/** The object waits until the dependents that block it are gone. */
export function isDeletingDependents({ metadata }: Stored): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(foregroundFinalizer) === true;
}

/** Its dependents are to lose it as an owner before it goes. */
export function isOrphaning({ metadata }: Stored): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(orphanFinalizer) === true;
}

/** Who owns whom among all objects of the cluster, by uid. Objects themselves are read from the caches. */
export class GarbageGraph {
  readonly #informers: Informers;
  readonly #resources: () => readonly ServedResource[];
  readonly #places = new Map<string, Place>();
  readonly #dependents = new Map<string, Set<string>>();

  constructor(informers: Informers, resources: () => readonly ServedResource[]) {
    this.#informers = informers;
    this.#resources = resources;
  }

  put(resource: Resource, object: Stored): void {
    const { uid, namespace, name } = object.metadata;
    this.#places.set(uid, { resource, namespace, name });
    for (const owner of ownersOf(object)) {
      const known = this.#dependents.get(owner.uid);
      if (known) known.add(uid);
      else this.#dependents.set(owner.uid, new Set([uid]));
    }
  }

  /** `uid` no longer names `owners` as its owners. */
  disown(uid: string, owners: readonly OwnerReference[]): void {
    for (const owner of owners) {
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid);
    }
  }

  remove(object: Stored): void {
    this.#places.delete(object.metadata.uid);
    this.disown(object.metadata.uid, ownersOf(object));
  }

  /** The object as it is now; undefined if it is gone. */
  item(uid: string): Item | undefined {
    const place = this.#places.get(uid);
    if (!place) return undefined;
    const object = this.#informers.of(place.resource).get(place.namespace, place.name);
    return object?.metadata.uid === uid ? { resource: place.resource, object } : undefined;
  }

  dependentUids(uid: string): string[] {
    return [...(this.#dependents.get(uid) ?? [])];
  }

  dependents(uid: string): Item[] {
    return this.dependentUids(uid).flatMap((dependent) => this.item(dependent) ?? []);
  }

  /**
   * The owner that a reference of `item` means: an object of that kind, name and uid, in the item's namespace or of the
   * cluster. Undefined: there is none. Throws if the kind is unknown, or can't be owner of a cluster-scoped object:
   * then nobody knows whether the owner exists, and the item stays.
   */
  owner(item: Item, reference: OwnerReference): Stored | undefined {
    const { namespace } = item.object.metadata;
    const resource = this.#kind(reference.apiVersion, reference.kind);
    if (!resource) throw new SyncError(`no matches for kind "${reference.kind}" in version "${reference.apiVersion}"`);
    if (resource.namespaced && !namespace)
      throw new SyncError('cluster-scoped objects cannot refer to namespaced owners');
    const owner = this.#informers.of(resource).get(resource.namespaced ? namespace : undefined, reference.name);
    return owner?.metadata.uid === reference.uid ? owner : undefined;
  }

  #kind(apiVersion: string, kind: string): ServedResource | undefined {
    return this.#resources().find((r) => r.kind === kind && apiVersionOf(r) === apiVersion);
  }
}
