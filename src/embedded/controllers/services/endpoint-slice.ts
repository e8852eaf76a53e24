import type { DiscoveryV1EndpointPort, Endpoint, EndpointSlice, Node, Pod, Service } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { endpointSlices, nodes, services } from '../../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { SyncError } from '../../errors/background.ts';
import { isNamespaceTerminating } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { controllerRef, keyOf, splitKey } from '../ownership.ts';
import { isReady } from '../pod-control.ts';
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
import { planSlices, portsKey, type SliceGroup } from './slice-plan.ts';

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
const manager = 'endpointslice-controller.k8s.io';
const zoneLabel = 'topology.kubernetes.io/zone';

/** Keeps EndpointSlices of every Service with a selector: where its Pods are and which of them take traffic. */
export const endpointSliceController: Component = {
  name: 'endpointslice',
  start: (context) => new EndpointSliceController(context).start(),
};

class EndpointSliceController {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #queue: WorkQueue;
  readonly #times = new TriggerTimes();

  constructor(context: ComponentContext) {
    const { clock, signal, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'endpointslice-controller');
    this.#recorder = context.recorder('endpoint-slice-controller');
    const backoff = { baseMs: 1000, maxMs: 100_000 };
    this.#queue = new WorkQueue({ clock, signal, report, backoff, workers: 5, sync: (key) => this.#sync(key) });
  }

  start(): void {
    const { informers } = this.#context;
    watchServices(informers, (key) => this.#queue.add(key));
    const ofSlice = ({ metadata }: Stored<EndpointSlice>) => {
      const service = metadata.labels?.[serviceNameLabel];
      if (service && metadata.labels?.[managedByLabel] === manager) this.#queue.add(`${metadata.namespace}/${service}`);
    };
    informers.of(endpointSlices).on({
      update: (slice, old) => {
        ofSlice(slice);
        ofSlice(old);
      },
      delete: ofSlice,
    });
    const all = () => {
      for (const service of informers.of(services).list()) if (hasEndpoints(service)) this.#queue.add(keyOf(service));
    };
    const zone = (node: Node) => node.metadata?.labels?.[zoneLabel];
    informers.of(nodes).on({
      add: all,
      update: (node, old) => {
        if (zone(node) !== zone(old)) all();
      },
      delete: all,
    });
  }

  async #sync(key: string): Promise<void> {
    const { informers } = this.#context;
    const [namespace, name] = splitKey(key);
    const service = informers.of(services).get(namespace, name);
    // Slices of a Service that is gone are garbage.
    if (!service) return this.#times.forget(key);
    if (!hasEndpoints(service)) return;
    const selected = podsOf(informers, service);
    const time = this.#times.of(service, selected);
    const missing: string[] = [];
    for (const addressType of service.spec?.ipFamilies ?? ['IPv4']) {
      const existing = this.#existing(service, addressType);
      const groups = this.#groups(service, selected, addressType, missing);
      const plan = planSlices(frameOf(service), addressType, existing, groups);
      await this.#write(service, plan, time);
    }
    const [first] = missing;
    if (first === undefined) return;
    const message = `Error updating Endpoint Slices for Service ${key}: ${first}`;
    this.#recorder.event(service, 'Warning', 'FailedToUpdateEndpointSlices', message);
    throw new SyncError(message);
  }

  #existing({ metadata }: Stored<Service>, addressType: string): Stored<EndpointSlice>[] {
    return this.#context.informers
      .of(endpointSlices)
      .list(metadata.namespace)
      .filter((slice) => slice.addressType === addressType && !slice.metadata.deletionTimestamp)
      .filter(({ metadata: { labels } }) => labels?.[managedByLabel] === manager)
      .filter(({ metadata: { labels } }) => labels?.[serviceNameLabel] === metadata.name)
      .filter((slice) => slice.metadata.ownerReferences?.some((owner) => owner.uid === metadata.uid));
  }

  /** The endpoints of a Service by their ports. Pods of unknown nodes are left out and named in `missing`. */
  #groups(
    service: Stored<Service>,
    selected: readonly Stored<Pod>[],
    addressType: string,
    missing: string[],
  ): SliceGroup[] {
    const groups = new Map<string, SliceGroup>();
    for (const pod of selected) {
      if (!isReachable(pod, true)) continue;
      const addresses = addressesOf(pod).filter((ip) => ip.includes(':') === (addressType === 'IPv6'));
      if (addresses.length === 0) continue;
      const node = this.#context.informers.of(nodes).get(undefined, pod.spec?.nodeName ?? '');
      if (!node && !service.spec?.publishNotReadyAddresses) {
        missing.push(
          `skipping Pod ${pod.metadata.name} for Service ${keyOf(service)}: Node ${pod.spec?.nodeName} Not Found`,
        );
        continue;
      }
      const ports = portsOf(service, pod);
      const key = portsKey(ports);
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      group.endpoints.push(endpointOf(service, pod, node, addresses));
      groups.set(key, group);
    }
    return [...groups.values()];
  }

  async #write(service: Stored<Service>, plan: ReturnType<typeof planSlices>, time: string | undefined) {
    const timed = <T extends EndpointSlice>(slice: T): T => ({
      ...slice,
      metadata: { ...slice.metadata, annotations: withTriggerTime(slice.metadata?.annotations, time) },
    });
    try {
      if (!service.metadata.deletionTimestamp) {
        for (const slice of plan.create) await this.#client.create(endpointSlices, timed(slice));
      }
      for (const slice of plan.update) await this.#client.update(endpointSlices, timed(slice));
      for (const { metadata } of plan.remove) {
        await this.#client.delete(endpointSlices, metadata.namespace, metadata.name);
      }
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }
}

function frameOf(service: Stored<Service>) {
  const { name, namespace, labels } = service.metadata;
  const { [headlessLabel]: _, ...own } = labels ?? {};
  return {
    placeholder: true,
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: {
        ...own,
        ...(isHeadless(service) && { [headlessLabel]: '' }),
        [serviceNameLabel]: name,
        [managedByLabel]: manager,
      },
      ownerReferences: [controllerRef(service, services)],
    },
  };
}

function portsOf(service: Service, pod: Pod): DiscoveryV1EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPortOf(pod, port);
    if (number === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return { name, port: number, protocol, ...(appProtocol && { appProtocol }) };
  });
}

function endpointOf(
  service: Stored<Service>,
  pod: Stored<Pod>,
  node: Stored<Node> | undefined,
  addresses: string[],
): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { name, namespace, uid } = pod.metadata;
  const hostname = hostnameFor(pod, service);
  const zone = node?.metadata.labels?.[zoneLabel];
  const nodeName = pod.spec?.nodeName;
  const hints = hintsOf(service, ready, zone, nodeName);
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hints && { hints }),
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    targetRef: { kind: 'Pod', name, namespace, uid },
    ...(zone && { zone }),
  };
}

/** spec.trafficDistribution (KEP-3015): each ready endpoint is for clients nearby. */
function hintsOf(service: Service, ready: boolean, zone: string | undefined, node: string | undefined) {
  const distribution = service.spec?.trafficDistribution;
  if (distribution === undefined || !ready || !zone) return undefined;
  const forNodes = distribution === 'PreferSameNode' && node ? [{ name: node }] : undefined;
  return { ...(forNodes && { forNodes }), forZones: [{ name: zone }] };
}
