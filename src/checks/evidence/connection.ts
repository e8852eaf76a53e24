import { isIP } from 'node:net';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, Pod, Service } from '../../kube/api.gen.ts';
import type { LabelSelector, Stored } from '../../kube/meta.ts';
import { type Direction, decidePolicies, type Protocol } from '../../kube/network-policies.ts';
import * as resources from '../../kube/resources.ts';
import { formatLabelSelector, selectorMatches } from '../../kube/selectors.ts';
import type { ConnectionTarget, WorkloadRef } from '../types.ts';
import { isReady } from '../workloads/pod-trouble.ts';
import { describeWorkload, podsOf, resourceOfWorkload } from '../workloads/workload.ts';
import { snapshot, type Trace } from './reader.ts';
import { tellTargetPort, traceService } from './service.ts';
import { getCommand, listed } from './words.ts';

/** From a connection that fails (or, `denied`, that should) to the Service, the Pods behind it and the policies on the way. */
export async function traceConnection(
  t: Trace,
  from: WorkloadRef,
  to: ConnectionTarget,
  port: number,
  denied: boolean,
): Promise<void> {
  const sources = await podsOfWorkload(t, from);
  const destination = await destinationOf(t, to, port, denied, from.namespace);
  if (!destination) return;
  const [source] = sources;
  if (!source) return;
  for (const { pod, number } of destination.ends.slice(0, 2)) {
    const told = await tracePolicies(t, source, pod, number, 'TCP', denied);
    if (told) return;
  }
  if (destination.outside) await tracePolicies(t, source, destination.outside, port, 'TCP', denied);
  if (!denied && destination.service) await tellTargetPort(t, destination.service, port, false);
}

/** `outside`: an address that is no Pod's. */
interface Destination {
  ends: End[];
  service?: Stored<Service>;
  outside?: string;
}

interface End {
  pod: Stored<Pod>;
  /** The Pod's own port. */
  number: number;
}

/** The Pods that are meant; undefined where the chain has come to its end without them. */
async function destinationOf(
  t: Trace,
  to: ConnectionTarget,
  port: number,
  denied: boolean,
  here: string,
): Promise<Destination | undefined> {
  if ('workload' in to) {
    const pods = await podsOfWorkload(t, to.workload);
    if (!denied && !pods.some(isReady)) {
      const { namespace, name } = to.workload;
      await t.follow({ about: 'object', resource: resourceOfWorkload(to.workload), namespace, name });
      return undefined;
    }
    return { ends: pods.map((pod) => ({ pod, number: port })) };
  }
  if ('host' in to) {
    if (isIP(to.host) > 0) {
      const pods = await t.reader.list(resources.pods, undefined, `status.podIP=${to.host}`);
      return pods.length > 0 ? { ends: pods.map((pod) => ({ pod, number: port })) } : { ends: [], outside: to.host };
    }
    const [name = '', namespace = here, kind = 'svc'] = to.host.split('.');
    const known = kind === 'svc' && (await t.reader.get(resources.services, namespace, name));
    return known ? destinationOf(t, { service: name, namespace }, port, denied, here) : { ends: [] };
  }
  const { service: name, namespace } = to;
  if (await traceService(t, namespace, name, port)) return undefined;
  const service = await t.reader.get(resources.services, namespace, name);
  const selector = service?.spec?.selector;
  if (!selector) return { ends: [] };
  const entry = service.spec?.ports?.find((p) => p.port === port);
  const target = entry?.targetPort ?? port;
  const pods = (await t.reader.list(resources.pods, namespace)).filter((pod) =>
    selectorMatches({ matchLabels: selector }, pod.metadata.labels),
  );
  const numberOf = (pod: Stored<Pod>) => {
    if (typeof target === 'number') return target;
    const ports = (pod.spec?.containers ?? []).flatMap((c) => c.ports ?? []);
    return ports.find((p) => p.name === target)?.containerPort ?? port;
  };
  return { ends: pods.map((pod) => ({ pod, number: numberOf(pod) })), service };
}

