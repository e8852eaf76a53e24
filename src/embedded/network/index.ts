import type { Clock } from '../../kernel/clock.ts';
import type { Service, ServicePort } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { nodes, pods } from '../../kube/resources.ts';
import type { ComponentContext } from '../api.ts';
import { uidOnNode } from '../mirror-pod.ts';
import type { ClusterNetwork, ConnectionRoute, ConnectionSource } from '../network-api.ts';
import { clusterRecords } from './dns.ts';
import { type Balance, deliver, type Source, type Verdict } from './packet.ts';
import type { Backend } from './services.ts';
import { liveView, type NetworkView } from './view.ts';

/** Names and routes of a cluster, read from its API objects as they are now. Nothing outside of it can be reached. */
export function createClusterNetwork({
  informers,
  cluster,
  clock,
}: Pick<ComponentContext, 'informers' | 'cluster' | 'clock'>): ClusterNetwork {
  const balance = balancer(clock);
  return {
    records: async (question) => clusterRecords(liveView(informers), question),
    async route(from, to, listening) {
      const view = liveView(
        informers,
        listening && ((podUid, port, protocol) => protocol !== 'TCP' || listening(podUid, port)),
      );
      const source = sourceOf(view, from);
      // A process whose Pod is gone has no network any more.
      if (!source) return { kind: 'timeout' };
      return routeOf(deliver(view, { source, ...to }, balance), cluster);
    },
  };
}

function sourceOf(view: NetworkView, from: ConnectionSource): Source | undefined {
  if ('nodeName' in from) {
    const node = view.get(nodes, undefined, from.nodeName);
    return node && { kind: 'node', node };
  }
  const pod = view.get(pods, from.namespace, from.podName);
  return pod && { kind: 'pod', pod };
}

async function routeOf(verdict: Verdict, cluster: ComponentContext['cluster']): Promise<ConnectionRoute> {
  if (verdict.outcome !== 'delivered') return { kind: verdict.outcome === 'lost' ? 'timeout' : 'refused' };
  const { receiver, source } = verdict;
  if (receiver.kind === 'api-server') return { kind: 'api-server', ...cluster.apiServer };
  if (receiver.kind === 'kubelet') {
    const address = await cluster.kubelet?.(receiver.node.metadata.name);
    return address ? { kind: 'kubelet', ...address } : { kind: 'refused' };
  }
  if (receiver.kind !== 'pod') return { kind: receiver.kind };
  return { kind: 'container', podUid: uidOnNode(receiver.pod), port: receiver.port, from: source };
}

/** kube-proxy's default of `sessionAffinityConfig.clientIP.timeoutSeconds`. */
const affinitySeconds = 10_800;
/** So many clients are remembered before those whose time is over are forgotten. */
const manyClients = 1000;

/** Takes turns among the endpoints; with `sessionAffinity: ClientIP` a client keeps its endpoint while it lasts. */
function balancer(clock: Clock): Balance {
  let turn = 0;
  const kept = new Map<string, { backend: Backend; until: number }>();
  const next = (backends: readonly Backend[]) => backends[turn++ % backends.length] as Backend;
  return (service, port, backends, client) => {
    if (service.spec?.sessionAffinity !== 'ClientIP') return next(backends);
    const now = clock.now();
    const key = affinityKey(service, port, client);
    const last = kept.get(key);
    const same = last && last.until > now ? backends.find((b) => sameBackend(b, last.backend)) : undefined;
    const backend = same ?? next(backends);
    const seconds = service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? affinitySeconds;
    if (kept.size > manyClients) for (const [k, { until }] of kept) if (until <= now) kept.delete(k);
    kept.set(key, { backend, until: now + seconds * 1000 });
    return backend;
  };
}

const affinityKey = ({ metadata }: Stored<Service>, { name, port }: ServicePort, client: string) =>
  `${metadata.uid}/${name ?? port}/${client}`;

const sameBackend = (a: Backend, b: Backend) => a.address === b.address && a.port === b.port;
