/** ingress-nginx (https://kubernetes.github.io/ingress-nginx/) without its admission webhook. */
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  deployments,
  ingressClasses,
  namespaces,
  serviceAccounts,
  services,
} from '../../../kube/resources.ts';
import { type AddonObject, addonObject } from '../objects.ts';
import { clusterRole, clusterRoleBinding, serviceAccount } from './access.ts';
import { configMap, deployment, ingressClass, service } from './controller.ts';
import { labels, namespace } from './names.ts';

/** In the order in which they can be created. */
export const ingressNginx: readonly AddonObject[] = [
  addonObject(namespaces, { metadata: { name: namespace, labels } }),
  addonObject(serviceAccounts, serviceAccount),
  addonObject(clusterRoles, clusterRole),
  addonObject(clusterRoleBindings, clusterRoleBinding),
  addonObject(configMaps, configMap),
  addonObject(services, service),
  addonObject(ingressClasses, ingressClass),
  addonObject(deployments, deployment),
];