/** The Pods of a workload now. */
export async function podsOfWorkload(t: Trace, workload: WorkloadRef): Promise<Stored<Pod>[]> {
  const between =
    workload.kind === 'Deployment' ? [resources.replicaSets] : workload.kind === 'CronJob' ? [resources.jobs] : [];
  const wanted = [...new Set([resourceOfWorkload(workload), resources.pods, ...between])];
  return podsOf(await snapshot(t.reader, wanted, workload.namespace), workload);
}

/**
 * What the NetworkPolicies of both ends say of a connection: which select the Pod, what they let pass, and the labels
 * that this goes by. An address outside has none of its own. Resolves to whether that explains that it fails (`denied`: that it succeeds).
 */
export async function tracePolicies(
  t: Trace,
  source: Stored<Pod>,
  destination: Stored<Pod> | string,
  number: number,
  protocol: Protocol,
  denied: boolean,
): Promise<boolean> {
  const inside = typeof destination === 'string' ? undefined : destination;
  const spaces = [...new Set([source, inside].flatMap((pod) => pod?.metadata.namespace ?? []))];
  const lists = await Promise.all(spaces.map((namespace) => t.reader.list(resources.networkPolicies, namespace)));
  const policies = lists.flat();
  const namespaces = await t.reader.list(resources.namespaces);
  const known: readonly Stored[] = [...policies, ...namespaces];
  const view: Parameters<typeof decidePolicies>[0] = {
    list: (r, namespace) =>
      known.filter((o) => o.kind === r.kind && (!namespace || o.metadata.namespace === namespace)) as never,
    get: (r, namespace, name) =>
      known.find(
        (o) => o.kind === r.kind && o.metadata.name === name && (!r.namespaced || o.metadata.namespace === namespace),
      ) as never,
  };
  const port = { protocol, number, ...(inside ? { pod: inside } : {}) };
  const ways: { direction: Direction; pod: Stored<Pod>; other: Stored<Pod> | string }[] = [
    { direction: 'egress', pod: source, other: destination },
    ...(inside ? [{ direction: 'ingress' as const, pod: inside, other: source }] : []),
  ];
  let told = false;
  for (const { direction, pod, other } of ways) {
    const peer = typeof other === 'string' ? { address: other } : { address: other.status?.podIP ?? '', pod: other };
    const { allowed, isolatedBy, allowedBy } = decidePolicies(view, direction, pod, peer, port);
    if (!allowed) {
      const own = policies.filter((p) => isolatedBy.includes(`${p.metadata.namespace}/${p.metadata.name}`));
      if (!denied) tellRefusal(t, direction, pod, other, `${protocol} ${number}`, own, namespaces);
      // One end that refuses is enough for a connection that must not be.
      if (!denied) told = true;
    } else if (denied) tellPassage(t, direction, pod, isolatedBy, allowedBy);
  }
  return told || denied;
}

function tellRefusal(
  t: Trace,
  direction: Direction,
  pod: Stored<Pod>,
  other: Stored<Pod> | string,
  port: string,
  policies: readonly Stored<NetworkPolicy>[],
  namespaces: readonly Stored[],
): void {
  const { name, namespace = '' } = pod.metadata;
  const names = policies.map((p) => p.metadata.name);
  const who = typeof other === 'string' ? other : `Pod ${other.metadata.name}`;
  const way = direction === 'ingress' ? `${who} in` : `it out to ${who}`;
  t.chain.add({
    fact: `Pod ${name} is isolated for ${direction} by NetworkPolicy ${listed(names)}, and none lets ${way} on ${port}`,
    command: `kubectl get networkpolicies -n ${namespace}`,
    shows: names.slice(0, 3),
  });
  for (const policy of policies.slice(0, 3)) {
    const rules = rulesText(policy, direction);
    t.chain.add({
      fact: `NetworkPolicy ${policy.metadata.name} lets pass: ${rules.length > 0 ? listed(rules) : 'nothing'}`,
      command: `kubectl describe networkpolicy ${policy.metadata.name} -n ${namespace}`,
      shows: [direction === 'ingress' ? 'ingress traffic' : 'egress traffic'],
    });
  }
  const peers = policies.flatMap(({ spec }) =>
    direction === 'ingress'
      ? (spec?.ingress ?? []).flatMap((r) => r.from ?? [])
      : (spec?.egress ?? []).flatMap((r) => r.to ?? []),
  );
  if (typeof other === 'string') return;
  if (peers.some((p) => p.podSelector)) tellLabels(t, other, `Pod ${other.metadata.name}`, 'pod');
  const space = namespaces.find((n) => n.metadata.name === other.metadata.namespace);
  if (space && peers.some((p) => p.namespaceSelector))
    tellLabels(t, space, `namespace ${space.metadata.name}`, 'namespace');
}

