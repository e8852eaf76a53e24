import type { Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { selectorMatches } from '../../kube/selectors.ts';
import type { WorkloadRef } from '../types.ts';
import { podsOfWorkload, reportNoPods, tracePolicies } from './connection.ts';
import { traceMissing } from './missing.ts';
import type { Trace } from './reader.ts';
import { traceService } from './service.ts';
import { getCommand, listed } from './words.ts';

/** From a name that is not resolved to what it means where it is asked, whether that exists, and who answers there. */
export async function traceName(t: Trace, from: WorkloadRef, name: string): Promise<void> {
  if (!t.chain.enter(`name ${name} ${from.namespace}/${from.name}`)) return;
  const [pod] = await podsOfWorkload(t, from);
  if (!pod) return reportNoPods(t, from);
  const own = reportResolver(t, pod, name);
  if (own) {
    if (await tracePolicyOfDns(t, pod)) return;
    if (await traceDnsServer(t)) return;
  }
  await traceMeaning(t, pod, name);
}

/** Which server the Pod asks, and where it looks names up. Whether that is the cluster's own. */
function reportResolver(t: Trace, pod: Stored<Pod>, name: string): boolean {
  const { dnsPolicy = 'ClusterFirst', dnsConfig, hostNetwork } = pod.spec ?? {};
  const { namespace = '' } = pod.metadata;
  // https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy
  const own = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  const search = own ? [`${namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'] : [];
  const all = [...search, ...(dnsConfig?.searches ?? [])];
  const server = own
    ? "the cluster's DNS"
    : dnsPolicy === 'None'
      ? listed(dnsConfig?.nameservers ?? [])
      : "its node's DNS";
  const where = all.length > 0 ? `, and completes names by ${listed(all, 5)}` : '';
  t.chain.add({
    fact: `Pod ${pod.metadata.name} asks ${server} for "${name}" (dnsPolicy ${dnsPolicy}${hostNetwork ? ', hostNetwork' : ''})${where}`,
    command: getCommand('pod', pod, "-o jsonpath='{.spec.dnsPolicy} {.spec.dnsConfig}'"),
    shows: [dnsPolicy],
  });
  return own;
}

const dnsNamespace = 'kube-system';
const dnsService = 'kube-dns';

/** Whether the cluster's DNS server is missing or ill; if so, why. */
async function traceDnsServer(t: Trace): Promise<boolean> {
  const service = await t.reader.get(resources.services, dnsNamespace, dnsService);
  if (!service) {
    await traceMissing(t, resources.services, dnsNamespace, dnsService);
    return true;
  }
  const slices = await t.reader.list(resources.endpointSlices, dnsNamespace);
  const ready = slices
    .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === dnsService)
    .flatMap((slice) => slice.endpoints ?? [])
    .some((endpoint) => endpoint.conditions?.ready !== false);
  return !ready && traceService(t, dnsNamespace, dnsService);
}

/** Whether NetworkPolicies keep the Pod from the cluster's DNS server; if so, which. */
async function tracePolicyOfDns(t: Trace, pod: Stored<Pod>): Promise<boolean> {
  const service = await t.reader.get(resources.services, dnsNamespace, dnsService);
  const selector = service?.spec?.selector;
  if (!selector) return false;
  const servers = (await t.reader.list(resources.pods, dnsNamespace)).filter((one) =>
    selectorMatches({ matchLabels: selector }, one.metadata.labels),
  );
  const [server] = servers;
  return server !== undefined && tracePolicies(t, pod, server, 53, 'UDP', false);
}

/** The Service that a name means where it is asked: `web`, `web.shop`, `web.shop.svc`, `db-0.db.shop.svc.cluster.local`. */
async function traceMeaning(t: Trace, pod: Stored<Pod>, name: string): Promise<void> {
  const { namespace: here = '' } = pod.metadata;
  const labels = name
    .replace(/\.$/, '')
    .replace(/\.cluster\.local$/, '')
    .replace(/\.svc$/, '')
    .split('.');
  const [service = '', namespace = here] = labels.length > 2 ? labels.slice(-2) : labels;
  if (labels.length > 1 && !(await t.reader.get(resources.namespaces, undefined, namespace))) {
    const fact = `there is no namespace ${namespace}: as a Service's name "${name}" means nothing here`;
    const command = `kubectl get namespace ${namespace}`;
    return t.chain.add({ kind: 'missing', fact, command, shows: [`"${namespace}" not found`] });
  }
  const found = await t.reader.get(resources.services, namespace, service);
  if (!found || found.spec?.clusterIP === 'None') {
    await traceService(t, namespace, service);
    return;
  }
  t.chain.add({
    fact: `it means Service ${service} in namespace ${namespace}, whose address is ${found.spec?.clusterIP ?? found.spec?.externalName}`,
    command: getCommand('service', found),
    shows: [found.spec?.clusterIP ?? found.spec?.externalName ?? ''],
  });
}
