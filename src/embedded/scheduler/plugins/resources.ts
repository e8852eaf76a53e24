import { ownValue } from '../../../kernel/own.ts';
import type { Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { podRequests } from '../../../kube/requests.ts';
import { comparable, type NodeInfo } from '../node-info.ts';
import { misfit, type Plugin } from '../plugin.ts';

export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  normalized: true,
  filter({ pod }, { pods, requested, allocatable }) {
    const reasons: string[] = [];
    let final = false;
    const room = allocatable.pods ?? 0;
    if (pods.length + 1 > room) reasons.push('Too many pods');
    const requests = Object.entries(podRequests(pod)).filter(([, amount]) => amount > 0);
    const order = ['cpu', 'memory', 'ephemeral-storage'];
    const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
    for (const [name, amount] of requests.sort(([a], [b]) => rank(a) - rank(b))) {
      const whole = ownValue(allocatable, name) ?? 0;
      if (amount <= whole - (ownValue(requested, name) ?? 0)) continue;
      reasons.push(`Insufficient ${name}`);
      if (amount > whole) final = true;
    }
    return reasons.length > 0 ? { reasons, final } : undefined;
  },
  // LeastAllocated: the emptier node is the better one.
  score: ({ pod }, nodes) => nodes.map((node) => mean(fractions(pod, node).map((f) => 100 * (1 - Math.min(1, f))))),
};

export const balancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  normalized: true,
  score: ({ pod }, nodes) =>
    nodes.map((node) => {
      const [cpu = 0, memory = 0] = fractions(pod, node).map((f) => Math.min(1, f));
      return 100 * (1 - Math.abs(cpu - memory) / 2);
    }),
};

/** How full cpu and memory of the node would be with the Pod on it. */
function fractions(pod: Stored<Pod>, { compared, allocatable }: NodeInfo): number[] {
  const own = comparable(pod);
  return [
    (compared.cpu + own.cpu) / Math.max(1, allocatable.cpu ?? 0),
    (compared.memory + own.memory) / Math.max(1, allocatable.memory ?? 0),
  ];
}

function mean(values: number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);
}

export const nodePorts: Plugin = {
  name: 'NodePorts',
  filter({ pod }, { pods }) {
    const wanted = hostPorts(pod);
    if (wanted.length === 0) return undefined;
    const taken = pods.flatMap(hostPorts);
    const clash = wanted.some((w) =>
      taken.some(
        (t) => t.port === w.port && t.protocol === w.protocol && (t.ip === w.ip || t.ip === any || w.ip === any),
      ),
    );
    return clash ? misfit("node(s) didn't have free ports for the requested pod ports", false) : undefined;
  },
};

const any = '0.0.0.0';

function hostPorts(pod: Stored<Pod>) {
  const sidecars = (pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always');
  return [...(pod.spec?.containers ?? []), ...sidecars].flatMap((c) =>
    (c.ports ?? []).flatMap(({ hostPort, protocol = 'TCP', hostIP }) =>
      hostPort ? [{ port: hostPort, protocol, ip: hostIP || any }] : [],
    ),
  );
}
