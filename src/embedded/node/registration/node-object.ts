import { createHash, randomUUID } from 'node:crypto';
import type { Node, NodeCondition, NodeStatus, Taint } from '../../../kube/api.gen.ts';
import { containerRuntimeVersion, kernelRelease, kubeletVersion, nodeTitle } from '../../node-facts.ts';
import { timestamp } from '../containers/container-status.ts';

/** What a node is, as its kubelet and cloud provider would find out. */
export interface NodeFacts {
  name: string;
  /** InternalIP. */
  address: string;
  /** `10.244.0.0/24`: what kube-controller-manager will give to the node. */
  podCIDR: string;
  role: 'control-plane' | 'worker';
  labels?: Readonly<Record<string, string>>;
  taints?: readonly Taint[];
  /** cpu, memory, ephemeral-storage, pods: replaces the defaults of the same name. */
  capacity?: Readonly<Record<string, string>>;
}

const defaultCapacity = {
  cpu: '4',
  'ephemeral-storage': '103081248Ki',
  'hugepages-1Gi': '0',
  'hugepages-2Mi': '0',
  memory: '8137476Ki',
  pods: '110',
};

/** Capacity and, as nothing is reserved (recorded), allocatable too. */
export function capacityOf(facts: NodeFacts): Record<string, string> {
  return { ...defaultCapacity, ...facts.capacity };
}

/** The Node that a kubelet registers; shape as recorded in cluster/nodes.json. */
export function nodeObject(facts: NodeFacts): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: facts.name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': facts.name,
        'kubernetes.io/os': 'linux',
        ...facts.labels,
      },
      annotations: {
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
    },
    spec: {
      providerID: `kubedrill://${facts.name}`,
      ...(facts.taints && facts.taints.length > 0 && { taints: [...facts.taints] }),
    },
  };
}

/** The status of a healthy node. `old` keeps transition times, `now` in milliseconds. */
export function nodeStatus(facts: NodeFacts, old: NodeStatus | undefined, bootId: string, now: number): NodeStatus {
  const capacity = capacityOf(facts);
  return {
    ...old,
    addresses: [
      { address: facts.address, type: 'InternalIP' },
      { address: facts.name, type: 'Hostname' },
    ],
    allocatable: capacity,
    capacity,
    conditions: healthyConditions(old, now),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    features: { supplementalGroupsPolicy: true },
    nodeInfo: {
      architecture: 'amd64',
      bootID: bootId,
      containerRuntimeVersion: `containerd://${containerRuntimeVersion}`,
      kernelVersion: kernelRelease,
      kubeProxyVersion: '',
      kubeletVersion,
      machineID: digest(`machine ${facts.name}`),
      operatingSystem: 'linux',
      osImage: nodeTitle,
      systemUUID: uuidOf(`system ${facts.name}`),
    },
    runtimeHandlers: ['', 'runc'].map((name) => ({
      features: { recursiveReadOnlyMounts: true, userNamespaces: false },
      name,
    })),
  };
}

const healthy: readonly Required<Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>>[] = [
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
  { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
];

function healthyConditions(old: NodeStatus | undefined, now: number): NodeCondition[] {
  const others = (old?.conditions ?? []).filter((c) => !healthy.some((h) => h.type === c.type));
  const own = healthy.map(({ type, status, reason, message }) => {
    const before = old?.conditions?.find((c) => c.type === type);
    const since = before?.status === status ? before.lastTransitionTime : undefined;
    return {
      lastHeartbeatTime: timestamp(now),
      lastTransitionTime: since ?? timestamp(now),
      message,
      reason,
      status,
      type,
    };
  });
  return [...others, ...own];
}

/** A node gets a new boot id each time it starts. */
export function newBootId(): string {
  return randomUUID();
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function uuidOf(text: string): string {
  return digest(text).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
