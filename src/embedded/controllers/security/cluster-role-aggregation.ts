import type { ClusterRole, PolicyRule } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { clusterRoles } from '../../../kube/resources.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { Component } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { sameJson } from '../../errors/field.ts';
import { controllerClient } from '../identity.ts';

/** Fills the rules of ClusterRoles with an aggregationRule from the ClusterRoles that it selects. */
export const clusterRoleAggregation: Component = {
  name: 'clusterrole-aggregation',
  start(context) {
    const client = controllerClient(context, 'clusterrole-aggregation-controller');
    const roles = context.informers.of(clusterRoles);

    async function sync(name: string): Promise<void> {
      const role = roles.get(undefined, name);
      if (!role?.aggregationRule) return;
      const rules = aggregate(role, roles.list());
      if (sameJson(rules, role.rules)) return;
      const config = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name },
        rules,
      };
      await client.patch(clusterRoles, undefined, name, 'apply', config, {
        fieldManager: 'clusterrole-aggregation-controller',
        force: true,
      });
    }

    const queue = new WorkQueue({ clock: context.clock, signal: context.signal, report: context.report, sync });
    const all = () => {
      for (const role of roles.list()) {
        if (role.aggregationRule) queue.add(role.metadata.name);
      }
    };
    roles.on({ add: all, update: all, delete: all });
  },
};

/** The rules of all selected roles, by selector and then by name, each rule once. */
function aggregate(role: Stored<ClusterRole>, roles: readonly Stored<ClusterRole>[]): PolicyRule[] {
  const rules: PolicyRule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selected = roles
      .filter((r) => r.metadata.name !== role.metadata.name && selectorMatches(selector, r.metadata.labels))
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    for (const rule of selected.flatMap((r) => r.rules ?? [])) {
      if (!rules.some((known) => sameJson(known, rule))) rules.push(rule);
    }
  }
  return rules;
}
