import type { Node, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { holdsResources } from '../../kube/requests.ts';
import { type NodeInfo, nodeInfo } from './node-info.ts';

/**
 * Which Pods are on which node, kept from change to change: a cluster of thousands of Pods is not counted anew for each
 * Pod that is scheduled.
 */
export class PlacedPods {
  readonly #byNode = new Map<string, Map<string, Stored<Pod>>>();
  readonly #nodeOf = new Map<string, string>();
  readonly #infos = new Map<string, NodeInfo>();

  /** A Pod is on a node, or about to be; one that has ended holds nothing there. */
  put(pod: Stored<Pod>, node: string): void {
    const { uid } = pod.metadata;
    if (this.#nodeOf.get(uid) !== node) this.remove(uid);
    if (!holdsResources(pod)) return this.remove(uid);
    this.#nodeOf.set(uid, node);
    const there = this.#byNode.get(node) ?? new Map<string, Stored<Pod>>();
    this.#byNode.set(node, there.set(uid, pod));
    this.#infos.delete(node);
  }

  remove(uid: string): void {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return;
    this.#nodeOf.delete(uid);
    this.#byNode.get(node)?.delete(uid);
    this.#infos.delete(node);
  }

  /** The node with its Pods, and with others for whom room is kept there. */
  info(node: Stored<Node>, reserved: readonly Stored<Pod>[] = []): NodeInfo {
    const { name } = node.metadata;
    const pods = () => [...(this.#byNode.get(name)?.values() ?? [])];
    if (reserved.length > 0) return nodeInfo(node, [...pods(), ...reserved]);
    const known = this.#infos.get(name);
    if (known?.node === node) return known;
    const info = nodeInfo(node, pods());
    this.#infos.set(name, info);
    return info;
  }
}
