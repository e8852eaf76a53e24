/** What programs in containers find on the network. Types only. */

/** `name` without the final dot; `type` is `A`, `SRV`, `PTR`, ... */
export interface DnsQuestion {
  name: string;
  type: string;
}

export interface DnsRecord extends DnsQuestion {
  /** Seconds. */
  ttl: number;
  /** As zone files write it: an address, a name, `priority weight port target`. */
  data: string;
}

export interface DnsAnswer {
  code: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED';
  records: readonly DnsRecord[];
}

/** A question to the kubernetes plugin of a CoreDNS, with the settings that decide its answer. */
export interface ClusterDnsQuestion extends DnsQuestion {
  /** The plugin's zone that the name is in: `cluster.local`. */
  zone: string;
  /** `pods`: whether names of addresses are answered, and only for Pods that exist. */
  pods: 'disabled' | 'insecure' | 'verified';
  /** `endpoint_pod_names`. */
  endpointPodNames: boolean;
  /** `namespaces`; undefined: all. */
  namespaces?: readonly string[];
  ttl: number;
}

/** Who opens a connection: a process of a Pod, or of a node. */
export type ConnectionSource = { namespace: string; podName: string } | { nodeName: string };

export interface ConnectionTarget {
  address: string;
  port: number;
  /** ICMP: what ping sends; the port is of no meaning then. */
  protocol: 'TCP' | 'UDP' | 'ICMP';
}

/**
 * Where a connection ends up: the real address of the API server or of a kubelet, a Pod, a node (ICMP only), the name server of the nodes
 * (UDP only), a refusal. `timeout`: packets get lost (policy, no such address). `from` is the address that the listener
 * sees.
 */
export type ConnectionRoute =
  | { kind: 'api-server' | 'kubelet'; host: string; port: number }
  | { kind: 'container'; podUid: string; port: number; from: string }
  | { kind: 'node' }
  | { kind: 'resolver' }
  | { kind: 'refused' }
  | { kind: 'timeout' };

/** What programs in containers find on the network; answered by `network/` from the API objects. */
export interface ClusterNetwork {
  /** The records that a CoreDNS' kubernetes plugin makes of Services, EndpointSlices and Pods. */
  records(question: ClusterDnsQuestion): Promise<DnsAnswer>;
  /** @param listening whether a process of a Pod listens on a TCP port now; without it all ports count as open */
  route(
    from: ConnectionSource,
    to: ConnectionTarget,
    listening?: (podUid: string, port: number) => boolean,
  ): Promise<ConnectionRoute>;
}
