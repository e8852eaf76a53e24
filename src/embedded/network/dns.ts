/** The kubernetes plugin of CoreDNS: https://github.com/kubernetes/dns/blob/master/docs/specification.md */
import { isIPv4 } from 'node:net';
import type { Service, ServicePort } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { namespaces, services } from '../../kube/resources.ts';
import type { ClusterDnsQuestion, DnsAnswer, DnsRecord } from '../network-api.ts';
import { endpointsOf, type ServiceEndpoint } from './services.ts';
import { type NetworkView, podAt } from './view.ts';

const none: DnsAnswer = { code: 'NXDOMAIN', records: [] };

/** What the plugin answers for a name in its zone (`cluster.local`, `in-addr.arpa`, ...). */
export function clusterRecords(view: NetworkView, question: ClusterDnsQuestion): DnsAnswer {
  const { name, zone } = question;
  if (zone.endsWith('.arpa')) return reverseRecords(view, question);
  const labels = name === zone ? [] : name.slice(0, -zone.length - 1).split('.');
  // The zone itself, and what lies between it and the names of objects.
  if (labels.length === 0) return { code: 'NOERROR', records: [] };
  const [kind, namespace, ...rest] = labels.reverse();
  if (kind === 'dns-version' && namespace === undefined) return text(question, '1.1.0');
  if (kind !== 'svc' && kind !== 'pod') return none;
  if (namespace === undefined) return { code: 'NOERROR', records: [] };
  if (!isExposed(view, question, namespace)) return none;
  if (rest.length === 0) return { code: 'NOERROR', records: [] };
  return kind === 'svc' ? serviceRecords(view, question, namespace, rest) : podRecords(view, question, namespace, rest);
}

function isExposed(view: NetworkView, { namespaces: only }: ClusterDnsQuestion, namespace: string): boolean {
  return view.get(namespaces, undefined, namespace) !== undefined && (only?.includes(namespace) ?? true);
}

function text(question: ClusterDnsQuestion, data: string): DnsAnswer {
  return answer(question, [record(question, 'TXT', `"${data}"`)]);
}

/** Only the records of the asked type; an alias is an answer to every type. */
function answer({ type }: ClusterDnsQuestion, records: readonly DnsRecord[]): DnsAnswer {
  return {
    code: 'NOERROR',
    records: records.filter((r) => type === 'ANY' || r.type === type || r.type === 'CNAME'),
  };
}

function record({ name, ttl }: ClusterDnsQuestion, type: string, data: string, of = name): DnsRecord {
  return { name: of, type, ttl, data };
}

const addressRecord = (question: ClusterDnsQuestion, address: string, of?: string) =>
  record(question, isIPv4(address) ? 'A' : 'AAAA', address, of);

/** `rest`: the service, then a hostname, or a protocol and a port's name with underscores. */
function serviceRecords(view: NetworkView, question: ClusterDnsQuestion, namespace: string, rest: string[]): DnsAnswer {
  const [serviceName = '', second, third, ...more] = rest;
  const service = view.get(services, namespace, serviceName);
  if (!service || more.length > 0) return none;
  const { spec } = service;
  const port = third !== undefined;
  if (spec?.type === 'ExternalName') {
    return second === undefined ? answer(question, [record(question, 'CNAME', spec.externalName ?? '')]) : none;
  }
  if (port && !(second?.startsWith('_') && third.startsWith('_'))) return none;
  const wanted = port ? { name: third.slice(1), protocol: (second ?? '').slice(1).toUpperCase() } : undefined;
  if (spec?.clusterIP !== 'None') {
    if (second !== undefined && !port) return none;
    const targets = [{ name: `${serviceName}.${namespace}.svc.${question.zone}`, addresses: spec?.clusterIPs ?? [] }];
    return portedAnswer(question, wanted, spec?.ports ?? [], targets);
  }
  const host = port ? undefined : second;
  const published = endpointsOf(view, service).filter((one) => isPublished(service, one));
  const chosen = published.filter((one) => host === undefined || hostnameOf(one, question.endpointPodNames) === host);
  if (chosen.length === 0) return none;
  const targets = chosen.map((one) => ({
    name: `${hostnameOf(one, question.endpointPodNames)}.${serviceName}.${namespace}.svc.${question.zone}`,
    addresses: one.endpoint.addresses,
    ports: one.ports,
  }));
  return portedAnswer(question, wanted, spec.ports ?? [], targets);
}

