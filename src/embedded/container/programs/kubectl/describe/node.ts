import type { Lease, Node, Pod } from '../../../../../kube/api.gen.ts';
import type { Stored } from '../../../../../kube/meta.ts';
import { StatusError } from '../../../api-client/client.ts';
import { type DescribeContext, type Describer, fetchAll, fetchObject } from './context.ts';
import { writeEvents } from './events.ts';
import {
  since,
  sortedEntries,
  timeText,
  unset,
  writeAnnotations,
  writeLabels,
  writeLines,
  writeName,
  writeTimedConditions,
} from './format.ts';
import { addAmounts, type PodAmounts, podAmounts, share } from './pod-amounts.ts';
import type { DescribeWriter } from './writer.ts';

const rolePrefix = 'node-role.kubernetes.io/';

export const describeNode: Describer<Node> = async (w, node, context) => {
  const { metadata, spec = {}, status = {} } = node;
  const name = metadata?.name ?? '';
  writeName(w, metadata);
  w.write(0, `Roles:\t${rolesOf(metadata?.labels ?? {}).join(',') || '<none>'}\n`);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
  w.write(0, `CreationTimestamp:\t${timeText(metadata?.creationTimestamp)}\n`);
  const taints = (spec.taints ?? []).map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`);
  writeLines(w, 'Taints', taints.sort());
  w.write(0, `Unschedulable:\t${spec.unschedulable ?? false}\n`);
  await writeLease(w, name, context);
  writeTimedConditions(w, status.conditions, 'lastHeartbeatTime');
  w.write(0, 'Addresses:\n');
  for (const { type, address } of status.addresses ?? []) w.write(1, `${type}:\t${address}\n`);
  for (const [label, amounts] of [
    ['Capacity', status.capacity],
    ['Allocatable', status.allocatable],
  ] as const) {
    if (!amounts) continue;
    w.write(0, `${label}:\n`);
    for (const [resource, quantity] of sortedEntries(amounts)) w.write(1, `${resource}:\t${quantity}\n`);
  }
  writeSystem(w, node);
  if (spec.podCIDR) w.write(0, `PodCIDR:\t${spec.podCIDR}\n`);
  if (spec.podCIDRs?.length) w.write(0, `PodCIDRs:\t${spec.podCIDRs.join(',')}\n`);
  if (spec.providerID) w.write(0, `ProviderID:\t${spec.providerID}\n`);
  await writePods(w, node, context);
  // The kubelet speaks of its node under the name, the controllers under the UID.
  await writeEvents(w, node, context, [name, metadata?.uid ?? '']);
};

function rolesOf(labels: Readonly<Record<string, string>>): string[] {
  const roles = sortedEntries(labels).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return [key.slice(rolePrefix.length)];
    return key === 'kubernetes.io/role' ? [value] : [];
  });
  return [...new Set(roles)].filter(Boolean).sort();
}

async function writeLease(w: DescribeWriter, name: string, context: DescribeContext): Promise<void> {
  try {
    const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`;
    const { spec = {} } = await fetchObject<Lease>(context, path);
    w.write(0, 'Lease:\n');
    w.write(1, `HolderIdentity:\t${spec.holderIdentity ?? unset}\n`);
    w.write(1, `AcquireTime:\t${spec.acquireTime ? timeText(spec.acquireTime) : unset}\n`);
    w.write(1, `RenewTime:\t${spec.renewTime ? timeText(spec.renewTime) : unset}\n`);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    w.write(0, `Lease:\tFailed to get lease: ${error.message}\n`);
  }
}

function writeSystem(w: DescribeWriter, { status }: Node): void {
  const info = status?.nodeInfo;
  w.write(0, 'System Info:\n');
  for (const [label, value] of [
    ['Machine ID', info?.machineID],
    ['System UUID', info?.systemUUID],
    ['Boot ID', info?.bootID],
    ['Kernel Version', info?.kernelVersion],
    ['OS Image', info?.osImage],
    ['Operating System', info?.operatingSystem],
    ['Architecture', info?.architecture],
    ['Container Runtime Version', info?.containerRuntimeVersion],
    ['Kubelet Version', info?.kubeletVersion],
    ['Kube-Proxy Version', info?.kubeProxyVersion],
  ] as const)
    w.write(1, `${label}:\t${value ?? ''}\n`);
}

/** What runs on the node, and how much of it is given away. */
async function writePods(w: DescribeWriter, node: Node, context: DescribeContext): Promise<void> {
  const { metadata, status } = node;
  let pods: Stored<Pod>[];
  try {
    pods = await fetchAll<Stored<Pod>>(context, '/api/v1/pods', {
      fieldSelector: `spec.nodeName=${metadata?.name},status.phase!=Failed,status.phase!=Succeeded`,
    });
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'Forbidden') throw error;
    w.write(0, 'Pods:\tnot authorized\n');
    return;
  }
  const room = status?.allocatable ?? status?.capacity ?? {};
  const heads = ['Namespace', 'Name', '', 'CPU Requests', 'CPU Limits', 'Memory Requests', 'Memory Limits', 'Age'];
  w.write(0, `Non-terminated Pods:\t(${pods.length} in total)\n`);
  w.write(1, `${heads.join('\t')}\n`);
  w.write(1, `${heads.map((head) => '-'.repeat(head.length)).join('\t')}\n`);
  const total: PodAmounts = { requests: {}, limits: {} };
  for (const pod of pods) {
    const own = podAmounts(pod);
    addAmounts(total.requests, own.requests);
    addAmounts(total.limits, own.limits);
    const shares = ['cpu', 'memory'].flatMap((resource) => [
      share(own.requests, resource, room),
      share(own.limits, resource, room),
    ]);
    const age = since(pod.metadata.creationTimestamp, context.now);
    w.write(1, `${[pod.metadata.namespace, pod.metadata.name, '', ...shares, age].join('\t')}\n`);
  }
  w.write(0, 'Allocated resources:\n');
  w.write(1, '(Total limits may be over 100 percent, i.e., overcommitted.)\n');
  w.write(1, 'Resource\tRequests\tLimits\n');
  w.write(1, '--------\t--------\t------\n');
  const others = Object.keys(room).filter((name) => !['cpu', 'memory', 'ephemeral-storage', 'pods'].includes(name));
  const huge = others.filter((name) => name.startsWith('hugepages-')).sort();
  for (const resource of ['cpu', 'memory', 'ephemeral-storage', ...huge])
    w.write(1, `${resource}\t${share(total.requests, resource, room)}\t${share(total.limits, resource, room)}\n`);
  for (const resource of others.filter((name) => !huge.includes(name)).sort())
    w.write(1, `${resource}\t${share(total.requests, resource)}\t${share(total.limits, resource)}\n`);
}
