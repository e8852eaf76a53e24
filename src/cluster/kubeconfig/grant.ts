import { stringify } from 'yaml';
import type { KubeObject } from '../../kube/meta.ts';
import type { ClusterRight } from '../provider.ts';

const apiGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${apiGroup}/v1`;

/**
 * The manifest that grants rights to a user, and no more: a ClusterRole with a RoleBinding in each namespace for what is
 * needed in namespaces, another one with a ClusterRoleBinding for what is needed beyond. YAML documents.
 */
export function grantOf(rights: readonly ClusterRight[], user: string): string {
  const [beyond, within] = [false, true].map((wanted) =>
    rights.filter(({ namespace }) => (namespace !== undefined) === wanted),
  ) as [ClusterRight[], ClusterRight[]];
  const namespaces = [...new Set(within.flatMap(({ namespace }) => namespace ?? []))];
  const objects = [
    ...(within.length > 0 ? [clusterRole('kubedrill', within)] : []),
    ...namespaces.map((namespace) => bindingOf('kubedrill', user, namespace)),
    ...(beyond.length > 0 ? [clusterRole('kubedrill-cluster', beyond), bindingOf('kubedrill-cluster', user)] : []),
  ];
  return objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
}

/** One rule for all resources of a group that need the same verbs. */
function clusterRole(name: string, rights: readonly ClusterRight[]): KubeObject {
  const types = Map.groupBy(rights, ({ group, resource }) => `${group} ${resource}`);
  const needs = [...types.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const { group, resource, verb } = first;
    return [{ group, resource, verbs: [...new Set([verb, ...others.map((other) => other.verb)])] }];
  });
  const alike = Map.groupBy(needs, ({ group, verbs }) => `${group} ${verbs.toSorted().join()}`);
  const rules = [...alike.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const resources = [first, ...others].map(({ resource }) => resource);
    return [{ apiGroups: [first.group], resources, verbs: first.verbs }];
  });
  return { apiVersion, kind: 'ClusterRole', metadata: { name }, rules } as KubeObject;
}

function bindingOf(name: string, user: string, namespace?: string): KubeObject {
  return {
    apiVersion,
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    roleRef: { apiGroup, kind: 'ClusterRole', name },
    subjects: [{ apiGroup, kind: 'User', name: user }],
  } as KubeObject;
}
