import { ownValue } from '../../../kernel/own.ts';
import type { Node, Taint } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { nodes } from '../../../kube/resources.ts';
import type { ApiClient } from '../../api.ts';
import { timestamp } from '../../registry/metadata.ts';

export const notReady = 'node.kubernetes.io/not-ready';
export const unreachable = 'node.kubernetes.io/unreachable';
const unschedulable = 'node.kubernetes.io/unschedulable';

/** Conditions and the taint each status of theirs stands for. */
const conditionTaints: Record<string, Partial<Record<string, string>>> = {
  Ready: { False: notReady, Unknown: unreachable },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
};

const managed = new Set([
  unschedulable,
  ...Object.values(conditionTaints).flatMap((byStatus) => Object.values(byStatus).filter((key) => key !== undefined)),
]);

/** Keys to set and to take off, all of one effect. */
export interface TaintChange {
  effect: 'NoSchedule' | 'NoExecute';
  add: readonly string[];
  remove: readonly string[];
}

/** The NoSchedule taints that follow from a node's conditions; undefined: they are there already. */
export function schedulingTaints({ spec, status }: Node): TaintChange | undefined {
  // A node that reported nothing yet keeps what it was made with.
  if (!status?.conditions?.length) return undefined;
  const wanted = status.conditions.flatMap((c) => ownValue(ownValue(conditionTaints, c.type), c.status) ?? []);
  if (spec?.unschedulable) wanted.push(unschedulable);
  const have = (spec?.taints ?? []).filter((t) => t.effect === 'NoSchedule' && managed.has(t.key)).map((t) => t.key);
  const add = wanted.filter((key) => !have.includes(key));
  const remove = have.filter((key) => !wanted.includes(key));
  return add.length > 0 || remove.length > 0 ? { effect: 'NoSchedule', add, remove } : undefined;
}

export function hasTaint(node: Node, key: string, effect: string): boolean {
  return node.spec?.taints?.some((taint) => taint.key === key && taint.effect === effect) ?? false;
}

/** Writes a change of a node's taints: new ones come last, with the time (`now`, milliseconds). */
export async function changeTaints(
  client: ApiClient,
  node: Stored<Node>,
  { effect, add, remove }: TaintChange,
  now: number,
): Promise<void> {
  const old = node.spec?.taints ?? [];
  const kept = old.filter((taint) => taint.effect !== effect || !remove.includes(taint.key));
  const fresh = add
    .filter((key) => !hasTaint(node, key, effect))
    .map((key): Taint => ({ key, effect, timeAdded: timestamp(now) }));
  if (kept.length === old.length && fresh.length === 0) return;
  const taints = [...kept, ...fresh];
  await client.update(nodes, { ...node, spec: { ...node.spec, taints: taints.length > 0 ? taints : undefined } });
}
