import type { Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { type Diagnosis, filterNode, histogram } from './framework.ts';
import { type NodeInfo, nodeInfo } from './node-info.ts';
import type { Cycle } from './plugin.ts';

/** What preemption found: a node with the Pods that must go, or the text for the message. */
export type PreemptionResult = { node: string; victims: Stored<Pod>[] } | { message: string };

const nothingToDeallocate = 'no new claims to deallocate';

/** Looks for the node where removing Pods of lower priority makes room, at the least cost. */
export function preempt(cycle: Cycle, diagnosis: Diagnosis): PreemptionResult {
  if (diagnosis.preFilter !== undefined) return { message: 'not found' };
  const { pod, nodes } = cycle;
  if (pod.spec?.preemptionPolicy === 'Never') {
    return { message: `${nothingToDeallocate}, preemption: not eligible due to preemptionPolicy=Never.` };
  }
  const nominated = nodes.find((n) => n.node.metadata.name === pod.status?.nominatedNodeName);
  if (nominated?.pods.some((p) => p.metadata.deletionTimestamp && priorityOf(p) < priorityOf(pod))) {
    return {
      message: `${nothingToDeallocate}, preemption: not eligible due to a terminating pod on the nominated node.`,
    };
  }
  const candidates: { node: NodeInfo; victims: Stored<Pod>[] }[] = [];
  const reasons: string[] = [];
  for (const node of nodes) {
    if (diagnosis.misfits.get(node.node.metadata.name)?.final) {
      reasons.push('Preemption is not helpful for scheduling');
      continue;
    }
    const victims = victimsOn(cycle, node);
    if (victims) candidates.push({ node, victims });
    else reasons.push('No preemption victims found for incoming pod');
  }
  const best = candidates.toSorted(
    (a, b) =>
      Math.max(...a.victims.map(priorityOf)) - Math.max(...b.victims.map(priorityOf)) ||
      a.victims.length - b.victims.length ||
      // Of equals the one whose Pods ran the shortest.
      newestStart(b.victims) - newestStart(a.victims) ||
      // Kubernetes leaves it to chance.
      candidates.indexOf(b) - candidates.indexOf(a),
  )[0];
  if (best) return { node: best.node.node.metadata.name, victims: best.victims };
  const text = histogram(reasons);
  return {
    message: `${nothingToDeallocate}, preemption: 0/${nodes.length} nodes are available: ${text}.`,
  };
}

/** The fewest Pods of lower priority without which the Pod fits on the node; undefined: not even without all of them. */
function victimsOn(cycle: Cycle, { node, pods }: NodeInfo): Stored<Pod>[] | undefined {
  const own = priorityOf(cycle.pod);
  const lower = pods.filter((p) => priorityOf(p) < own);
  if (lower.length === 0) return undefined;
  let kept = pods.filter((p) => priorityOf(p) >= own);
  const fits = (remaining: Stored<Pod>[]) => {
    const changed = nodeInfo(node, remaining);
    const others = cycle.nodes.map((n) => (n.node === node ? changed : n));
    return filterNode({ ...cycle, nodes: others }, changed) === undefined;
  };
  if (!fits(kept)) return undefined;
  const victims: Stored<Pod>[] = [];
  // The most important ones are spared first.
  for (const candidate of lower.sort((a, b) => priorityOf(b) - priorityOf(a))) {
    if (fits([...kept, candidate])) kept = [...kept, candidate];
    else victims.push(candidate);
  }
  return victims.length > 0 ? victims : undefined;
}

export function priorityOf(pod: Stored<Pod>): number {
  return pod.spec?.priority ?? 0;
}

function newestStart(pods: Stored<Pod>[]): number {
  return Math.max(...pods.map((p) => Date.parse(p.status?.startTime ?? p.metadata.creationTimestamp)));
}
