import type { DiscoveryV1EndpointPort, Endpoint, Service, ServicePort } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import type { Protocol } from '../../kube/network-policies.ts';
import { endpointSlices, services } from '../../kube/resources.ts';
import { type NetworkView, nodeAt } from './view.ts';

/** An endpoint of a Service with the ports of its slice. */
export interface ServiceEndpoint {
  endpoint: Endpoint;
  ports: readonly DiscoveryV1EndpointPort[];
}

/** Where a Service's port leads to. */
export interface Backend {
  address: string;
  port: number;
  nodeName?: string;
}

/** How an address belongs to a Service. */
export type ServiceAddress = 'ClusterIP' | 'ExternalIP' | 'LoadBalancer' | 'NodePort';

/** All endpoints of a Service, ready or not: of slices created by the controller as of ones made by hand. */
export function endpointsOf(view: NetworkView, service: Stored<Service>): ServiceEndpoint[] {
  const { name, namespace } = service.metadata;
  return view
    .list(endpointSlices, namespace)
    .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap((slice) => (slice.endpoints ?? []).map((endpoint) => ({ endpoint, ports: slice.ports ?? [] })));
}

/**
 * The endpoints of a Service's port that kube-proxy uses, each with the port that its address listens on: the ready
 * ones, and without any the terminating ones that still serve (KEP-1669).
 */
export function backendsOf(view: NetworkView, service: Stored<Service>, port: ServicePort): Backend[] {
  const all = endpointsOf(view, service);
  const ready = all.filter(({ endpoint }) => endpoint.conditions?.ready ?? true);
  const serving = all.filter(({ endpoint: { conditions } }) => conditions?.serving && conditions.terminating);
  return (ready.length > 0 ? ready : serving).flatMap(({ endpoint, ports }) => {
    const target = ports.find((p) => (p.name ?? '') === (port.name ?? '') && protocolOf(p) === protocolOf(port));
    if (target?.port === undefined) return [];
    const { nodeName } = endpoint;
    return endpoint.addresses.map((address) => ({
      ...{ address, port: target.port as number },
      ...(nodeName !== undefined && { nodeName }),
    }));
  });
}

const protocolOf = ({ protocol }: { protocol?: string }) => protocol ?? 'TCP';

/** The Service that an address belongs to, and its port if it has that one. */
export interface ServiceMatch {
  service: Stored<Service>;
  via: ServiceAddress;
  port?: ServicePort;
}

/** The Service that packets to an address and port are meant for; undefined: they are for a machine. */
export function serviceAt(
  view: NetworkView,
  address: string,
  port: number,
  protocol: Protocol,
): ServiceMatch | undefined {
  const onNode = nodeAt(view, address) !== undefined;
  let other: ServiceMatch | undefined;
  for (const service of view.list(services)) {
    const via = viaOf(service, address);
    const ports = (service.spec?.ports ?? []).filter((p) => protocolOf(p) === protocol);
    if (via) {
      const found = ports.find((p) => p.port === port);
      if (found) return { service, via, port: found };
      other ??= { service, via };
    }
    const open = onNode ? ports.find((p) => p.nodePort === port) : undefined;
    if (open) return { service, via: 'NodePort', port: open };
  }
  // An external address that is a node's as well is the node's for all other ports.
  return onNode ? undefined : other;
}

function viaOf({ spec, status }: Stored<Service>, address: string): ServiceAddress | undefined {
  if (spec?.clusterIPs?.includes(address)) return 'ClusterIP';
  if (spec?.externalIPs?.includes(address)) return 'ExternalIP';
  const balancers = status?.loadBalancer?.ingress ?? [];
  return balancers.some(({ ip, ipMode }) => ip === address && ipMode !== 'Proxy') ? 'LoadBalancer' : undefined;
}
