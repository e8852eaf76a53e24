import type { Endpoint, Service } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { services } from '../../kube/resources.ts';
import type { Informers } from '../api.ts';
import { endpointsOf } from './services.ts';

/** kubeadm's cluster domain. */
const domain = ['cluster', 'local'];

/**
 * What CoreDNS with kubeadm's Corefile answers for a full name: addresses of Services, headless Services and their
 * hostnames, and Pods by address. Empty: no such name. Names outside of the cluster's domain are nobody's here.
 */
export function resolveName(informers: Informers, name: string, depth = 0): string[] {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  if (labels.slice(-2).join('.') !== domain.join('.')) return [];
  const rest = labels.slice(0, -2);
  const zone = rest.at(-1);
  if (zone === 'svc') return serviceRecords(informers, rest.slice(0, -1), depth);
  if (zone === 'pod' && rest.length === 3) return podRecord(rest[0] ?? '');
  return [];
}

/** `[service, namespace]`, or `[hostname, service, namespace]`. */
function serviceRecords(informers: Informers, labels: string[], depth: number): string[] {
  const [namespace, serviceName, hostname, ...more] = [...labels].reverse();
  if (!namespace || !serviceName || more.length > 0) return [];
  const service = informers.of(services).get(namespace, serviceName);
  if (!service) return [];
  // A CNAME: what it leads to is looked up in turn; names outside of the cluster are nobody's.
  if (service.spec?.type === 'ExternalName') {
    return hostname || depth > 8 ? [] : resolveName(informers, service.spec.externalName ?? '', depth + 1);
  }
  if (service.spec?.clusterIP !== 'None') return hostname ? [] : (service.spec?.clusterIPs ?? []);
  const records = endpointsOf(informers, service).filter(
    ({ endpoint }) => isPublished(service, endpoint) && (!hostname || hostnameOf(endpoint) === hostname),
  );
  return [...new Set(records.flatMap(({ endpoint }) => endpoint.addresses))];
}

function isPublished(service: Stored<Service>, endpoint: Endpoint): boolean {
  return (service.spec?.publishNotReadyAddresses ?? false) || (endpoint.conditions?.ready ?? true);
}

/** CoreDNS' `endpoint_pod_names` is off: without a hostname the address with dashes is the name. */
function hostnameOf(endpoint: Endpoint): string {
  return endpoint.hostname ?? (endpoint.addresses[0] ?? '').replaceAll(/[.:]/g, '-');
}

/** `pods insecure`: any address with dashes is answered, whether there is such a Pod or not. */
function podRecord(label: string): string[] {
  return /^\d{1,3}(-\d{1,3}){3}$/.test(label) ? [label.replaceAll('-', '.')] : [];
}
