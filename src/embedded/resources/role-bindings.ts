import type { RoleBinding } from '../../kube/api.gen.ts';
import { clusterRoles, roleBindings, roles } from '../../kube/resources.ts';
import { defineResource } from './define.ts';
import { bindingCells, bindingStrategy } from './rbac/bindings.ts';

/** Whether the binder may bind is the admission step of rbac/escalation.ts. */
export const roleBindingResource = defineResource<RoleBinding>({
  ...roleBindings,
  strategy: bindingStrategy([roles.kind, clusterRoles.kind], true),
  cells: bindingCells,
});
