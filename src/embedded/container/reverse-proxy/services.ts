import type { EndpointSlice, Secret, Service } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { Endpoint } from './routing.ts';

/** The objects that backends are made from. */
export interface ServiceObjects {
  services: readonly Stored<Service>[];
  slices: readonly Stored<EndpointSlice>[];
}

export const named = <T extends Stored>(objects: readonly T[], namespace: string | undefined, name: string) =>
  objects.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);

/** The ready endpoints of a Service's port, which is given by number or name; undefined: there is no such port. */
export function endpointsOf(
  { slices }: ServiceObjects,
  service: Stored<Service>,
  wanted: { number?: number; name?: string },
): Endpoint[] | undefined {
  const { spec, metadata } = service;
  const port = spec?.ports?.find((p) =>
    wanted.name === undefined ? p.port === wanted.number : p.name === wanted.name,
  );
  if (spec?.type === 'ExternalName') {
    const number = port?.port ?? wanted.number;
    return number === undefined ? undefined : [{ address: spec.externalName ?? '', port: number }];
  }
  if (!port) return undefined;
  return slices
    .filter((slice) => slice.metadata.namespace === metadata.namespace)
    .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name)
    .flatMap(({ endpoints, ports }) => {
      const number = ports?.find((p) => (p.name ?? '') === (port.name ?? ''))?.port;
      const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready ?? true);
      if (number === undefined) return [];
      return ready.flatMap(({ addresses }) => addresses.map((address) => ({ address, port: number })));
    });
}

/** PEM of a Secret of type kubernetes.io/tls; undefined if a part is missing. */
export function certificateOf(secret: Stored<Secret> | undefined): { cert: string; key: string } | undefined {
  const text = (key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8');
  const [cert, key] = [text('tls.crt'), text('tls.key')];
  return cert === '' || key === '' ? undefined : { cert, key };
}
