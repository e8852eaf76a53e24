/** metrics-server (https://github.com/kubernetes-sigs/metrics-server), for nodes whose kubelets sign their own certificates. */
import {
  apiServices,
  clusterRoleBindings,
  clusterRoles,
  deployments,
  roleBindings,
  serviceAccounts,
  services,
} from '../../../kube/resources.ts';
import { type AddonObject, addonObject } from '../objects.ts';
import { clusterRoleBindings as bindings, clusterRole, readers, roleBinding, serviceAccount } from './access.ts';
import { apiService, deployment, service } from './server.ts';

/** In the order in which they can be created. */
export const metricsServer: readonly AddonObject[] = [
  addonObject(serviceAccounts, serviceAccount),
  addonObject(clusterRoles, readers),
  addonObject(clusterRoles, clusterRole),
  ...bindings.map((binding) => addonObject(clusterRoleBindings, binding)),
  addonObject(roleBindings, roleBinding),
  addonObject(services, service),
  addonObject(deployments, deployment),
  addonObject(apiServices, apiService),
];
