import type { ApiClient, ComponentContext } from '../api.ts';
import { authenticatedGroup, serviceAccountGroups, serviceAccountUserName } from '../rbac/users.ts';

const namespace = 'kube-system';

/**
 * The API as one controller sees it: with the service account of its own that kubeadm gives to each
 * (`--use-service-account-credentials`), and the field manager that all of them share.
 */
export function controllerClient(context: Pick<ComponentContext, 'client'>, account: string): ApiClient {
  return context.client.as({
    user: {
      name: serviceAccountUserName(namespace, account),
      groups: [...serviceAccountGroups(namespace), authenticatedGroup],
    },
    fieldManager: 'kube-controller-manager',
  });
}
