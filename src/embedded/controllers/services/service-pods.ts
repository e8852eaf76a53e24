/** What the controllers of Endpoints and EndpointSlices have in common: which Pods stand behind a Service, and where. */
import type { Pod, Service, ServicePort } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { pods, services } from '../../../kube/resources.ts';
import type { Informers } from '../../api.ts';
import { sameJson } from '../../errors/field.ts';
import { keyOf } from '../ownership.ts';
import { isReady, isTerminal } from '../pod-control.ts';

/** When what an endpoint object says last changed its cause; removed where nothing says so. */
export const triggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';
export const headlessLabel = 'service.kubernetes.io/headless';

/** An empty selector is none: stored in protobuf it is gone. */
export function hasSelector({ spec }: Service): boolean {
  return Object.keys(spec?.selector ?? {}).length > 0;
}

/** Services whose endpoints are somebody's business: they have a selector and are no alias. */
export function hasEndpoints(service: Service): boolean {
  return hasSelector(service) && service.spec?.type !== 'ExternalName';
}

export function isHeadless(service: Service): boolean {
  return service.spec?.clusterIP === 'None' || !service.spec?.clusterIP;
}

export function selects(service: Service, labels: Readonly<Record<string, string>> | undefined): boolean {
  return Object.entries(service.spec?.selector ?? {}).every(([key, value]) => labels?.[key] === value);
}

/** The Pods that a Service selects, oldest first. */
export function podsOf(informers: Informers, service: Stored<Service>): Stored<Pod>[] {
  const selected = informers.of(pods).list(service.metadata.namespace);
  return selected.filter((pod) => selects(service, pod.metadata.labels)).sort(byAge);
}

function byAge(a: Stored<Pod>, b: Stored<Pod>): number {
  const order = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (order[0] === order[1]) return a.metadata.name < b.metadata.name ? -1 : 1;
  return (order[0] ?? '') < (order[1] ?? '') ? -1 : 1;
}

/** Pods that have ended or have no address yet never count, deleted ones only where the caller says so. */
export function isReachable(pod: Stored<Pod>, includeTerminating: boolean): boolean {
  if (isTerminal(pod)) return false;
  if (addressesOf(pod).length === 0) return false;
  return includeTerminating || pod.metadata.deletionTimestamp === undefined;
}

/** Its IPs, of both families. */
export function addressesOf({ status }: Pod): string[] {
  const all = status?.podIPs?.flatMap(({ ip }) => ip || []) ?? [];
  return all.length > 0 || !status?.podIP ? all : [status.podIP];
}

export function hostnameFor(pod: Stored<Pod>, service: Stored<Service>): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {};
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}

/** The number of a Service's target port on a Pod; undefined if no container has a port of that name. */
export function targetPortOf(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  const sidecars = (pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always');
  const named = [...(pod.spec?.containers ?? []), ...sidecars]
    .flatMap((container) => container.ports ?? [])
    .find(({ name, protocol = 'TCP' }) => name === target && protocol === (port.protocol ?? 'TCP'));
  return named?.containerPort;
}

/**
 * Tells `enqueue` the keys of Services whose endpoints may have changed: with the Service itself, or with a Pod that
 * is or was selected.
 */
export function watchServices(informers: Informers, enqueue: (key: string) => void): void {
  const known = informers.of(services);
  const each = (service: Stored<Service>) => enqueue(keyOf(service));
  known.on({ add: each, update: each, delete: each });
  const ofPod = (pod: Stored<Pod>, old?: Stored<Pod>) => {
    for (const service of known.list(pod.metadata.namespace)) {
      if (!hasEndpoints(service)) continue;
      if (selects(service, pod.metadata.labels) || (old && selects(service, old.metadata.labels))) each(service);
    }
  };
  informers.of(pods).on({
    add: (pod) => ofPod(pod),
    update: (pod, old) => {
      if (!sameJson(relevant(pod), relevant(old))) ofPod(pod, old);
    },
    delete: (pod) => ofPod(pod),
  });
}

/** Everything of a Pod that endpoints depend on. */
function relevant(pod: Stored<Pod>): unknown {
  const { labels, deletionTimestamp } = pod.metadata;
  const { nodeName, hostname, subdomain } = pod.spec ?? {};
  const deleted = deletionTimestamp !== undefined;
  return [labels, deleted, nodeName, hostname, subdomain, addressesOf(pod), isReady(pod), isTerminal(pod)];
}

/**
 * When the change happened that a sync is about: the earliest of the Pods' and the Service's times that are new since
 * the last sync. What has been seen is forgotten when the cluster stops, as in kube-controller-manager.
 */
export class TriggerTimes {
  readonly #seen = new Map<string, { service: string; pods: Map<string, string> }>();

  /** RFC 3339; undefined if nothing that carries a time has changed. */
  of(service: Stored<Service>, selected: readonly Stored<Pod>[]): string | undefined {
    const key = keyOf(service);
    const last = this.#seen.get(key);
    const created = service.metadata.creationTimestamp;
    const now = new Map<string, string>();
    const changed: string[] = [];
    for (const { metadata, status } of selected) {
      const time = status?.conditions?.find((condition) => condition.type === 'Ready')?.lastTransitionTime;
      if (!time) continue;
      now.set(metadata.name, time);
      if (time > (last?.pods.get(metadata.name) ?? '')) changed.push(time);
    }
    if (created > (last?.service ?? '')) changed.push(created);
    this.#seen.set(key, { service: created, pods: now });
    if (!last) return created;
    return changed.sort()[0];
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

/** Annotations with the time of the change, or without one. */
export function withTriggerTime(
  annotations: Readonly<Record<string, string>> | undefined,
  time: string | undefined,
): Record<string, string> {
  const { [triggerTimeAnnotation]: _, ...others } = annotations ?? {};
  return time === undefined ? others : { ...others, [triggerTimeAnnotation]: time };
}
