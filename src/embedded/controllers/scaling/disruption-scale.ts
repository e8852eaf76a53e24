import type { Pod } from '../../../kube/api.gen.ts';
import { groupResource, type Stored } from '../../../kube/meta.ts';
import { deployments, replicaSets, replicationControllers, statefulSets } from '../../../kube/resources.ts';
import type { ApiClient, ComponentContext } from '../../api.ts';
import { SyncError } from '../../errors/background.ts';
import { isNotFound } from '../failures.ts';
import { controllerOf, ownerIn } from '../ownership.ts';
import { resourceOfKind, type Scale } from './scale-target.ts';

/** How many Pods the owners of some Pods want together, and the names of Pods that nobody owns. */
export interface ExpectedScale {
  expected: number;
  unmanaged: string[];
}

/** Throws an Error that says which Pod's owner can't be asked. */
export async function expectedScale(
  context: ComponentContext,
  client: ApiClient,
  pods: readonly Stored<Pod>[],
): Promise<ExpectedScale> {
  const byOwner = new Map<string, number>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const ref = controllerOf(pod);
    if (!ref) {
      unmanaged.push(pod.metadata.name);
      continue;
    }
    if (byOwner.has(ref.uid)) continue;
    const owner = builtinOwner(context, pod) ?? (await scalableOwner(context, client, pod));
    if (!owner) throw new SyncError(`found no controllers for pod "${pod.metadata.name}"`);
    byOwner.set(owner.uid, owner.replicas);
  }
  return { expected: [...byOwner.values()].reduce((sum, replicas) => sum + replicas, 0), unmanaged };
}

interface Owner {
  uid: string;
  replicas: number;
}

function builtinOwner({ informers }: ComponentContext, pod: Stored<Pod>): Owner | undefined {
  const set = ownerIn(informers.of(replicaSets), 'ReplicaSet', pod);
  const owner =
    (set && ownerIn(informers.of(deployments), 'Deployment', set)) ??
    set ??
    ownerIn(informers.of(statefulSets), 'StatefulSet', pod) ??
    ownerIn(informers.of(replicationControllers), 'ReplicationController', pod);
  return owner && { uid: owner.metadata.uid, replicas: owner.spec?.replicas ?? 1 };
}

/** Anything else that has a scale subresource. */
async function scalableOwner(
  context: ComponentContext,
  client: ApiClient,
  pod: Stored<Pod>,
): Promise<Owner | undefined> {
  const ref = controllerOf(pod);
  const resource = ref && resourceOfKind(context, ref);
  if (!ref || !resource) return undefined;
  if (!resource.subresources?.scale) {
    throw new SyncError(`${groupResource(resource)} does not implement the scale subresource`);
  }
  try {
    const scale = await client.getSubresource<Scale>(resource, pod.metadata.namespace, ref.name, 'scale');
    return scale.metadata?.uid === ref.uid ? { uid: ref.uid, replicas: scale.spec?.replicas ?? 0 } : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
