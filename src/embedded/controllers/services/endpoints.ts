import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Pod, Service } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { endpoints, services } from '../../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { sameJson } from '../../errors/field.ts';
import { isNamespaceTerminating, isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { keyOf, splitKey } from '../ownership.ts';
import { isReady } from '../pod-control.ts';
import { type Placement, packSubsets } from './endpoint-subsets.ts';
import {
  addressesOf,
  hasEndpoints,
  headlessLabel,
  hostnameFor,
  isHeadless,
  isReachable,
  podsOf,
  TriggerTimes,
  targetPortOf,
  watchServices,
  withTriggerTime,
} from './service-pods.ts';

export const endpointsManagedByLabel = 'endpoints.kubernetes.io/managed-by';
const manager = 'endpoint-controller';
const overCapacity = 'endpoints.kubernetes.io/over-capacity';
const capacity = 1000;

/** Keeps the Endpoints object of every Service with a selector. */
export const endpointsController: Component = {
  name: 'endpoints',
  start: (context) => new EndpointsController(context).start(),
};

class EndpointsController {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #queue: WorkQueue;
  readonly #times = new TriggerTimes();

  constructor(context: ComponentContext) {
    const { clock, signal, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'endpoint-controller');
    this.#recorder = context.recorder(manager);
    this.#queue = new WorkQueue({ clock, signal, report, workers: 5, sync: (key) => this.#sync(key) });
  }

  start(): void {
    const { informers } = this.#context;
    watchServices(informers, (key) => this.#queue.add(key));
    // What a Service left behind that went while no controller ran; Endpoints that others made are theirs.
    const enqueue = (object: Stored<Endpoints>) => {
      if (object.metadata.labels?.[endpointsManagedByLabel] === manager) this.#queue.add(keyOf(object));
    };
    informers.of(endpoints).on({ add: enqueue, delete: (object) => this.#queue.add(keyOf(object)) });
  }

  async #sync(key: string): Promise<void> {
    const { informers } = this.#context;
    const [namespace, name] = splitKey(key);
    const service = informers.of(services).get(namespace, name);
    if (!service) return this.#remove(key);
    if (!hasEndpoints(service)) return;
    const selected = podsOf(informers, service);
    const time = this.#times.of(service, selected);
    const subsets = packSubsets(selected.flatMap((pod) => placementsOf(service, pod)));
    const truncated = truncate(subsets);
    const current = informers.of(endpoints).get(namespace, name);
    const labels = labelsOf(service);
    const same = current && sameJson(withoutVersions(current.subsets), subsets);
    if (same && sameJson(current.metadata.labels, labels)) return;
    const annotations = withTriggerTime(current?.metadata.annotations, time);
    if (truncated) annotations[overCapacity] = 'truncated';
    else delete annotations[overCapacity];
    await this.#write(service, current, {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...(current?.metadata ?? { name, namespace }), labels, annotations },
      subsets,
    });
  }

  async #write(service: Stored<Service>, current: Stored<Endpoints> | undefined, wanted: Endpoints): Promise<void> {
    try {
      if (current) await this.#client.update(endpoints, wanted);
      else await this.#client.create(endpoints, wanted);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      const why = (error as Error).message;
      if (current) {
        const message = `Failed to update endpoint ${keyOf(service)}: ${why}`;
        this.#recorder.event(wanted, 'Warning', 'FailedToUpdateEndpoint', message);
      } else {
        const message = `Failed to create endpoint for service ${keyOf(service)}: ${why}`;
        this.#recorder.event(wanted, 'Warning', 'FailedToCreateEndpoint', message);
      }
      throw error;
    }
  }

  async #remove(key: string): Promise<void> {
    this.#times.forget(key);
    const [namespace, name] = splitKey(key);
    if (!this.#context.informers.of(endpoints).get(namespace, name)) return;
    try {
      await this.#client.delete(endpoints, namespace, name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function labelsOf(service: Stored<Service>): Record<string, string> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {};
  if (isHeadless(service)) labels[headlessLabel] = '';
  return { ...labels, [endpointsManagedByLabel]: manager };
}

function placementsOf(service: Stored<Service>, pod: Stored<Pod>): Placement[] {
  const unready = service.spec?.publishNotReadyAddresses === true;
  if (!isReachable(pod, unready)) return [];
  const v6 = service.spec?.ipFamilies?.[0] === 'IPv6';
  const ip = addressesOf(pod).find((address) => address.includes(':') === v6);
  if (ip === undefined) return [];
  const { name, namespace, uid } = pod.metadata;
  const hostname = hostnameFor(pod, service);
  const nodeName = pod.spec?.nodeName;
  const address: EndpointAddress = {
    ...(hostname && { hostname }),
    ip,
    ...(nodeName && { nodeName }),
    targetRef: { kind: 'Pod', name, namespace, uid },
  };
  const ready = unready || isReady(pod);
  const ports = service.spec?.ports ?? [];
  // Only a headless Service may do without ports.
  if (ports.length === 0) return isHeadless(service) ? [{ address, port: undefined, ready }] : [];
  return ports.flatMap((port) => {
    const number = targetPortOf(pod, port);
    if (number === undefined) return [];
    const { name: portName, protocol = 'TCP', appProtocol } = port;
    const target: EndpointPort = {
      ...(appProtocol && { appProtocol }),
      ...(portName && { name: portName }),
      port: number,
      protocol,
    };
    return { address, port: target, ready };
  });
}

/** Cuts addresses beyond what an Endpoints object may hold, those that are not ready first. Whether it did. */
function truncate(subsets: EndpointSubset[]): boolean {
  const count = (list: readonly EndpointAddress[] | undefined) => list?.length ?? 0;
  const total = subsets.reduce((sum, s) => sum + count(s.addresses) + count(s.notReadyAddresses), 0);
  if (total <= capacity) return false;
  let left = capacity;
  const take = (list: EndpointAddress[] | undefined) => {
    const kept = list?.slice(0, left) ?? [];
    left -= kept.length;
    return kept;
  };
  for (const subset of subsets) subset.addresses = take(subset.addresses);
  for (const subset of subsets) subset.notReadyAddresses = take(subset.notReadyAddresses);
  return true;
}

/** Old targetRefs carry the Pod's resourceVersion, which says nothing. */
function withoutVersions(subsets: readonly EndpointSubset[] | undefined): EndpointSubset[] {
  const strip = (list: readonly EndpointAddress[] | undefined) =>
    list?.map((address) => {
      if (!address.targetRef) return address;
      const { resourceVersion: _, ...targetRef } = address.targetRef;
      return { ...address, targetRef };
    });
  return (subsets ?? []).map((subset) => ({
    ...subset,
    addresses: strip(subset.addresses),
    notReadyAddresses: strip(subset.notReadyAddresses),
  }));
}
