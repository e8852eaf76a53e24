import type { NamespaceCondition } from '../../../kube/api.gen.ts';
import { timestamp } from '../../registry/metadata.ts';

/** What could not be deleted yet. */
export interface Remaining {
  /** `configmaps.`, `deployments.apps` and how many of them. */
  resources: Map<string, number>;
  /** Finalizers and on how many objects they are. */
  finalizers: Map<string, number>;
  /** `group/version` of which nobody knows what there is. */
  undiscovered: readonly string[];
}

interface Statement {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
}

function statements({ resources, finalizers, undiscovered }: Remaining): Statement[] {
  const list = (counts: ReadonlyMap<string, number>, text: (name: string, count: number) => string) =>
    [...counts]
      .map(([name, count]) => text(name, count))
      .sort()
      .join(', ');
  return [
    undiscovered.length > 0
      ? {
          type: 'NamespaceDeletionDiscoveryFailure',
          status: 'True',
          reason: 'DiscoveryFailed',
          message: `Discovery failed for some groups, ${undiscovered.length} failing: unable to retrieve the complete list of server APIs: ${undiscovered.map((one) => `${one}: stale GroupVersion discovery: ${one}`).join(', ')}`,
        }
      : {
          type: 'NamespaceDeletionDiscoveryFailure',
          status: 'False',
          reason: 'ResourcesDiscovered',
          message: 'All resources successfully discovered',
        },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    {
      type: 'NamespaceDeletionContentFailure',
      status: 'False',
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    },
    resources.size > 0
      ? {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${list(resources, (name, n) => `${name} has ${n} resource instances`)}`,
        }
      : {
          type: 'NamespaceContentRemaining',
          status: 'False',
          reason: 'ContentRemoved',
          message: 'All content successfully removed',
        },
    finalizers.size > 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${list(finalizers, (name, n) => `${name} in ${n} resource instances`)}`,
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        },
  ];
}

/**
 * The conditions of a namespace that is being deleted, in kube-controller-manager's order and words. A transition time
 * changes with its status only. Undefined if nothing changed. `now` in milliseconds.
 */
export function deletionConditions(
  before: readonly NamespaceCondition[],
  remaining: Remaining,
  now: number,
): NamespaceCondition[] | undefined {
  let changed = false;
  const conditions = statements(remaining).map((wanted): NamespaceCondition => {
    const old = before.find((condition) => condition.type === wanted.type);
    if (old && old.status === wanted.status && old.reason === wanted.reason && old.message === wanted.message) {
      return old;
    }
    changed = true;
    const since = old?.status === wanted.status ? old.lastTransitionTime : timestamp(now);
    return { ...wanted, lastTransitionTime: since };
  });
  return changed ? conditions : undefined;
}
