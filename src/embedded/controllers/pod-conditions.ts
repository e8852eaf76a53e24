import type { Pod, PodCondition } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { timestamp } from '../registry/metadata.ts';

/**
 * The part `status` of a strategic patch that sets a condition of a Pod: in its place if there is one of that type, else
 * behind the others. `now` in milliseconds; a transition time only changes with the status.
 */
export function podConditionPatch(
  { metadata, status }: Stored<Pod>,
  condition: PodCondition,
  now: number,
): Record<string, unknown> {
  const known = status?.conditions ?? [];
  const before = known.find(({ type }) => type === condition.type);
  const types = known.map(({ type }) => type);
  const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : timestamp(now);
  return {
    '$setElementOrder/conditions': (before ? types : [...types, condition.type]).map((type) => ({ type })),
    conditions: [{ ...condition, lastProbeTime: null, lastTransitionTime, observedGeneration: metadata.generation }],
  };
}
