import { ownValue } from '../../../kernel/own.ts';
import type { Pod, PodAffinityTerm } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { NodeInfo } from '../node-info.ts';
import { type Cycle, misfit, type Plugin } from '../plugin.ts';
import { narrow } from './topology-spread.ts';

export const interPodAffinity: Plugin = {
  name: 'InterPodAffinity',
  weight: 2,
  filter(cycle, node) {
    const { pod } = cycle;
    const together = pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    if (!affinityHolds(cycle, node, together)) return misfit("node(s) didn't match pod affinity rules", true);
    const apart = pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    if (apart.some((term) => domainHas(cycle, node, term, (p) => matches(cycle, term, pod, p)))) {
      return misfit("node(s) didn't match pod anti-affinity rules", false);
    }
    return existingForbid(cycle, node)
      ? misfit("node(s) didn't satisfy existing pods anti-affinity rules", false)
      : undefined;
  },
  score: (cycle, nodes) => {
    const { podAffinity, podAntiAffinity } = cycle.pod.spec?.affinity ?? {};
    const terms = [
      ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((t) => ({
        ...t,
        weight: -t.weight,
      })),
    ];
    return nodes.map((node) =>
      terms.reduce((sum, { weight, podAffinityTerm: term }) => {
        const near = domainPods(cycle, node, term.topologyKey).filter((p) => matches(cycle, term, cycle.pod, p));
        return sum + weight * near.length;
      }, 0),
    );
  },
};

/** Every term has a matching Pod in the node's domain; or none has one anywhere and the Pod satisfies its own terms. */
function affinityHolds(cycle: Cycle, node: NodeInfo, terms: PodAffinityTerm[]): boolean {
  if (terms.length === 0) return true;
  if (terms.some((t) => ownValue(node.node.metadata.labels, t.topologyKey) === undefined)) return false;
  const { pod } = cycle;
  const all = (p: Stored<Pod>) => terms.every((t) => matches(cycle, t, pod, p));
  if (terms.every((t) => domainPods(cycle, node, t.topologyKey).some(all))) return true;
  return all(pod) && !cycle.nodes.some((n) => n.pods.some(all));
}

/** A Pod that runs in the node's domain does not want this one beside it. */
function existingForbid(cycle: Cycle, node: NodeInfo): boolean {
  const labels = node.node.metadata.labels ?? {};
  return cycle.nodes.some(({ node: other, pods }) =>
    pods.some((existing) =>
      (existing.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some((term) => {
        const domain = ownValue(other.metadata.labels, term.topologyKey);
        return (
          domain !== undefined &&
          domain === ownValue(labels, term.topologyKey) &&
          matches(cycle, term, existing, cycle.pod)
        );
      }),
    ),
  );
}

function domainHas(cycle: Cycle, node: NodeInfo, term: PodAffinityTerm, test: (p: Stored<Pod>) => boolean): boolean {
  return domainPods(cycle, node, term.topologyKey).some(test);
}

function domainPods({ nodes }: Cycle, { node }: NodeInfo, key: string): Stored<Pod>[] {
  const domain = ownValue(node.metadata.labels, key);
  if (domain === undefined) return [];
  return nodes.filter((n) => ownValue(n.node.metadata.labels, key) === domain).flatMap((n) => n.pods);
}

/** Whether `term` of `owner` selects `other`. */
function matches(cycle: Cycle, term: PodAffinityTerm, owner: Stored<Pod>, other: Stored<Pod>): boolean {
  const selector = narrow(term.labelSelector, term.matchLabelKeys ?? [], term.mismatchLabelKeys ?? [], owner);
  if (!selectorMatches(selector, other.metadata.labels)) return false;
  const namespace = other.metadata.namespace ?? '';
  const listed = term.namespaces ?? [];
  if (listed.length === 0 && !term.namespaceSelector) return namespace === owner.metadata.namespace;
  if (listed.includes(namespace)) return true;
  const labels = cycle.namespaces().find((n) => n.metadata.name === namespace)?.metadata.labels;
  return selectorMatches(term.namespaceSelector, labels);
}
