import type { DiscoveryV1EndpointPort, Endpoint, Service, ServicePort } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { endpointSlices, services } from '../../kube/resources.ts';
import type { Informers } from '../api.ts';

/** An endpoint of a Service with the ports of its slice. */
export interface ServiceEndpoint {
  endpoint: Endpoint;
  ports: readonly DiscoveryV1EndpointPort[];
}

/** All endpoints of a Service, ready or not. */
export function endpointsOf(informers: Informers, service: Stored<Service>): ServiceEndpoint[] {
  const { name, namespace } = service.metadata;
  return informers
    .of(endpointSlices)
    .list(namespace)
    .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap((slice) => (slice.endpoints ?? []).map((endpoint) => ({ endpoint, ports: slice.ports ?? [] })));
}

/** The ready endpoints of a Service's port, each with the port that its address listens on. */
export function backendsOf(
  informers: Informers,
  service: Stored<Service>,
  port: ServicePort,
): { address: string; port: number }[] {
  return endpointsOf(informers, service)
    .filter(({ endpoint }) => endpoint.conditions?.ready ?? true)
    .flatMap(({ endpoint, ports }) => {
      const target = ports.find((p) => (p.name ?? '') === (port.name ?? '') && (p.protocol ?? 'TCP') === 'TCP');
      return target?.port === undefined
        ? []
        : endpoint.addresses.map((address) => ({ address, port: target.port as number }));
    });
}

/** The Service and port that a cluster address and port belong to; `service` alone if only the address does. */
export function serviceAt(
  informers: Informers,
  address: string,
  port: number,
): { service: Stored<Service>; port?: ServicePort } | undefined {
  const service = informers
    .of(services)
    .list()
    .find((s) => [...(s.spec?.clusterIPs ?? []), ...(s.spec?.externalIPs ?? [])].includes(address));
  if (!service) return undefined;
  const found = service.spec?.ports?.find((p) => p.port === port && (p.protocol ?? 'TCP') === 'TCP');
  return found ? { service, port: found } : { service };
}

/** The Service port that is open on every node at this port. */
export function nodePortAt(
  informers: Informers,
  port: number,
): { service: Stored<Service>; port: ServicePort } | undefined {
  for (const service of informers.of(services).list()) {
    const found = service.spec?.ports?.find((p) => p.nodePort === port && (p.protocol ?? 'TCP') === 'TCP');
    if (found) return { service, port: found };
  }
  return undefined;
}
