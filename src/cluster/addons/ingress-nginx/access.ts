/** What the controller of ingress-nginx may do. */
import type { ClusterRole, ClusterRoleBinding, PolicyRule, ServiceAccount } from '../../../kube/api.gen.ts';
import { labels, name, namespace } from './names.ts';

const rule = (apiGroup: string, resources: string[], verbs: string[]): PolicyRule => ({
  ...{ apiGroups: [apiGroup], resources, verbs },
});
const read = ['get', 'list', 'watch'];

export const serviceAccount: ServiceAccount = { metadata: { name, namespace, labels } };

export const clusterRole: ClusterRole = {
  metadata: { name, labels },
  rules: [
    rule('', ['configmaps', 'endpoints', 'nodes', 'pods', 'secrets', 'namespaces'], ['list', 'watch', 'get']),
    rule('', ['services'], read),
    rule('', ['events'], ['create', 'patch']),
    rule('coordination.k8s.io', ['leases'], ['create', 'get', 'list', 'update', 'watch']),
    rule('discovery.k8s.io', ['endpointslices'], read),
    rule('networking.k8s.io', ['ingresses', 'ingressclasses'], read),
    rule('networking.k8s.io', ['ingresses/status'], ['update', 'patch']),
  ],
};

export const clusterRoleBinding: ClusterRoleBinding = {
  metadata: { name, labels },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  subjects: [{ kind: 'ServiceAccount', name, namespace }],
};
