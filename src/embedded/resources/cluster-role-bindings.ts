import type { ClusterRoleBinding } from '../../kube/api.gen.ts';
import { clusterRoleBindings, clusterRoles } from '../../kube/resources.ts';
import { defineResource } from './define.ts';
import { bindingCells, bindingStrategy } from './rbac/bindings.ts';

export const clusterRoleBindingResource = defineResource<ClusterRoleBinding>({
  ...clusterRoleBindings,
  strategy: bindingStrategy([clusterRoles.kind], false),
  cells: bindingCells,
});