function tellLabels(t: Trace, object: Stored, who: string, kind: string): void {
  const labels = Object.entries(object.metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  const fact = `${who} has ${labels.length > 0 ? `the labels ${listed(labels, 5)}` : 'no labels'}`;
  t.chain.add({ fact, command: getCommand(kind, object, '--show-labels'), shows: labels.slice(0, 3) });
}

/** Why nothing keeps a connection away. */
function tellPassage(
  t: Trace,
  direction: Direction,
  pod: Stored<Pod>,
  isolatedBy: readonly string[],
  allowedBy: { policy: string; rule: number } | undefined,
): void {
  const { name, namespace = '' } = pod.metadata;
  const command = `kubectl get networkpolicies -n ${namespace}`;
  if (isolatedBy.length === 0) {
    return t.chain.add({ kind: 'missing', fact: `no NetworkPolicy selects Pod ${name} for ${direction}`, command });
  }
  const policy = allowedBy?.policy.split('/')[1] ?? '';
  t.chain.add({
    fact: `NetworkPolicy ${policy} lets it pass by its ${direction} rule ${(allowedBy?.rule ?? 0) + 1}`,
    command: `kubectl describe networkpolicy ${policy} -n ${namespace}`,
    shows: [direction === 'ingress' ? 'ingress traffic' : 'egress traffic'],
  });
}

/** Each rule as `Pods with app=api on TCP 80`. */
function rulesText({ spec }: NetworkPolicy, direction: Direction): string[] {
  const rules =
    direction === 'ingress'
      ? (spec?.ingress ?? []).map(({ from = [], ports = [] }) => ({ peers: from, ports }))
      : (spec?.egress ?? []).map(({ to = [], ports = [] }) => ({ peers: to, ports }));
  return rules.map(({ peers, ports }) => {
    const who = peers.length === 0 ? 'everybody' : peers.map(peerText).join(' or ');
    return ports.length === 0 ? who : `${who} on ${ports.map(portText).join(', ')}`;
  });
}

function peerText({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer): string {
  if (ipBlock) return `${ipBlock.cidr}${ipBlock.except?.length ? ` but ${ipBlock.except.join(', ')}` : ''}`;
  const pods = podSelector ? selectorText(podSelector, 'Pods') : 'Pods';
  if (!namespaceSelector) return `${pods} of its own namespace`;
  return `${pods} of ${selectorText(namespaceSelector, 'namespaces')}`;
}

function selectorText(selector: LabelSelector, what: string): string {
  const text = formatLabelSelector(selector);
  return text === '<none>' ? `all ${what}` : `${what} with ${text}`;
}

function portText({ protocol = 'TCP', port, endPort }: NetworkPolicyPort): string {
  return `${protocol}${port === undefined ? '' : ` ${port}${endPort ? `-${endPort}` : ''}`}`;
}

/** `Deployment web` has no Pod that could ask. */
export function tellNoPods(t: Trace, workload: WorkloadRef): void {
  const command = `kubectl get pods -n ${workload.namespace}`;
  t.chain.add({ kind: 'missing', fact: `the ${describeWorkload(workload)} has no Pods`, command });
}
