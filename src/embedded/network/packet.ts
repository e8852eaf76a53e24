import type { Node, Pod, Service, ServicePort } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import {
  blockContains,
  type Direction,
  decidePolicies,
  type PolicyPeer,
  type PolicyPort,
  type Protocol,
} from '../../kube/network-policies.ts';
import { nodes } from '../../kube/resources.ts';
import { securePort } from '../bootstrap/objects.ts';
import { uidOnNode } from '../mirror-pod.ts';
import { upstreamResolver } from '../upstream-resolver.ts';
import { type Backend, backendsOf, type ServiceAddress, type ServiceMatch, serviceAt } from './services.ts';
import { hostNetworkPods, keyOf, type NetworkView, nodeAt, podAt } from './view.ts';

const kubeletPort = 10_250;

/** Where a packet starts. A Pod in its node's network sends as the node. */
export type Source =
  | { kind: 'pod'; pod: Stored<Pod> }
  | { kind: 'node'; node: Stored<Node> }
  | { kind: 'outside'; address: string };

/** The first packet of a connection. */
export interface Packet {
  source: Source;
  address: string;
  port: number;
  protocol: Protocol;
}

/** One thing that was found on the packet's way. Services, Pods and policies are `namespace/name`. */
export type Fact =
  | { fact: 'service'; service: string; via: ServiceAddress; port: number }
  | { fact: 'no-such-service-port'; service: string; port: number }
  | { fact: 'source-not-allowed'; service: string; address: string }
  | { fact: 'no-endpoints'; service: string; port: number }
  | { fact: 'no-local-endpoints'; service: string; node: string | undefined }
  | { fact: 'endpoint'; service: string; address: string; port: number }
  | { fact: 'pod'; pod: string; port: number }
  | { fact: 'node'; node: string; port: number }
  | { fact: 'outside'; address: string }
  | { fact: 'no-such-address'; address: string }
  /** Policies don't hold between a Pod and itself, or its own node. */
  | { fact: 'exempt'; why: 'same-pod' | 'own-node' }
  | { fact: 'not-isolated'; direction: Direction; pod: string }
  | { fact: 'allowed'; direction: Direction; pod: string; policy: string; rule: number }
  | { fact: 'denied'; direction: Direction; pod: string; policies: readonly string[] }
  | { fact: 'listening'; port: number }
  | { fact: 'closed'; port: number };

/** Who gets a packet that arrives. */
export type Receiver =
  | { kind: 'pod'; pod: Stored<Pod>; port: number }
  | { kind: 'api-server' }
  | { kind: 'kubelet'; node: Stored<Node> }
  /** A machine with nothing but its kernel: what answers a ping. */
  | { kind: 'node'; node: Stored<Node> }
  /** The name server that the nodes use. */
  | { kind: 'resolver' };

/**
 * What becomes of a packet, with all that was found on the way, in order. `refused`: a reset comes back at once;
 * `lost`: nothing comes back. `source` is the address that the receiver sees.
 */
export type Verdict = { facts: readonly Fact[] } & (
  | { outcome: 'delivered'; receiver: Receiver; source: string }
  | { outcome: 'refused' | 'lost' }
);

/** Which of several backends kube-proxy takes for a client. */
export type Balance = (
  service: Stored<Service>,
  port: ServicePort,
  backends: readonly Backend[],
  client: string,
) => Backend;

/**
 * Whether a packet arrives, as kube-proxy (iptables), a CNI that enforces NetworkPolicies and the receiving kernel
 * decide it. Depends on nothing but the view; `balance` picks among a Service's endpoints.
 */
export function deliver(view: NetworkView, packet: Packet, balance: Balance): Verdict {
  return new Journey(view, packet, balance).verdict();
}

class Journey {
  readonly #view: NetworkView;
  readonly #packet: Packet;
  readonly #balance: Balance;
  readonly #source: Source;
  readonly #facts: Fact[] = [];
  #seenAs: string;

  constructor(view: NetworkView, packet: Packet, balance: Balance) {
    this.#view = view;
    this.#packet = packet;
    this.#balance = balance;
    this.#source = ownNetwork(view, packet.source);
    this.#seenAs = addressOf(this.#source);
  }

