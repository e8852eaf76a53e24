import type { NodeInfo } from './node-info.ts';
import type { Cycle, Misfit, Plugin } from './plugin.ts';
import { interPodAffinity } from './plugins/inter-pod-affinity.ts';
import { nodeName, nodeUnschedulable, taintToleration } from './plugins/node.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { balancedAllocation, nodePorts, nodeResourcesFit } from './plugins/resources.ts';
import { podTopologySpread } from './plugins/topology-spread.ts';
import { volumeBinding, volumeRestrictions } from './plugins/volumes.ts';

/** The plugins in the order of the default profile: the first that refuses a node gives the reason. */
export const plugins: readonly Plugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeRestrictions,
  volumeBinding,
  podTopologySpread,
  interPodAffinity,
  balancedAllocation,
];

/** What the filters say: nodes that fit, or why none does. */
export interface Diagnosis {
  feasible: NodeInfo[];
  /** Refused before any node was looked at. */
  preFilter?: string;
  misfits: Map<string, Misfit>;
  /** Names of the plugins that refused the Pod somewhere: what must change for another try to make sense. */
  rejectedBy: Set<string>;
}

export function diagnose(cycle: Cycle): Diagnosis {
  for (const plugin of plugins) {
    const refusal = plugin.preFilter?.(cycle);
    if (refusal !== undefined) {
      return { feasible: [], preFilter: refusal, misfits: new Map(), rejectedBy: new Set([plugin.name]) };
    }
  }
  const feasible: NodeInfo[] = [];
  const misfits = new Map<string, Misfit>();
  const rejectedBy = new Set<string>();
  for (const node of cycle.nodes) {
    const refusal = filterNode(cycle, node);
    if (refusal) {
      misfits.set(node.node.metadata.name, refusal);
      rejectedBy.add(refusal.plugin);
    } else feasible.push(node);
  }
  return { feasible, misfits, rejectedBy };
}

/** Why the Pod does not fit on the node, by the first plugin that refuses it. */
export function filterNode(cycle: Cycle, node: NodeInfo): (Misfit & { plugin: string }) | undefined {
  for (const plugin of plugins) {
    const problem = plugin.filter?.(cycle, node);
    if (problem) return { ...problem, plugin: plugin.name };
  }
  return undefined;
}

/** The best of the nodes that fit; of equals the one with fewer Pods, then the first by name. */
export function selectNode(cycle: Cycle, feasible: readonly NodeInfo[]): NodeInfo | undefined {
  const totals = feasible.map(() => 0);
  for (const plugin of plugins) {
    if (!plugin.score || feasible.length < 2) continue;
    const raw = plugin.score(cycle, feasible);
    const [low, high] = [Math.min(...raw), Math.max(...raw)];
    for (const [i, score] of raw.entries()) {
      const normal = plugin.normalized ? score : high > low ? ((score - low) * 100) / (high - low) : 0;
      totals[i] = (totals[i] ?? 0) + (plugin.weight ?? 1) * Math.floor(normal);
    }
  }
  const ranked = feasible.map((node, i) => ({ node, total: totals[i] ?? 0 }));
  ranked.sort(
    (a, b) =>
      b.total - a.total ||
      a.node.pods.length - b.node.pods.length ||
      (a.node.node.metadata.name < b.node.node.metadata.name ? -1 : 1),
  );
  return ranked[0]?.node;
}

/** `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.` and what preemption said. */
export function unschedulableMessage(total: number, diagnosis: Diagnosis, postFilter: string): string {
  const head = `0/${total} nodes are available:`;
  const reasons = diagnosis.preFilter ?? histogram([...diagnosis.misfits.values()].flatMap((m) => m.reasons));
  return `${head}${reasons === '' ? '' : ` ${reasons}.`}${postFilter === '' ? '' : ` ${postFilter}`}`;
}

/** Reasons with how often each occurs, sorted as text. */
export function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}
