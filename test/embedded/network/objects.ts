/** Objects of a small cluster, and views of them that stand still. */
import type { Informer, Informers } from '../../../src/embedded/api.ts';
import type { NetworkView } from '../../../src/embedded/network/view.ts';
import type { EndpointSlice, Namespace, NetworkPolicy, Node, Pod, Service } from '../../../src/kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../../src/kube/meta.ts';

export function viewOf(objects: readonly KubeObject[], listening?: NetworkView['listening']): NetworkView {
  const list = <T extends KubeObject>(r: Resource<T>, namespace?: string) =>
    objects.filter((o) => o.kind === r.kind && (!namespace || o.metadata?.namespace === namespace)) as Stored<T>[];
  return {
    list,
    get: (r, namespace, name) => list(r, namespace).find((o) => o.metadata.name === name),
    ...(listening && { listening }),
  };
}

/** Informers over objects that stand still. */
export function informersOf(objects: readonly KubeObject[]): Informers {
  const view = viewOf(objects);
  return {
    of<T extends KubeObject>(r: Resource<T>): Informer<T> {
      return {
        list: (namespace) => [...view.list(r, namespace)],
        get: (namespace, name) => view.get(r, namespace, name),
        byOwner: () => [],
        on: () => () => {},
      };
    },
  };
}

type Labels = Record<string, string>;

const meta = (name: string, namespace = 'default', labels: Labels = {}) => ({
  ...{ name, namespace, uid: `uid-${name}`, labels },
});

export const namespace = (name: string, labels: Labels = {}) => {
  const object: Namespace = {
    kind: 'Namespace',
    metadata: { name, uid: `uid-${name}`, labels: { 'kubernetes.io/metadata.name': name, ...labels } },
  };
  return object as Stored<Namespace>;
};

export const node = (name: string, address: string, labels: Labels = {}): Stored<Node> =>
  ({
    kind: 'Node',
    metadata: { name, uid: `uid-${name}`, labels },
    status: { addresses: [{ type: 'InternalIP', address }] },
  }) as Stored<Node>;

export interface PodOptions {
  namespace?: string;
  labels?: Labels;
  node?: string;
  phase?: string;
  hostNetwork?: boolean;
  /** Of its one container: name to number. */
  ports?: Record<string, number>;
}

export const pod = (name: string, podIP: string, options: PodOptions = {}): Stored<Pod> =>
  ({
    kind: 'Pod',
    metadata: meta(name, options.namespace, options.labels),
    spec: {
      nodeName: options.node ?? 'n1',
      ...(options.hostNetwork && { hostNetwork: true }),
      containers: [
        {
          name: 'c',
          ports: Object.entries(options.ports ?? {}).map(([portName, containerPort]) => ({
            name: portName,
            containerPort,
          })),
        },
      ],
    },
    status: { podIP, phase: options.phase ?? 'Running' },
  }) as Stored<Pod>;

export const service = (name: string, spec: Service['spec'], of = 'default', status?: Service['status']) =>
  ({ kind: 'Service', metadata: meta(name, of), spec, ...(status && { status }) }) as Stored<Service>;

/** A Service with a cluster address and one TCP port. */
export const clusterIP = (name: string, address: string, port: number, more: Service['spec'] = {}, of?: string) =>
  service(name, { clusterIP: address, clusterIPs: [address], ports: [{ port, protocol: 'TCP' }], ...more }, of);

export interface EndpointOptions {
  ip: string;
  ready?: boolean;
  serving?: boolean;
  terminating?: boolean;
  hostname?: string;
  node?: string;
  pod?: string;
}

export const slice = (
  of: string,
  endpoints: EndpointOptions[],
  ports: EndpointSlice['ports'],
  inNamespace = 'default',
): Stored<EndpointSlice> =>
  ({
    kind: 'EndpointSlice',
    metadata: meta(`${of}-x`, inNamespace, { 'kubernetes.io/service-name': of }),
    addressType: 'IPv4',
    endpoints: endpoints.map(({ ip, ready = true, serving, terminating, hostname, node: nodeName, pod: target }) => ({
      addresses: [ip],
      conditions: { ready, serving, terminating },
      hostname,
      nodeName,
      ...(target && { targetRef: { kind: 'Pod', name: target } }),
    })),
    ports,
  }) as Stored<EndpointSlice>;

export const tcp = (port: number, name = '') => ({ name, port, protocol: 'TCP' });

export const policy = (name: string, spec: NetworkPolicy['spec'], of = 'default'): Stored<NetworkPolicy> =>
  ({ kind: 'NetworkPolicy', metadata: meta(name, of), spec }) as Stored<NetworkPolicy>;
