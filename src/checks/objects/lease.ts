import * as resources from '../../kube/resources.ts';
import type { ClusterView, Need } from '../types.ts';
import { handThatWroteSpec } from './written.ts';

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
  const lease = view.get(resources.leases, 'kube-node-lease', node);
  const renewed = lease?.spec?.renewTime;
  if (!renewed) return { fresh: false, text: `the kubelet of ${node} has no Lease in kube-node-lease` };
  const hand = handThatWroteSpec(lease, 'renewTime');
  if (hand) return { fresh: false, text: `the Lease of ${node} was written by ${hand}, not by its kubelet` };
  const age = view.now() - Date.parse(renewed);
  // Clocks differ a little; a Lease from the far future would be fresh for ever.
  if (age < -graceMs) return { fresh: false, text: `the Lease of ${node} is dated ${renewed}, in the future` };
  if (age < graceMs) view.wakeIn(graceMs - age + 100);
  const seconds = Math.max(0, Math.round(age / 1000));
  return { fresh: age < graceMs, text: `the kubelet of ${node} renewed its Lease ${seconds} s ago` };
}
