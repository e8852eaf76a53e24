/** NetworkPolicies: https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
import { BlockList, isIPv6 } from 'node:net';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, Pod } from './api.gen.ts';
import type { KubeObject, Resource, Stored } from './meta.ts';
import { namespaces, networkPolicies } from './resources.ts';
import { selectorMatches } from './selectors.ts';

/** Whatever knows policies, and the labels of namespaces. */
interface PolicyView {
  list<T extends KubeObject>(resource: Resource<T>, namespace?: string): readonly Stored<T>[];
  get<T extends KubeObject>(resource: Resource<T>, namespace: string | undefined, name: string): Stored<T> | undefined;
}

/** Transport protocols that policies know, and ping's. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP' | 'ICMP';

export type Direction = 'ingress' | 'egress';

/** The other end of a connection. Without a Pod of its own network it is only an address: a node, or something outside. */
export interface PolicyPeer {
  address: string;
  pod?: Stored<Pod>;
}

/** The destination's port; `pod` is the destination's, whose containers give ports their names. */
export interface PolicyPort {
  protocol: Protocol;
  number: number;
  pod?: Stored<Pod>;
}

/** What the policies of one end say. `isolatedBy` is empty where none selects the Pod; all are `namespace/name`. */
export interface PolicyDecision {
  allowed: boolean;
  isolatedBy: readonly string[];
  /** The first rule that lets it pass: its policy, and its place in that. */
  allowedBy?: { policy: string; rule: number };
}

/** Whether the policies that select a Pod let traffic of one direction pass. Rules add up; there are none that deny. */
export function decidePolicies(
  view: PolicyView,
  direction: Direction,
  pod: Stored<Pod>,
  peer: PolicyPeer,
  port: PolicyPort,
): PolicyDecision {
  const selecting = view
    .list(networkPolicies, pod.metadata.namespace)
    .filter(
      (policy) => isAbout(policy, direction) && selectorMatches(policy.spec?.podSelector ?? {}, pod.metadata.labels),
    );
  const isolatedBy = selecting.map(keyOf);
  for (const policy of selecting) {
    const rule = rulesOf(policy, direction).findIndex(
      ({ peers, ports }) => portsAdmit(ports, port) && peersAdmit(view, policy, peers, peer),
    );
    if (rule >= 0) return { allowed: true, isolatedBy, allowedBy: { policy: keyOf(policy), rule } };
  }
  return { allowed: selecting.length === 0, isolatedBy };
}

/** Without policyTypes a policy is about ingress, and about egress if it has such rules. */
function isAbout({ spec }: NetworkPolicy, direction: Direction): boolean {
  const types = spec?.policyTypes;
  if (types && types.length > 0) return types.some((type) => type.toLowerCase() === direction);
  return direction === 'ingress' || (spec?.egress?.length ?? 0) > 0;
}

interface Rule {
  peers: readonly NetworkPolicyPeer[];
  ports: readonly NetworkPolicyPort[];
}

function rulesOf({ spec }: NetworkPolicy, direction: Direction): Rule[] {
  return direction === 'ingress'
    ? (spec?.ingress ?? []).map(({ from = [], ports = [] }) => ({ peers: from, ports }))
    : (spec?.egress ?? []).map(({ to = [], ports = [] }) => ({ peers: to, ports }));
}

/** A rule without ports is about all of them, and about protocols that have none. */
function portsAdmit(ports: readonly NetworkPolicyPort[], wanted: PolicyPort): boolean {
  return ports.length === 0 || ports.some((port) => portAdmits(port, wanted));
}

function portAdmits({ protocol = 'TCP', port, endPort }: NetworkPolicyPort, wanted: PolicyPort): boolean {
  if (protocol !== wanted.protocol) return false;
  if (port === undefined) return true;
  if (typeof port === 'number') return wanted.number >= port && wanted.number <= (endPort ?? port);
  return namedPorts(wanted.pod, port, protocol).includes(wanted.number);
}

function namedPorts(pod: Stored<Pod> | undefined, name: string, protocol: string): number[] {
  const { containers = [], initContainers = [] } = pod?.spec ?? {};
  return [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')]
    .flatMap(({ ports = [] }) => ports)
    .filter((port) => port.name === name && (port.protocol ?? 'TCP') === protocol)
    .map(({ containerPort }) => containerPort);
}

function peersAdmit(
  view: PolicyView,
  policy: Stored<NetworkPolicy>,
  peers: readonly NetworkPolicyPeer[],
  peer: PolicyPeer,
): boolean {
  return peers.length === 0 || peers.some((selector) => peerAdmits(view, policy, selector, peer));
}

function peerAdmits(
  view: PolicyView,
  policy: Stored<NetworkPolicy>,
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  { address, pod }: PolicyPeer,
): boolean {
  if (ipBlock) {
    const { cidr, except = [] } = ipBlock;
    return blockContains(cidr, address) && !except.some((hole) => blockContains(hole, address));
  }
  if (!pod) return false;
  if (podSelector && !selectorMatches(podSelector, pod.metadata.labels)) return false;
  if (!namespaceSelector) return pod.metadata.namespace === policy.metadata.namespace;
  const labels = view.get(namespaces, undefined, pod.metadata.namespace ?? '')?.metadata.labels;
  return selectorMatches(namespaceSelector, labels);
}

function keyOf({ metadata }: Stored<NetworkPolicy>): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Whether an address is in a block like `10.0.0.0/8`. Blocks that can't be read contain nothing. */
export function blockContains(cidr: string, address: string): boolean {
  const [base = '', bits = ''] = cidr.split('/');
  const family = (text: string) => (isIPv6(text) ? 'ipv6' : 'ipv4');
  try {
    const block = new BlockList();
    block.addSubnet(base, Number(bits), family(base));
    return block.check(address, family(address));
  } catch {
    return false;
  }
}
