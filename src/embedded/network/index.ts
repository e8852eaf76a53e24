import type { Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { nodes, pods, services } from '../../kube/resources.ts';
import type { ClusterNetwork, ComponentContext } from '../api.ts';
import { securePort } from '../bootstrap/objects.ts';
import { resolveName } from './dns.ts';
import { backendsOf, nodePortAt, serviceAt } from './services.ts';

type Route = Awaited<ReturnType<ClusterNetwork['route']>>;

/** A lookup that got no answer, as libc reports it. */
class LookupFailure extends Error {
  readonly code: 'ETIMEDOUT' | 'ECONNREFUSED';

  constructor(code: 'ETIMEDOUT' | 'ECONNREFUSED') {
    super(code);
    this.code = code;
  }
}

/**
 * Names and routes of a cluster, read from its API objects as kube-proxy and CoreDNS do: Services lead to ready
 * endpoints, addresses to Pods and nodes. Nothing outside of the cluster can be reached.
 */
export function createClusterNetwork({
  informers,
  cluster,
}: Pick<ComponentContext, 'informers' | 'cluster'>): ClusterNetwork {
  let turn = 0;

  /** Which Pod has an address; of several (host network) the caller's port decides in the runtime. */
  const podAt = (address: string, hostNetwork: boolean): Stored<Pod> | undefined =>
    informers
      .of(pods)
      .list()
      .find((pod) => pod.status?.podIP === address && (pod.spec?.hostNetwork ?? false) === hostNetwork && isUp(pod));

  const toAddress = (address: string, port: number): Route => {
    const pod = podAt(address, false);
    if (pod) return { kind: 'container', podUid: pod.metadata.uid, port };
    const node = informers
      .of(nodes)
      .list()
      .find((n) => n.status?.addresses?.some((a) => a.address === address));
    if (!node) return { kind: 'timeout' };
    if (port === securePort && node.metadata.labels?.['node-role.kubernetes.io/control-plane'] !== undefined) {
      return { kind: 'api-server', ...cluster.apiServer };
    }
    const open = nodePortAt(informers, port);
    if (open) return balance(backendsOf(informers, open.service, open.port));
    const host = hostNetworkPods(address).find((p) => declares(p, port)) ?? hostNetworkPods(address)[0];
    return host ? { kind: 'container', podUid: host.metadata.uid, port } : { kind: 'refused' };
  };

  const hostNetworkPods = (address: string) =>
    informers
      .of(pods)
      .list()
      .filter((pod) => pod.spec?.hostNetwork && pod.status?.podIP === address && isUp(pod));

  /** kube-proxy rejects what has no endpoints, and takes turns among the others. */
  const balance = (backends: { address: string; port: number }[]): Route => {
    const backend = backends[turn++ % Math.max(1, backends.length)];
    return backend ? toAddress(backend.address, backend.port) : { kind: 'refused' };
  };

  return {
    async lookup(name, nameserver) {
      const dns = informers.of(services).get('kube-system', 'kube-dns');
      const asked = nameserver ?? dns?.spec?.clusterIP;
      const isDns =
        dns !== undefined &&
        (asked === dns.spec?.clusterIP || podAt(asked ?? '', false)?.metadata.labels?.['k8s-app'] === 'kube-dns');
      if (!isDns) throw new LookupFailure('ETIMEDOUT');
      const port = dns.spec?.ports?.find((p) => p.port === 53 && p.protocol === 'TCP');
      if (!port || backendsOf(informers, dns, port).length === 0) throw new LookupFailure('ECONNREFUSED');
      return resolveName(informers, name);
    },
    async route(_from, address, port) {
      const target = serviceAt(informers, address, port);
      if (!target) return toAddress(address, port);
      // A cluster address exists only for its ports: other packets have nowhere to go.
      return target.port ? balance(backendsOf(informers, target.service, target.port)) : { kind: 'timeout' };
    },
  };
}

function isUp(pod: Stored<Pod>): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

function declares(pod: Stored<Pod>, port: number): boolean {
  return pod.spec?.containers.some((c) => c.ports?.some((p) => p.containerPort === port)) ?? false;
}
