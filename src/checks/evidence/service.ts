import { ownValue } from '../../kernel/own.ts';
import type { EndpointSlice, Pod, Service } from '../../kube/api.gen.ts';
import type { Resource, Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { selectorMatches } from '../../kube/selectors.ts';
import { isReady } from '../workloads/pod-trouble.ts';
import { templateOf } from '../workloads/workload.ts';
import { traceMissing } from './missing.ts';
import type { Trace } from './reader.ts';
import { describeCommand, getCommand, listed } from './words.ts';

/**
 * From a Service to why it leads nowhere: its selector, its Pods, its ports. `port`: what a client connects to. Resolves
 * to whether anything is wrong with it.
 */
export async function traceService(t: Trace, namespace: string, name: string, port?: number): Promise<boolean> {
  if (!t.chain.enter(`Service ${namespace}/${name}`)) return false;
  const service = await t.reader.get(resources.services, namespace, name);
  if (!service) {
    await traceMissing(t, resources.services, namespace, name);
    await tellElsewhere(t, namespace, name);
    return true;
  }
  const { spec } = service;
  if (spec?.type === 'ExternalName') {
    const fact = `Service ${name} is only another name for ${spec.externalName}`;
    t.chain.add({ fact, command: getCommand('service', service), shows: [spec.externalName ?? ''] });
    return false;
  }
  const ports = spec?.ports ?? [];
  if (port !== undefined && !ports.some((p) => p.port === port)) {
    const fact = `Service ${name} has ${portsText(ports.map((p) => p.port))}, not ${port}`;
    t.chain.add({ fact, command: getCommand('service', service), shows: ports.slice(0, 3).map((p) => `${p.port}`) });
    return true;
  }
  const slices = (await t.reader.list(resources.endpointSlices, namespace)).filter(
    (slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name,
  );
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  const ready = endpoints.filter((e) => e.conditions?.ready !== false);
  if (ready.length === 0) {
    await traceNoEndpoints(t, service, slices, endpoints.length);
    return true;
  }
  return tellTargetPort(t, service, port, true);
}

function portsText(ports: readonly number[]): string {
  return ports.length === 0 ? 'no ports' : `port${ports.length === 1 ? '' : 's'} ${listed(ports.map(String))}`;
}

/** A Service of that name somewhere else. */
async function tellElsewhere(t: Trace, namespace: string, name: string): Promise<void> {
  const others = (await t.reader.list(resources.services)).filter(
    (s) => s.metadata.name === name && s.metadata.namespace !== namespace,
  );
  if (others.length === 0) return;
  const spaces = others.map((s) => s.metadata.namespace ?? '');
  t.chain.add({
    fact: `a Service ${name} is in namespace ${listed(spaces)}`,
    command: `kubectl get services -A --field-selector metadata.name=${name}`,
    shows: spaces.slice(0, 3),
  });
}

async function traceNoEndpoints(
  t: Trace,
  service: Stored<Service>,
  slices: readonly Stored<EndpointSlice>[],
  unready: number,
): Promise<void> {
  const { name, namespace = '' } = service.metadata;
  t.chain.add({
    fact: `Service ${name} has no ready endpoints${unready > 0 ? `, but ${unready} that ${unready === 1 ? 'is' : 'are'} not ready` : ''}`,
    command: `kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=${name}`,
    shows: slices.slice(0, 1).map((slice) => slice.metadata.name),
  });
  const selector = service.spec?.selector;
  if (!selector || Object.keys(selector).length === 0) {
    const command = describeCommand('service', service);
    const fact = `Service ${name} has no selector: its endpoints are made by hand`;
    return t.chain.add({ kind: 'missing', fact, command, shows: ['Selector: <none>'] });
  }
  const text = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  t.chain.add({
    fact: `it selects Pods with ${listed(text, 5)}`,
    command: getCommand('service', service, '-o wide'),
    shows: [text[0] ?? ''],
  });
  const pods = (await t.reader.list(resources.pods, namespace)).filter((pod) => !pod.metadata.deletionTimestamp);
  const selected = pods.filter((pod) => selectorMatches({ matchLabels: selector }, pod.metadata.labels));
  if (selected.length === 0) return traceNoPods(t, service, pods);
  const lazy = selected.find((pod) => !isReady(pod));
  if (lazy) return t.follow({ about: 'object', resource: resources.pods, namespace, name: lazy.metadata.name });
  tellPortNames(t, service, selected);
}

/** The selector finds nobody: what makes such Pods, else which Pods come nearest. */
async function traceNoPods(t: Trace, service: Stored<Service>, pods: readonly Stored<Pod>[]): Promise<void> {
  const { namespace = '' } = service.metadata;
  const selector = service.spec?.selector ?? {};
  for (const resource of [resources.deployments, resources.statefulSets, resources.daemonSets] as Resource[]) {
    const maker = (await t.reader.list(resource, namespace)).find((object) =>
      selectorMatches({ matchLabels: selector }, templateOf(object)?.metadata?.labels),
    );
    if (maker) return t.follow({ about: 'object', resource, namespace, name: maker.metadata.name });
  }
  const command = `kubectl get pods -n ${namespace} --show-labels`;
  if (pods.length === 0)
    return t.chain.add({ kind: 'missing', fact: `there are no Pods in namespace ${namespace}`, command });
  const [nearest] = [...pods].sort(
    (a, b) =>
      nearness(b, selector, service) - nearness(a, selector, service) || a.metadata.name.localeCompare(b.metadata.name),
  );
  if (!nearest) return;
  const labels = nearest.metadata.labels ?? {};
  const differ = Object.entries(selector).filter(([key, value]) => ownValue(labels, key) !== value);
  const how = differ.map(([key, value]) =>
    Object.hasOwn(labels, key) ? `its label ${key} is ${labels[key]}, not ${value}` : `it has no label ${key}`,
  );
  t.chain.add({
    kind: 'missing',
    fact: `no Pod has these labels; ${nearest.metadata.name} comes nearest: ${listed(how)}`,
    command,
    shows: [
      nearest.metadata.name,
      ...differ.flatMap(([key]) => (Object.hasOwn(labels, key) ? [`${key}=${labels[key]}`] : [])),
    ],
  });
}

/** How much a Pod is like what a selector wants: equal labels count most, then equal keys, values that stand at another key, and names. */
function nearness(pod: Stored<Pod>, selector: Readonly<Record<string, string>>, { metadata }: Stored<Service>): number {
  const labels = pod.metadata.labels ?? {};
  const values = Object.values(labels);
  const points = Object.entries(selector).map(([key, value]) =>
    ownValue(labels, key) === value ? 10 : (Object.hasOwn(labels, key) ? 3 : 0) + (values.includes(value) ? 4 : 0),
  );
  return points.reduce((sum, n) => sum + n, 0) + (pod.metadata.name.startsWith(metadata.name) ? 2 : 0);
}

/** Ready Pods and still no endpoints: a port by a name that none of their containers has. */
function tellPortNames(t: Trace, service: Stored<Service>, pods: readonly Stored<Pod>[]): void {
  const { name, namespace = '' } = service.metadata;
  for (const { targetPort } of service.spec?.ports ?? []) {
    if (typeof targetPort !== 'string') continue;
    const names = [...new Set(pods.flatMap(portsOf).flatMap((p) => (p.name ? [p.name] : [])))];
    if (names.includes(targetPort)) continue;
    t.chain.add({
      fact: `Service ${name} sends to the port named ${targetPort}`,
      command: describeCommand('service', service),
      shows: [`${targetPort}/`],
    });
    t.chain.add({
      kind: 'missing',
      fact: `the containers' ports are named ${names.length > 0 ? listed(names) : 'nothing'}`,
      command: `kubectl get pods -n ${namespace} -o jsonpath='{.items[*].spec.containers[*].ports[*].name}'`,
      shows: names.slice(0, 3),
    });
  }
}

const portsOf = ({ spec }: Stored<Pod>) => (spec?.containers ?? []).flatMap((c) => c.ports ?? []);

/**
 * Where a port leads to, beside what the Pods declare; `contradicted`: only if they declare something else. Resolves to
 * whether they do.
 */
export async function tellTargetPort(
  t: Trace,
  service: Stored<Service>,
  port: number | undefined,
  contradicted: boolean,
): Promise<boolean> {
  const { name, namespace = '' } = service.metadata;
  const selector = service.spec?.selector;
  if (!selector) return false;
  const pods = (await t.reader.list(resources.pods, namespace)).filter((pod) =>
    selectorMatches({ matchLabels: selector }, pod.metadata.labels),
  );
  let wrong = false;
  for (const entry of service.spec?.ports ?? []) {
    if (port !== undefined && entry.port !== port) continue;
    const target = entry.targetPort ?? entry.port;
    const ports = pods.flatMap(portsOf);
    if (typeof target === 'string') {
      if (ports.some((p) => p.name === target)) continue;
      tellPortNames(t, service, pods);
      return true;
    }
    const declared = [...new Set(ports.map((p) => p.containerPort))];
    const named = declared.includes(target);
    if (contradicted && (named || declared.length === 0)) continue;
    wrong ||= !named && declared.length > 0;
    t.chain.add({
      fact: `Service ${name} sends what comes to port ${entry.port} on to port ${target} of its Pods`,
      command: describeCommand('service', service),
      shows: [`TargetPort: ${target}/${entry.protocol ?? 'TCP'}`],
    });
    t.chain.add({
      kind: wrong ? 'missing' : 'object',
      fact: `the Pods' containers declare ${portsText(declared)}${wrong ? `, not ${target}` : ''}`,
      command: `kubectl get pods -n ${namespace} -l ${Object.entries(selector)
        .map(([k, v]) => `${k}=${v}`)
        .join(',')} -o jsonpath='{.items[*].spec.containers[*].ports}'`,
      shows: declared.slice(0, 3).map(String),
    });
  }
  return wrong;
}
