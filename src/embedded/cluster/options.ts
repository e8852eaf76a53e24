import { type Clock, systemClock } from '../../kernel/clock.ts';
import type { ComponentContext } from '../api.ts';
import { defaultName, type NodePlan, planNodes } from '../bootstrap/nodes.ts';
import type { ContainerRuntime, ImageDescription } from '../container-api.ts';

/** Makes the container runtime of a cluster, from what programs in its containers can reach. */
export type RuntimeFactory = (context: ComponentContext) => ContainerRuntime | Promise<ContainerRuntime>;

export interface EmbeddedClusterOptions {
  /** Default: the machine's. */
  clock?: Clock;
  /** kube-controller-manager and kube-scheduler. Default true. */
  controllers?: boolean;
  /** Nodes whose kubelets run Pods. Default: true where there is a runtime. */
  kubelet?: boolean;
  /** One untainted node, or a control plane and workers with kubeadm's taint. Default 1. */
  nodes?: number;
  /** CoreDNS, kube-proxy and the rest of what kubeadm leaves. Default: with controllers and kubelets. */
  addons?: boolean;
  /** Where objects, keys, logs and the kubeconfig are kept; brought back from there if it is not empty. Default: in memory. */
  folder?: string;
  /** The wanted port; 0: a free one. Default: the folder's last one, else a free one. If it is taken another is picked. */
  port?: number;
  /** Names nodes (`<name>-control-plane`) and kubeadm's clusterName. Default `kubedrill`. */
  name?: string;
  /** Name of the context in kubeconfigs. Default: `name`. */
  context?: string;
  runtime?: RuntimeFactory;
  /** Images beyond the catalogue's. */
  images?: readonly ImageDescription[];
  /**
   * Where to look for images that there are: an event says it on each Pod whose image there is not. Default: nothing beyond
   * what a registry answers.
   */
  unknownImages?: string;
  /** Serves `POST /debug/compact`, for tools that replay recordings. Default false. */
  debug?: boolean;
  /** Told what is done next on the way to a cluster; if it throws, the way ends there and nothing runs any more. */
  onStep?(step: string): void;
  /** Told of faults of ours. */
  report?(error: unknown, where: string): void;
}

/** The options of a cluster with what follows from them. */
export interface ClusterConfig {
  clock: Clock;
  name: string;
  /** Of its kubeconfigs. */
  context: string;
  folder: string | undefined;
  plan: readonly NodePlan[];
  /** The control plane's node. */
  first: Pick<NodePlan, 'nodeName' | 'address'>;
  /** kube-controller-manager and kube-scheduler run. */
  manages: boolean;
  /** Kubelets run. */
  hasNodes: boolean;
  /** kubeadm has set it up. */
  hasAddons: boolean;
}

export function configOf(options: EmbeddedClusterOptions): ClusterConfig {
  const { name = defaultName, controllers: manages = true, runtime, kubelet = runtime !== undefined } = options;
  const plan = planNodes(name, options.nodes ?? 1);
  return {
    clock: options.clock ?? systemClock,
    name,
    context: options.context ?? name,
    folder: options.folder,
    plan,
    first: plan[0] ?? { nodeName: '', address: '' },
    manages,
    hasNodes: kubelet && runtime !== undefined,
    hasAddons: options.addons ?? (manages && kubelet),
  };
}
