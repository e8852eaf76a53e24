import type { Role } from '../../kube/api.gen.ts';
import { roles } from '../../kube/resources.ts';
import { defineResource } from './define.ts';
import { validateRules } from './rbac/rules.ts';

/** Escalation prevention is the admission step of rbac/escalation.ts. */
export const roleResource = defineResource<Role>({
  ...roles,
  strategy: {
    nameRule: 'path-segment',
    validate: (role) => validateRules(role.rules, true),
  },
  cells: ({ metadata }) => [metadata.name, metadata.creationTimestamp],
});
