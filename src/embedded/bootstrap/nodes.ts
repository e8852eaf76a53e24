import type { Taint } from '../../kube/api.gen.ts';

/** Names the nodes of a cluster that has no other name. */
export const defaultName = 'kubedrill';

/** One node of a cluster to be, in the words of its kubelet's options. */
export interface NodePlan {
  nodeName: string;
  address: string;
  podCIDR: string;
  role: 'control-plane' | 'worker';
  taints?: readonly Taint[];
}

/** kubeadm's, where Pods have somewhere else to go. */
const controlPlaneTaint: Taint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };

/** The nodes of a cluster as kind names and addresses them; a single one is untainted. */
export function planNodes(cluster: string, count: number): NodePlan[] {
  return Array.from({ length: Math.max(1, count) }, (_, i): NodePlan => {
    const where = { address: `172.18.0.${i + 2}`, podCIDR: `10.244.${i}.0/24` };
    if (i > 0) return { ...where, nodeName: `${cluster}-worker${i === 1 ? '' : i}`, role: 'worker' };
    return {
      ...where,
      nodeName: `${cluster}-control-plane`,
      role: 'control-plane',
      ...(count > 1 && { taints: [controlPlaneTaint] }),
    };
  });
}
