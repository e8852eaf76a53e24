import { ownValue } from '../kernel/own.ts';
import type { Container, Pod } from './api.gen.ts';
import type { Stored } from './meta.ts';
import { milliValue, quantityValue } from './quantity.ts';

/** Amounts by resource: cpu in thousandths, everything else in its own unit. */
export type Amounts = Record<string, number>;

/** Quantities as numbers. */
export function amounts(resources: Readonly<Record<string, string>> | undefined): Amounts {
  return Object.fromEntries(
    Object.entries(resources ?? {}).map(([name, q]) => [name, name === 'cpu' ? milliValue(q) : quantityValue(q)]),
  );
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

/** Adds to the amounts in `to`. */
export function add(to: Amounts, more: Amounts): void {
  for (const [name, value] of Object.entries(more)) to[name] = (ownValue(to, name) ?? 0) + value;
}

function max(to: Amounts, other: Amounts): void {
  for (const [name, value] of Object.entries(other)) to[name] = Math.max(ownValue(to, name) ?? 0, value);
}

/** Whether a Pod still holds what it asked for. */
export function holdsResources(pod: Stored<Pod>): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}
