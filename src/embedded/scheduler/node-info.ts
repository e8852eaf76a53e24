import type { Node, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { type Amounts, add, amounts, podRequests } from '../../kube/requests.ts';

/** A node with the Pods on it, as one scheduling attempt sees it. */
export interface NodeInfo {
  node: Stored<Node>;
  pods: Stored<Pod>[];
  requested: Amounts;
  /** What nodes are compared by: a container that asks for nothing counts as well. */
  compared: Comparable;
  allocatable: Amounts;
}

export interface Comparable {
  cpu: number;
  memory: number;
}

/** A container that asks for nothing counts as this much when nodes are compared (not when they are filtered). */
const assumed: Comparable = { cpu: 100, memory: 200 * 1024 * 1024 };

export function nodeInfo(node: Stored<Node>, pods: Stored<Pod>[]): NodeInfo {
  const requested: Amounts = {};
  const compared: Comparable = { cpu: 0, memory: 0 };
  for (const pod of pods) {
    add(requested, podRequests(pod));
    const { cpu, memory } = comparable(pod);
    compared.cpu += cpu;
    compared.memory += memory;
  }
  return { node, pods, requested, compared, allocatable: amounts(node.status?.allocatable) };
}

export function comparable(pod: Stored<Pod>): Comparable {
  const requests = podRequests(pod);
  const count = pod.spec?.containers.length ?? 1;
  return { cpu: requests.cpu || assumed.cpu * count, memory: requests.memory || assumed.memory * count };
}
