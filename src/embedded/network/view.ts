import type { Node, Pod } from '../../kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../kube/meta.ts';
import type { Protocol } from '../../kube/network-policies.ts';
import { nodes, pods } from '../../kube/resources.ts';
import type { Informers } from '../api.ts';

/** All that decides about packets: the API's objects as they are, and who listens. */
export interface NetworkView {
  list<T extends KubeObject>(resource: Resource<T>, namespace?: string): readonly Stored<T>[];
  get<T extends KubeObject>(resource: Resource<T>, namespace: string | undefined, name: string): Stored<T> | undefined;
  /** Whether a process of that Pod listens. Without it every port counts as open. */
  listening?(podUid: string, port: number, protocol: Protocol): boolean;
}

/** The view of a running cluster. */
export function liveView(informers: Informers, listening?: NetworkView['listening']): NetworkView {
  return {
    list: (resource, namespace) => informers.of(resource).list(namespace),
    get: (resource, namespace, name) => informers.of(resource).get(namespace, name),
    ...(listening && { listening }),
  };
}

/** A Pod that has ended keeps its object, not its address. */
export function hasNetwork(pod: Stored<Pod>): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

/** The Pod whose own address it is; Pods in their node's network have none. */
export function podAt(view: NetworkView, address: string): Stored<Pod> | undefined {
  return view
    .list(pods)
    .find((pod) => pod.status?.podIP === address && pod.spec?.hostNetwork !== true && hasNetwork(pod));
}

/** The Pods that share a node's network. */
export function hostNetworkPods(view: NetworkView, nodeName: string): readonly Stored<Pod>[] {
  return view
    .list(pods)
    .filter((pod) => pod.spec?.hostNetwork === true && pod.spec.nodeName === nodeName && hasNetwork(pod));
}

export function nodeAt(view: NetworkView, address: string): Stored<Node> | undefined {
  return view.list(nodes).find((node) => node.status?.addresses?.some((one) => one.address === address));
}

/** `namespace/name`. */
export function keyOf({ metadata }: Stored): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}