interface Target {
  name: string;
  addresses: readonly string[];
  /** Where they differ from the Service's. */
  ports?: readonly { name?: string; protocol?: string; port?: number }[];
}

/** Addresses, and SRV records for ports: of one port if it is asked for, else of all. */
function portedAnswer(
  question: ClusterDnsQuestion,
  wanted: { name: string; protocol: string } | undefined,
  ports: readonly ServicePort[],
  targets: readonly Target[],
): DnsAnswer {
  const fits = ({ name, protocol = 'TCP' }: { name?: string; protocol?: string }) =>
    !wanted || ((name ?? '') === wanted.name && protocol === wanted.protocol);
  if (wanted && !ports.some(fits)) return none;
  const addresses = [...new Set(targets.flatMap((target) => target.addresses))];
  const srv = targets.flatMap((target) =>
    (target.ports ?? ports)
      .filter(fits)
      .map(({ port = 0 }) => record(question, 'SRV', `0 ${Math.floor(100 / targets.length)} ${port} ${target.name}.`)),
  );
  return answer(question, [...addresses.map((address) => addressRecord(question, address)), ...srv]);
}

function isPublished(service: Stored<Service>, { endpoint }: ServiceEndpoint): boolean {
  return (service.spec?.publishNotReadyAddresses ?? false) || (endpoint.conditions?.ready ?? true);
}

/** Without a hostname it is the Pod's name if `endpoint_pod_names` says so, else the address with dashes. */
function hostnameOf({ endpoint }: ServiceEndpoint, podNames: boolean): string {
  if (endpoint.hostname) return endpoint.hostname;
  const { targetRef } = endpoint;
  if (podNames && targetRef?.name !== undefined && targetRef.name.length <= 63) return targetRef.name;
  return (endpoint.addresses[0] ?? '').replaceAll(/[.:]/g, '-');
}

function podRecords(view: NetworkView, question: ClusterDnsQuestion, namespace: string, rest: string[]): DnsAnswer {
  const [label = '', ...more] = rest;
  const address = label.replaceAll('-', '.');
  if (question.pods === 'disabled' || more.length > 0 || !isIPv4(address)) return none;
  if (question.pods === 'verified' && podAt(view, address)?.metadata.namespace !== namespace) return none;
  return answer(question, [addressRecord(question, address)]);
}

/** PTR: Services by their cluster address, endpoints of headless ones by theirs. */
function reverseRecords(view: NetworkView, question: ClusterDnsQuestion): DnsAnswer {
  const address = question.name
    .replace(/\.in-addr\.arpa$/, '')
    .split('.')
    .reverse()
    .join('.');
  const domain = ({ metadata }: Stored<Service>) => `${metadata.name}.${metadata.namespace}.svc.cluster.local.`;
  const all = view.list(services);
  const service = all.find(({ spec }) => spec?.clusterIPs?.includes(address));
  if (service) return answer(question, [record(question, 'PTR', domain(service))]);
  const names = all
    .filter(({ spec }) => spec?.clusterIP === 'None')
    .flatMap((headless) =>
      endpointsOf(view, headless)
        .filter(({ endpoint }) => endpoint.addresses.includes(address))
        .map((one) => `${hostnameOf(one, question.endpointPodNames)}.${domain(headless)}`),
    );
  if (names.length === 0) return none;
  return answer(
    question,
    names.map((name) => record(question, 'PTR', name)),
  );
}
