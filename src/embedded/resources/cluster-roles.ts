import type { ClusterRole } from '../../kube/api.gen.ts';
import { clusterRoles } from '../../kube/resources.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { validateRules } from './rbac/rules.ts';

function validateAggregation(role: ClusterRole): FieldError[] {
  if (!role.aggregationRule || role.aggregationRule.clusterRoleSelectors?.length) return [];
  return [
    field.required(
      field.path('aggregationRule', 'clusterRoleSelectors'),
      'at least one clusterRoleSelector required if aggregationRule is non-nil',
    ),
  ];
}

/** The rules of an aggregated role are the clusterrole-aggregation controller's to fill in. */
export const clusterRoleResource = defineResource<ClusterRole>({
  ...clusterRoles,
  strategy: {
    nameRule: 'path-segment',
    validate: (role) => [...validateRules(role.rules, false), ...validateAggregation(role)],
  },
  cells: ({ metadata }) => [metadata.name, metadata.creationTimestamp],
});
