/** What the controller may do. */
import type { ClusterRole, ClusterRoleBinding, ServiceAccount } from '../../../kube/api.gen.ts';
import { gatewayGroup } from '../gateway-api/references.ts';
import { labels, name, namespace } from './names.ts';

const read = ['get', 'list', 'watch'];

export const serviceAccount: ServiceAccount = { metadata: { name, namespace, labels } };

export const clusterRole: ClusterRole = {
  metadata: { name, labels },
  rules: [
    { apiGroups: [''], resources: ['namespaces', 'services', 'secrets', 'configmaps', 'pods', 'nodes'], verbs: read },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
    { apiGroups: [gatewayGroup], resources: ['gatewayclasses', 'gateways', 'httproutes'], verbs: read },
    {
      apiGroups: [gatewayGroup],
      resources: ['gatewayclasses/status', 'gateways/status', 'httproutes/status'],
      verbs: ['update', 'patch'],
    },
  ],
};

export const clusterRoleBinding: ClusterRoleBinding = {
  metadata: { name, labels },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  subjects: [{ kind: 'ServiceAccount', name, namespace }],
};
