/** A controller of the Gateway API, named and built like NGINX Gateway Fabric 1, with the kinds that it serves. */
import {
  clusterRoleBindings,
  clusterRoles,
  customResourceDefinitions,
  deployments,
  namespaces,
  serviceAccounts,
  services,
} from '../../../kube/resources.ts';
import { gatewayApi } from '../gateway-api/index.ts';
import { type AddonObject, addonObject } from '../objects.ts';
import { clusterRole, clusterRoleBinding, serviceAccount } from './access.ts';
import { deployment, gatewayClass, gatewayClasses, service } from './controller.ts';
import { labels, namespace } from './names.ts';

/** In the order in which they can be created. */
export const nginxGatewayFabric: readonly AddonObject[] = [
  ...gatewayApi.map((definition) => addonObject(customResourceDefinitions, definition)),
  addonObject(namespaces, { metadata: { name: namespace, labels } }),
  addonObject(serviceAccounts, serviceAccount),
  addonObject(clusterRoles, clusterRole),
  addonObject(clusterRoleBindings, clusterRoleBinding),
  addonObject(services, service),
  addonObject(gatewayClasses, gatewayClass),
  addonObject(deployments, deployment),
];
