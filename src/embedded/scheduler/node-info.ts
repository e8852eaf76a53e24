import type { Container, Node, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { milliValue, quantityValue } from '../../kube/quantity.ts';

/** Amounts by resource: cpu in thousandths, everything else in its own unit. */
export type Amounts = Record<string, number>;

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

export function amounts(resources: Readonly<Record<string, string>> | undefined): Amounts {
  return Object.fromEntries(
    Object.entries(resources ?? {}).map(([name, q]) => [name, name === 'cpu' ? milliValue(q) : quantityValue(q)]),
  );
}

export function comparable(pod: Stored<Pod>): Comparable {
  const requests = podRequests(pod);
  const count = pod.spec?.containers.length ?? 1;
  return { cpu: requests.cpu || assumed.cpu * count, memory: requests.memory || assumed.memory * count };
}

const known = new WeakMap<Stored<Pod>, Readonly<Amounts>>();

/** What a Pod asks for; reckoned once, stored Pods do not change. */
export function podRequests(pod: Stored<Pod>): Readonly<Amounts> {
  let requests = known.get(pod);
  if (!requests) {
    requests = reckonRequests(pod);
    known.set(pod, requests);
  }
  return requests;
}

/**
 * The sum of its containers and sidecars, or what its init containers need at their worst
 * (KEP-753), plus overhead. Requests that are missing default to the limits (the API server has done so already).
 * While a resize is under way the larger counts; one that the node can never grant does not (KEP-1287).
 */
function reckonRequests(pod: Stored<Pod>): Amounts {
  const { initContainerStatuses = [], containerStatuses = [], conditions = [] } = pod.status ?? {};
  const statuses = [...initContainerStatuses, ...containerStatuses];
  const hopeless = conditions.some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible');
  const of = (c: Container): Amounts => {
    const wanted = amounts({ ...c.resources?.limits, ...c.resources?.requests });
    const { allocatedResources, resources } = statuses.find(({ name }) => name === c.name) ?? {};
    if (!allocatedResources) return wanted;
    const held = amounts(allocatedResources);
    max(held, amounts(resources?.requests));
    if (hopeless) return held;
    max(held, wanted);
    return held;
  };
  const total: Amounts = {};
  for (const container of pod.spec?.containers ?? []) add(total, of(container));
  const sidecars: Amounts = {};
  const worstInit: Amounts = {};
  for (const container of pod.spec?.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === 'Always') {
      add(total, own);
      add(sidecars, own);
      max(worstInit, sidecars);
    } else {
      const moment = { ...sidecars };
      add(moment, own);
      max(worstInit, moment);
    }
  }
  max(total, worstInit);
  add(total, amounts(pod.spec?.overhead));
  return total;
}

export function add(to: Amounts, more: Amounts): void {
  for (const [name, value] of Object.entries(more)) to[name] = (to[name] ?? 0) + value;
}

function max(to: Amounts, other: Amounts): void {
  for (const [name, value] of Object.entries(other)) to[name] = Math.max(to[name] ?? 0, value);
}

/** Whether a Pod still holds what it asked for. */
export function holdsResources(pod: Stored<Pod>): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}
