import type { Endpoint, EndpointAddress, EndpointSlice, EndpointSubset, Endpoints } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { endpointSlices, endpoints, services } from '../../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { isNamespaceTerminating } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { controllerRef, keyOf, splitKey } from '../ownership.ts';
import { managedByLabel, serviceNameLabel } from './endpoint-slice.ts';
import { endpointsManagedByLabel } from './endpoints.ts';
import { hasSelector, triggerTimeAnnotation } from './service-pods.ts';
import { planSlices, portsKey, type SliceFrame, type SliceGroup } from './slice-plan.ts';

const manager = 'endpointslicemirroring-controller.k8s.io';
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const notMirrored = new Set([triggerTimeAnnotation, 'kubectl.kubernetes.io/last-applied-configuration']);
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';
const addressTypes = ['IPv4', 'IPv6'];
/** Of every subset at most so many addresses are mirrored. */
const subsetLimit = 1000;

/** Copies Endpoints that somebody keeps by hand, for a Service without a selector, into EndpointSlices. */
export const endpointSliceMirroring: Component = {
  name: 'endpointslice-mirroring',
  start: (context) => new MirroringController(context).start(),
};

class MirroringController {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #queue: WorkQueue;

  constructor(context: ComponentContext) {
    const { clock, signal, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'endpointslicemirroring-controller');
    const backoff = { baseMs: 1000, maxMs: 100_000 };
    this.#queue = new WorkQueue({ clock, signal, report, backoff, workers: 5, sync: (key) => this.#sync(key) });
  }

  start(): void {
    const { informers } = this.#context;
    const enqueue = (object: Stored) => this.#queue.add(keyOf(object));
    informers.of(services).on({ add: enqueue, update: enqueue, delete: enqueue });
    informers.of(endpoints).on({ add: enqueue, update: enqueue, delete: enqueue });
    const ofSlice = ({ metadata: { labels, namespace } }: Stored<EndpointSlice>) => {
      if (labels?.[managedByLabel] === manager) this.#queue.add(`${namespace}/${labels[serviceNameLabel]}`);
    };
    informers.of(endpointSlices).on({ update: ofSlice, delete: ofSlice });
  }

  async #sync(key: string): Promise<void> {
    const [namespace, name] = splitKey(key);
    const { informers } = this.#context;
    const service = informers.of(services).get(namespace, name);
    const source = informers.of(endpoints).get(namespace, name);
    const existing = this.#mirrors(namespace, name);
    const mirrored = source !== undefined && isMirrored(source) && service !== undefined && !hasSelector(service);
    const groups = mirrored ? groupsOf(source.subsets ?? []) : [];
    if (groups.length === 0 && existing.length === 0) return;
    const frame: SliceFrame = mirrored ? frameOf(source) : { metadata: {}, placeholder: false };
    for (const addressType of addressTypes) {
      const of = <T extends { addressType: string }>(list: readonly T[]) =>
        list.filter((entry) => entry.addressType === addressType);
      const plan = planSlices(frame, addressType, of(existing), of(groups));
      try {
        for (const slice of plan.create) await this.#client.create(endpointSlices, slice);
        for (const slice of plan.update) await this.#client.update(endpointSlices, slice);
        for (const { metadata } of plan.remove) await this.#client.delete(endpointSlices, namespace, metadata.name);
      } catch (error) {
        if (!isNamespaceTerminating(error)) throw error;
      }
    }
  }

  #mirrors(namespace: string, service: string): Stored<EndpointSlice>[] {
    return this.#context.informers
      .of(endpointSlices)
      .list(namespace)
      .filter(({ metadata: { labels } }) => labels?.[managedByLabel] === manager)
      .filter(({ metadata: { labels } }) => labels?.[serviceNameLabel] === service)
      .filter(({ metadata }) => !metadata.deletionTimestamp);
  }
}

function isMirrored({ metadata: { labels, annotations } }: Stored<Endpoints>): boolean {
  if (labels?.[skipLabel] === 'true' || labels?.[endpointsManagedByLabel]) return false;
  return annotations?.[leaderAnnotation] === undefined;
}

function frameOf(source: Stored<Endpoints>): SliceFrame {
  const { name, namespace, labels } = source.metadata;
  const annotations = Object.entries(source.metadata.annotations ?? {}).filter(([key]) => !notMirrored.has(key));
  return {
    placeholder: false,
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: manager },
      ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
      ownerReferences: [controllerRef(source, endpoints)],
    },
  };
}

function groupsOf(subsets: readonly EndpointSubset[]): SliceGroup[] {
  const groups = new Map<string, SliceGroup>();
  for (const { addresses = [], notReadyAddresses = [], ports: subsetPorts = [] } of subsets) {
    const ports = subsetPorts.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
      name,
      port,
      protocol,
      ...(appProtocol && { appProtocol }),
    }));
    const members = [
      ...addresses.map((address) => ({ address, ready: true })),
      ...notReadyAddresses.map((address) => ({ address, ready: false })),
    ];
    for (const { address, ready } of members.slice(0, subsetLimit)) {
      const addressType = address.ip.includes(':') ? 'IPv6' : 'IPv4';
      const key = `${addressType} ${portsKey(ports)}`;
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      group.endpoints.push(mirror(address, ready));
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

function mirror({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    ...(targetRef && { targetRef }),
  };
}
