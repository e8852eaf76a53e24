import { ownValue } from '../../../kernel/own.ts';
import type { LabelSelector, Pod, TopologySpreadConstraint } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { matchesNode, tolerates } from '../../../kube/placement.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { NodeInfo } from '../node-info.ts';
import { type Cycle, type Misfit, misfit, type Plugin } from '../plugin.ts';

export const podTopologySpread: Plugin = {
  name: 'PodTopologySpread',
  weight: 2,
  filter(cycle, node) {
    const hard = constraints(cycle.pod, 'DoNotSchedule');
    for (const constraint of hard) {
      const problem = tooSkewed(cycle, node, constraint, hard);
      if (problem) return problem;
    }
    return undefined;
  },
  score: (cycle, nodes) => {
    const soft = constraints(cycle.pod, 'ScheduleAnyway');
    return nodes.map((node) => {
      const counts = soft.map((c) => {
        const domain = ownValue(node.node.metadata.labels, c.topologyKey);
        const all = domainCounts(cycle, c, soft);
        // A node without the label is the worst place.
        return domain === undefined ? Math.max(0, ...all.values()) + 1 : (all.get(domain) ?? 0);
      });
      return -counts.reduce((sum, n) => sum + n, 0);
    });
  },
};

function tooSkewed(
  cycle: Cycle,
  { node }: NodeInfo,
  constraint: TopologySpreadConstraint,
  all: TopologySpreadConstraint[],
): Misfit | undefined {
  const text = "node(s) didn't match pod topology spread constraints";
  const domain = ownValue(node.metadata.labels, constraint.topologyKey);
  if (domain === undefined) return misfit(`${text} (missing required label)`, true);
  const counts = domainCounts(cycle, constraint, all);
  const fewest = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values());
  const self = selectorMatches(selectorOf(constraint, cycle.pod), cycle.pod.metadata.labels) ? 1 : 0;
  const skew = (counts.get(domain) ?? 0) + self - (Number.isFinite(fewest) ? fewest : 0);
  return skew > constraint.maxSkew ? misfit(text, false) : undefined;
}

/** How many matching Pods each domain has that counts for this Pod. */
function domainCounts(
  { pod, nodes }: Cycle,
  constraint: TopologySpreadConstraint,
  all: TopologySpreadConstraint[],
): Map<string, number> {
  const selector = selectorOf(constraint, pod);
  const counts = new Map<string, number>();
  for (const { node, pods } of nodes) {
    const labels = node.metadata.labels ?? {};
    if (all.some((c) => ownValue(labels, c.topologyKey) === undefined)) continue;
    if (constraint.nodeAffinityPolicy !== 'Ignore' && !matchesNode(pod, node)) continue;
    const taints = (node.spec?.taints ?? []).filter((t) => t.effect !== 'PreferNoSchedule');
    if (constraint.nodeTaintsPolicy === 'Honor' && !taints.every((t) => tolerates(pod.spec?.tolerations, t))) continue;
    const domain = ownValue(labels, constraint.topologyKey) ?? '';
    const matching = pods.filter(
      (p) =>
        p.metadata.namespace === pod.metadata.namespace &&
        !p.metadata.deletionTimestamp &&
        selectorMatches(selector, p.metadata.labels),
    );
    counts.set(domain, (counts.get(domain) ?? 0) + matching.length);
  }
  return counts;
}

function constraints(pod: Stored<Pod>, when: string): TopologySpreadConstraint[] {
  return (pod.spec?.topologySpreadConstraints ?? []).filter((c) => c.whenUnsatisfiable === when);
}

/** matchLabelKeys narrow the selector to Pods with the same values (KEP-3243). */
function selectorOf({ labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint, pod: Stored<Pod>) {
  return narrow(labelSelector, matchLabelKeys, [], pod);
}

/** A selector with requirements for label keys whose values the Pod shares, or must not share. */
export function narrow(
  selector: LabelSelector | undefined,
  keys: readonly string[],
  mismatch: readonly string[],
  pod: Stored<Pod>,
): LabelSelector | undefined {
  if (!selector) return undefined;
  const labels = pod.metadata.labels ?? {};
  const more = [
    ...keys.map((key) => ({ key, operator: 'In' })),
    ...mismatch.map((key) => ({ key, operator: 'NotIn' })),
  ].flatMap(({ key, operator }) => {
    const value = ownValue(labels, key);
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...more] };
}
