import type { Clock } from '../../../kernel/clock.ts';
import type { Pod, PodCondition } from '../../../kube/api.gen.ts';
import type { KubeObject, Status, Stored } from '../../../kube/meta.ts';
import { pods } from '../../../kube/resources.ts';
import type { ResourceDefinition } from '../../definition.ts';
import { notFoundPath } from '../../errors/status.ts';
import type { Registry } from '../../registry/types.ts';

export function podDefinition(registry: Registry): ResourceDefinition {
  const definition = registry.definition(pods);
  if (definition === undefined) throw notFoundPath();
  return definition;
}

/** What binding and eviction answer with. */
export function created(): KubeObject {
  const status: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return status as KubeObject;
}

/** Adds or replaces the condition of a type; its time moves only if its status does (podutil.UpdatePodCondition). */
export function setCondition(pod: Stored<Pod>, condition: PodCondition, clock: Clock): void {
  const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  pod.status ??= {};
  const conditions = [...(pod.status.conditions ?? [])];
  const at = conditions.findIndex((c) => c.type === condition.type);
  const old = conditions[at];
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : now;
  const next = { lastProbeTime: null as unknown as undefined, ...condition, lastTransitionTime };
  if (at < 0) conditions.push(next);
  else conditions[at] = next;
  pod.status.conditions = conditions;
}
