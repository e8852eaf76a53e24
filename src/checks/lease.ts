import * as resources from '../kube/resources.ts';
import type { ClusterView, Need } from './types.ts';

/** A kubelet that has not renewed its Lease for this long is taken for gone, as by the node controller. */
const graceMs = 50_000;

/** What must be mirrored to know whether nodes live. */
export const nodeNeeds: Need[] = [
  { kind: 'resource', resource: resources.nodes },
  { kind: 'resource', resource: resources.leases, namespace: 'kube-node-lease' },
];

/**
 * Whether a node's kubelet renews its Lease: a status may be written by anybody. Looks again when the Lease would be
 * too old, since nothing happens then.
 */
export function leaseOf(view: ClusterView, node: string): { fresh: boolean; text: string } {
  const renewed = view.get(resources.leases, 'kube-node-lease', node)?.spec?.renewTime;
  if (!renewed) return { fresh: false, text: `the kubelet of ${node} has no Lease in kube-node-lease` };
  const age = view.now() - Date.parse(renewed);
  if (age < graceMs) view.wakeIn(graceMs - age + 100);
  const seconds = Math.max(0, Math.round(age / 1000));
  return { fresh: age < graceMs, text: `the kubelet of ${node} renewed its Lease ${seconds} s ago` };
}
