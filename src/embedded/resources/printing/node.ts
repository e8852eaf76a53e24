import type { Node } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { age, none, unknown } from './common.ts';

const rolePrefix = 'node-role.kubernetes.io/';

function roles(node: Node): string {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata?.labels ?? {})) {
    if (key.startsWith(rolePrefix)) {
      if (key.length > rolePrefix.length) found.add(key.slice(rolePrefix.length));
    } else if (key === 'kubernetes.io/role' && value !== '') found.add(value);
  }
  return found.size === 0 ? none : [...found].sort().join(',');
}

const address = (node: Node, type: string) =>
  (node.status?.addresses ?? []).find((a) => a.type === type)?.address ?? none;

export function nodeCells(node: Stored<Node>, now: number): unknown[] {
  const ready = node.status?.conditions?.find((c) => c.type === 'Ready');
  const status = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (node.spec?.unschedulable) status.push('SchedulingDisabled');
  const info = node.status?.nodeInfo;
  return [
    node.metadata.name,
    status.join(','),
    roles(node),
    age(node.metadata.creationTimestamp, now),
    info?.kubeletVersion ?? '',
    address(node, 'InternalIP'),
    address(node, 'ExternalIP'),
    info?.osImage || unknown,
    info?.kernelVersion || unknown,
    info?.containerRuntimeVersion || unknown,
  ];
}
