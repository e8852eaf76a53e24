/**
 * The name server in the nodes' own /etc/resolv.conf: the gateway of their network, as in a kind cluster. It lies outside
 * of the cluster, always answers, and knows no names: there is nothing out there.
 */
export const upstreamResolver = '172.18.0.1';
