import { stringify } from 'yaml';

/** The configuration of a kind cluster: one node, or a control plane and workers. The API listens on this machine only. */
export function kindConfig(name: string, nodes: number): string {
  const roles = Array.from({ length: nodes }, (_, index) => ({ role: index === 0 ? 'control-plane' : 'worker' }));
  return stringify({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    name,
    networking: { apiServerAddress: '127.0.0.1' },
    nodes: roles,
  });
}
