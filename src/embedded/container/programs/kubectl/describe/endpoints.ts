import type { EndpointSlice } from '../../../../../kube/api.gen.ts';
import { type DescribeContext, fetchAll } from './context.ts';

/** How many addresses are shown. */
const most = 3;

/** The slices of a Service. Throws StatusError. */
export function slicesOf(context: DescribeContext, namespace: string, service: string): Promise<EndpointSlice[]> {
  return fetchAll<EndpointSlice>(context, `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
    labelSelector: `kubernetes.io/service-name=${service}`,
  });
}

/** The ready addresses behind a port: `10.244.0.5:80,10.244.0.6:80 + 2 more...` */
export function endpointsText(slices: readonly EndpointSlice[], portName: string): string {
  if (slices.length === 0) return '<none>';
  const addresses = slices.flatMap(({ ports, endpoints }) => {
    // The API says null of lists that are empty.
    const own = ports ?? [];
    const all = own.length === 0 && portName === '';
    const known = all ? [{ port: undefined }] : own.filter(({ name }) => (name ?? '') === portName);
    return known.flatMap(({ port }) =>
      (endpoints ?? [])
        .filter(({ conditions }) => conditions?.ready !== false)
        .flatMap((endpoint) =>
          endpoint.addresses.map((address) => {
            const host = address.includes(':') ? `[${address}]` : address;
            return port === undefined ? host : `${host}:${port}`;
          }),
        ),
    );
  });
  const more = addresses.length > most ? ` + ${addresses.length - most} more...` : '';
  return addresses.slice(0, most).join(',') + more;
}
