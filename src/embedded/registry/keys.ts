import type { Resource, Stored } from '../../kube/meta.ts';
import { groupOrder } from '../codec/facts.ts';
import type { ResourceDefinition } from '../definition.ts';

/** Where etcd keeps resources whose key is not their own name (as seen in StorageError messages of kube-apiserver). */
const buckets: Readonly<Record<string, string>> = {
  '/services': 'services/specs',
  '/endpoints': 'services/endpoints',
  '/nodes': 'minions',
  '/replicationcontrollers': 'controllers',
  'networking.k8s.io/ingresses': 'ingress',
};

/** The store's bucket of a resource: shared by all its versions. */
export function bucketOf(d: Pick<ResourceDefinition, 'storedAs'> & Resource): string {
  const r = d.storedAs ?? d;
  const special = buckets[`${r.group}/${r.resource}`];
  if (special) return special;
  builtinGroups ??= new Set(groupOrder().map(([group]) => group));
  return builtinGroups.has(r.group) ? r.resource : `${r.group}/${r.resource}`;
}
let builtinGroups: ReadonlySet<string> | undefined;

/** The id within the bucket: `namespace/name`, or `name`. */
export function idOf(d: Resource, namespace: string | undefined, name: string): string {
  return d.namespaced ? `${namespace ?? ''}/${name}` : name;
}

/** The key as StorageErrors name it. */
export function storageKey(d: ResourceDefinition, namespace: string | undefined, name: string): string {
  return `/registry/${bucketOf(d)}/${idOf(d, namespace, name)}`;
}

const views = new WeakMap<ResourceDefinition, WeakMap<Stored, Stored>>();

/** A stored object in the shape of `d`: the same object unless `d` is another version of what is stored. */
export function fromStored(d: ResourceDefinition, stored: Stored): Stored {
  if (!d.convert) return stored;
  let known = views.get(d);
  if (!known) {
    known = new WeakMap();
    views.set(d, known);
  }
  let view = known.get(stored);
  if (!view) {
    view = d.convert.fromStored(stored);
    known.set(stored, view);
  }
  return view;
}
