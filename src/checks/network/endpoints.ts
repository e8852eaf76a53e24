import type { EndpointSlice } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import type { ClusterView } from '../types.ts';

/** The EndpointSlices of a Service. */
export function slicesOf(view: ClusterView, namespace: string, service: string): Stored<EndpointSlice>[] {
  return view
    .list(resources.endpointSlices, namespace)
    .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === service);
}

/** Where a Service leads to now. */
export function readyAddresses(view: ClusterView, namespace: string, service: string): string[] {
  return slicesOf(view, namespace, service)
    .flatMap((slice) => (slice.endpoints ?? []).filter((e) => e.conditions?.ready !== false))
    .flatMap((endpoint) => endpoint.addresses);
}