  verdict(): Verdict {
    const { address, port, protocol } = this.#packet;
    const match = serviceAt(this.#view, address, port, protocol);
    const target = match ? this.#translate(match) : { address, port };
    return typeof target === 'string' ? this.#end(target) : this.#arrive(target.address, target.port);
  }

  #end(outcome: 'refused' | 'lost', ...facts: Fact[]): Verdict {
    return { outcome, facts: [...this.#facts, ...facts] };
  }

  /** Destination NAT: the endpoint that the packet goes on to, or how it ends. */
  #translate({ service, via, port }: ServiceMatch): Backend | 'refused' | 'lost' {
    const name = keyOf(service);
    if (!port) {
      // A cluster address exists only for its ports: other packets have nowhere to go.
      this.#facts.push({ fact: 'no-such-service-port', service: name, port: this.#packet.port });
      return 'lost';
    }
    this.#facts.push({ fact: 'service', service: name, via, port: port.port });
    if (via === 'LoadBalancer' && !this.#fromAllowedRange(service)) return 'lost';
    const backends = backendsOf(this.#view, service, port);
    if (backends.length === 0) {
      this.#facts.push({ fact: 'no-endpoints', service: name, port: port.port });
      return 'refused';
    }
    const node = this.#restrictedTo(service, via);
    const usable = node === undefined ? backends : backends.filter(({ nodeName }) => nodeName === node.name);
    if (usable.length === 0) {
      this.#facts.push({ fact: 'no-local-endpoints', service: name, node: node?.name });
      return 'lost';
    }
    const chosen = this.#balance(service, port, usable, addressOf(this.#source));
    this.#facts.push({ fact: 'endpoint', service: name, address: chosen.address, port: chosen.port });
    this.#masquerade(service, via);
    return chosen;
  }

  #fromAllowedRange(service: Stored<Service>): boolean {
    const ranges = service.spec?.loadBalancerSourceRanges ?? [];
    const address = addressOf(this.#source);
    if (ranges.length === 0 || ranges.some((range) => blockContains(range, address))) return true;
    this.#facts.push({ fact: 'source-not-allowed', service: keyOf(service), address });
    return false;
  }

  /** The node whose endpoints are the only ones that are used, if the traffic policies say so. */
  #restrictedTo({ spec }: Stored<Service>, via: ServiceAddress): { name: string | undefined } | undefined {
    if (via === 'ClusterIP') {
      return spec?.internalTrafficPolicy === 'Local' ? { name: nodeNameOf(this.#source) } : undefined;
    }
    // kube-proxy short-circuits what Pods and the node itself send to external addresses.
    const inside = this.#source.kind === 'pod' || this.#atOwnNode();
    if (spec?.externalTrafficPolicy !== 'Local' || inside) return undefined;
    return { name: nodeAt(this.#view, this.#packet.address)?.metadata.name };
  }

  #atOwnNode(): boolean {
    const at = nodeAt(this.#view, this.#packet.address);
    return this.#source.kind === 'node' && at?.metadata.name === this.#source.node.metadata.name;
  }

  /** What comes in by a node's port leaves in the node's name, so that answers take the same way back. */
  #masquerade({ spec }: Stored<Service>, via: ServiceAddress): void {
    if (via === 'ClusterIP' || spec?.externalTrafficPolicy === 'Local') return;
    const { address } = this.#packet;
    const through =
      nodeAt(this.#view, address) ?? this.#view.get(nodes, undefined, nodeNameOf(this.#source) ?? '') ?? undefined;
    if (through) this.#seenAs = nodeAddress(through);
  }

  #arrive(address: string, port: number): Verdict {
    const pod = podAt(this.#view, address);
    if (pod) return this.#atPod(pod, address, port);
    const node = nodeAt(this.#view, address);
    if (node) return this.#atNode(node, address, port);
    if (address === upstreamResolver) return this.#atResolver(port);
    return this.#end('lost', { fact: 'no-such-address', address });
  }

  #atPod(pod: Stored<Pod>, address: string, port: number): Verdict {
    this.#facts.push({ fact: 'pod', pod: keyOf(pod), port });
    if (!this.#passes({ address, pod }, port, pod.spec?.nodeName)) return this.#end('lost');
    const { protocol } = this.#packet;
    if (protocol === 'ICMP') return this.#delivered({ kind: 'pod', pod, port });
    if (!this.#listens(pod, port)) return this.#end('refused', { fact: 'closed', port });
    this.#facts.push({ fact: 'listening', port });
    return this.#delivered({ kind: 'pod', pod, port });
  }

  #atNode(node: Stored<Node>, address: string, port: number): Verdict {
    this.#facts.push({ fact: 'node', node: node.metadata.name, port });
    if (!this.#passes({ address }, port, node.metadata.name)) return this.#end('lost');
    if (this.#packet.protocol === 'ICMP') return this.#delivered({ kind: 'node', node });
    const isControlPlane = node.metadata.labels?.['node-role.kubernetes.io/control-plane'] !== undefined;
    if (port === securePort && isControlPlane && this.#packet.protocol === 'TCP') {
      this.#facts.push({ fact: 'listening', port });
      return this.#delivered({ kind: 'api-server' });
    }
    if (port === kubeletPort && this.#packet.protocol === 'TCP') {
      this.#facts.push({ fact: 'listening', port });
      return this.#delivered({ kind: 'kubelet', node });
    }
    const pod = hostNetworkPods(this.#view, node.metadata.name).find((one) => this.#listens(one, port));
    if (!pod) return this.#end('refused', { fact: 'closed', port });
    this.#facts.push({ fact: 'listening', port });
    return this.#delivered({ kind: 'pod', pod, port });
  }

  #atResolver(port: number): Verdict {
    this.#facts.push({ fact: 'outside', address: upstreamResolver });
    if (!this.#passes({ address: upstreamResolver }, port, undefined)) return this.#end('lost');
    if (this.#packet.protocol !== 'UDP' || port !== 53) return this.#end('refused', { fact: 'closed', port });
    this.#facts.push({ fact: 'listening', port });
    return this.#delivered({ kind: 'resolver' });
  }

  #listens(pod: Stored<Pod>, port: number): boolean {
    return this.#view.listening?.(uidOnNode(pod), port, this.#packet.protocol) ?? true;
  }

  #delivered(receiver: Receiver): Verdict {
    return { outcome: 'delivered', receiver, source: this.#seenAs, facts: this.#facts };
  }

  /**
   * Both ends' policies, about the translated address. `node` is the destination's: what goes between a Pod and its
   * own node always passes, the kubelet's probes among it, and what a Pod sends to itself.
   */
  #passes(destination: PolicyPeer, port: number, node: string | undefined): boolean {
    const source = this.#source.kind === 'pod' ? this.#source.pod : undefined;
    if (source && source.metadata.uid === destination.pod?.metadata.uid) return this.#exempt('same-pod');
    const oneIsTheNode = !source || !destination.pod;
    if (oneIsTheNode && node !== undefined && node === nodeNameOf(this.#source)) return this.#exempt('own-node');
    const wanted: PolicyPort = { protocol: this.#packet.protocol, number: port, ...destination };
    if (source && !this.#admits('egress', source, destination, wanted)) return false;
    if (!destination.pod) return true;
    // Judged before the masquerade: where a CNI hooks in, the packet still has its sender's address.
    const peer: PolicyPeer = { address: addressOf(this.#source), ...(source && { pod: source }) };
    return this.#admits('ingress', destination.pod, peer, wanted);
  }

  #exempt(why: 'same-pod' | 'own-node'): true {
    this.#facts.push({ fact: 'exempt', why });
    return true;
  }

  #admits(direction: Direction, pod: Stored<Pod>, peer: PolicyPeer, port: PolicyPort): boolean {
    const { allowed, allowedBy, isolatedBy } = decidePolicies(this.#view, direction, pod, peer, port);
    const about = { direction, pod: keyOf(pod) };
    if (allowedBy) this.#facts.push({ fact: 'allowed', ...about, ...allowedBy });
    else if (allowed) this.#facts.push({ fact: 'not-isolated', ...about });
    else this.#facts.push({ fact: 'denied', ...about, policies: isolatedBy });
    return allowed;
  }
}

function ownNetwork(view: NetworkView, source: Source): Source {
  if (source.kind !== 'pod' || source.pod.spec?.hostNetwork !== true) return source;
  const node = view.get(nodes, undefined, source.pod.spec.nodeName ?? '');
  return node ? { kind: 'node', node } : source;
}

function addressOf(source: Source): string {
  if (source.kind === 'outside') return source.address;
  return source.kind === 'pod' ? (source.pod.status?.podIP ?? '') : nodeAddress(source.node);
}

function nodeAddress({ status }: Stored<Node>): string {
  return status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '';
}

function nodeNameOf(source: Source): string | undefined {
  if (source.kind === 'outside') return undefined;
  return source.kind === 'pod' ? source.pod.spec?.nodeName : source.node.metadata.name;
}
