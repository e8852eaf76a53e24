/** What metrics-server may do, and who may read what it serves. */
import type { ClusterRole, ClusterRoleBinding, RoleBinding, ServiceAccount } from '../../../kube/api.gen.ts';
import { labels, name, namespace } from './names.ts';

const subjects = [{ kind: 'ServiceAccount', name, namespace }];
const refTo = (kind: 'Role' | 'ClusterRole', role: string) => ({
  ...{ apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
});

export const serviceAccount: ServiceAccount = { metadata: { name, namespace, labels } };

/** For everybody who may see Pods. */
export const readers: ClusterRole = {
  metadata: {
    name: 'system:aggregated-metrics-reader',
    labels: Object.fromEntries(
      ['admin', 'edit', 'view'].map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']),
    ),
  },
  rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
};

export const clusterRole: ClusterRole = {
  metadata: { name: `system:${name}` },
  rules: [
    { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
  ],
};

export const clusterRoleBindings: readonly ClusterRoleBinding[] = [
  { metadata: { name: `system:${name}` }, roleRef: refTo('ClusterRole', `system:${name}`), subjects },
  {
    metadata: { name: `${name}:system:auth-delegator` },
    roleRef: refTo('ClusterRole', 'system:auth-delegator'),
    subjects,
  },
];

export const roleBinding: RoleBinding = {
  metadata: { name: `${name}-auth-reader`, namespace },
  roleRef: refTo('Role', 'extension-apiserver-authentication-reader'),
  subjects,
};
