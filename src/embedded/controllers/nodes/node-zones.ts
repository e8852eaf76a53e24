import type { Node } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';

/** --node-eviction-rate 0.1: one node of a zone in ten seconds; of a large, ailing zone one in a hundred. */
const evictionMs = 10_000;
const ailingEvictionMs = 100_000;
/** --unhealthy-zone-threshold, --large-cluster-size-threshold */
const unhealthyShare = 0.55;
const largeZone = 50;

interface Zone {
  ready: number;
  lost: number;
  /** When a node of it may be tainted next (ms since 1970). */
  next: number;
}

/**
 * How fast Pods are taken from lost nodes. If most of a zone's nodes are lost it is more likely the network's fault:
 * slower then, or not at all; and if all nodes of the cluster are lost nothing is evicted.
 */
export class NodeZones {
  #zones = new Map<string, Zone>();

  /** Takes in what the nodes of the cluster are like now. */
  observe(nodes: readonly Stored<Node>[]): void {
    const zones = new Map<string, Zone>();
    for (const node of nodes) {
      const name = zoneOf(node);
      const zone = zones.get(name) ?? { ready: 0, lost: 0, next: this.#zones.get(name)?.next ?? 0 };
      zones.set(name, zone);
      if (isReadyNode(node)) zone.ready++;
      else zone.lost++;
    }
    this.#zones = zones;
  }

  /** Whether there is no node left that works. */
  get allLost(): boolean {
    return [...this.#zones.values()].every(({ ready }) => ready === 0);
  }

  /** How long (ms) to wait before the node may be tainted; undefined: its Pods stay. 0 also takes the zone's turn. */
  turn(node: Stored<Node>, now: number): number | undefined {
    const zone = this.#zones.get(zoneOf(node));
    if (!zone || this.allLost) return undefined;
    const all = zone.ready + zone.lost;
    const ailing = zone.ready > 0 && zone.lost > 2 && zone.lost / all >= unhealthyShare;
    if (ailing && all <= largeZone) return undefined;
    if (now < zone.next) return zone.next - now;
    zone.next = now + (ailing ? ailingEvictionMs : evictionMs);
    return 0;
  }
}

function isReadyNode({ status }: Node): boolean {
  return status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
}

function zoneOf({ metadata: { labels = {} } }: Stored<Node>): string {
  return `${labels['topology.kubernetes.io/region'] ?? ''}/${labels['topology.kubernetes.io/zone'] ?? ''}`;
}
