import type { LabelSelector, OwnerReference } from '../../kube/api.gen.ts';
import { apiVersionOf, type KubeObject, type Resource, type Stored } from '../../kube/meta.ts';
import { selectorMatches } from '../../kube/selectors.ts';
import type { ApiClient, Informer } from '../api.ts';
import { isNotFound } from './failures.ts';

/** `namespace/name`: how queues name an object. */
export function keyOf({ metadata }: Stored): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Namespace and name of a key. */
export function splitKey(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

export function controllerRef(owner: Stored, r: Resource): OwnerReference {
  return {
    apiVersion: apiVersionOf(r),
    blockOwnerDeletion: true,
    controller: true,
    kind: r.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
  };
}

/** The reference of the object that controls this one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((ref) => ref.controller);
}

/** The owner of `kind` that controls `object`, if it is the very one that the reference means. */
export function ownerIn<T extends KubeObject>(
  informer: Informer<T>,
  kind: string,
  object: Stored,
): Stored<T> | undefined {
  const ref = controllerOf(object);
  if (!ref || ref.kind !== kind) return undefined;
  const owner = informer.get(object.metadata.namespace, ref.name);
  return owner?.metadata.uid === ref.uid ? owner : undefined;
}

/**
 * The objects of `children` that belong to `owner`: those it controls, without the ones that its selector no longer
 * matches (they are released), with matching ones that nobody controls (they are adopted).
 */
export async function claim<C extends KubeObject>(
  client: ApiClient,
  owner: Stored,
  ownerResource: Resource,
  selector: LabelSelector | undefined,
  childResource: Resource<C>,
  children: readonly Stored<C>[],
  more: { finalizers?: readonly string[] } = {},
): Promise<Stored<C>[]> {
  const mine: Stored<C>[] = [];
  for (const child of children) {
    const ref = controllerOf(child);
    const matches = selectorMatches(selector, child.metadata.labels);
    if (ref) {
      if (ref.uid !== owner.metadata.uid) continue;
      if (matches) mine.push(child);
      else if (!owner.metadata.deletionTimestamp) await release(client, owner, childResource, child, more.finalizers);
    } else if (matches && !owner.metadata.deletionTimestamp && !child.metadata.deletionTimestamp) {
      const adopted = await adopt(client, owner, ownerResource, childResource, child, more.finalizers);
      if (adopted) mine.push(adopted);
    }
  }
  return mine;
}

async function adopt<C extends KubeObject>(
  client: ApiClient,
  owner: Stored,
  ownerResource: Resource,
  r: Resource<C>,
  { metadata }: Stored<C>,
  finalizers: readonly string[] = [],
): Promise<Stored<C> | undefined> {
  const patch = {
    metadata: {
      uid: metadata.uid,
      ownerReferences: [controllerRef(owner, ownerResource)],
      ...(finalizers.length > 0 && { finalizers }),
    },
  };
  try {
    return await client.patch(r, metadata.namespace, metadata.name, 'strategic', patch);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function release<C extends KubeObject>(
  client: ApiClient,
  owner: Stored,
  r: Resource<C>,
  { metadata }: Stored<C>,
  finalizers: readonly string[] = [],
): Promise<void> {
  const patch = {
    metadata: {
      uid: metadata.uid,
      ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }],
      ...(finalizers.length > 0 && { '$deleteFromPrimitiveList/finalizers': finalizers }),
    },
  };
  try {
    await client.patch(r, metadata.namespace, metadata.name, 'strategic', patch);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
