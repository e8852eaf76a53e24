import type { ClusterRoleBinding, PolicyRule, Subject as RbacSubject, RoleBinding } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import type { Baseline, Need } from '../types.ts';
import type { Subject } from './subject.ts';

/** One rule that a subject has, and by which way it got it. */
export interface Grant {
  rule: PolicyRule;
  /** Counted from 1, as people count. */
  ruleNumber: number;
  /** `Role pod-reader` */
  role: string;
  /** `RoleBinding pod-reader` */
  binding: string;
  bindingNamespace?: string;
  /** Undefined: in the whole cluster. */
  namespace?: string;
  /** A group beyond any one namespace that the same binding gives it to. */
  everyone?: string;
}

/** Groups that reach beyond one namespace's own accounts. */
const wideGroups = new Set(['system:authenticated', 'system:unauthenticated', 'system:serviceaccounts']);

/** Anything that lists RBAC objects: the live view or the baseline. */
export type RbacSource = Pick<Baseline, 'get' | 'list'>;
export type Binding = Stored<RoleBinding> | Stored<ClusterRoleBinding>;

/** What must be mirrored to know anyone's effective grants. Bindings of all namespaces: rights may sit anywhere. */
export const rbacNeeds: Need[] = [
  { kind: 'resource', resource: resources.roles },
  { kind: 'resource', resource: resources.roleBindings },
  { kind: 'resource', resource: resources.clusterRoles },
  { kind: 'resource', resource: resources.clusterRoleBindings },
];

/** Whether a binding's subject entry means this subject, as the RBAC authorizer matches them. */
export function matchesSubject(entry: RbacSubject, subject: Subject, bindingNamespace: string | undefined): boolean {
  if (entry.kind === 'User') return entry.name === subject.user;
  if (entry.kind === 'Group') return subject.groups.includes(entry.name);
  return (
    subject.serviceAccount?.name === entry.name &&
    subject.serviceAccount.namespace === (entry.namespace || bindingNamespace)
  );
}

/** All bindings, of namespaces and of the cluster. */
export function bindingsOf(source: RbacSource): Binding[] {
  return [...source.list(resources.roleBindings), ...source.list(resources.clusterRoleBindings)];
}

/** The rules of the role that a binding refers to; undefined if there is no such role. */
export function rulesOf(source: RbacSource, binding: Binding): PolicyRule[] | undefined {
  const { kind, name } = binding.roleRef;
  const role =
    kind === 'Role'
      ? source.get(resources.roles, binding.metadata.namespace, name)
      : source.get(resources.clusterRoles, undefined, name);
  return role ? (role.rules ?? []) : undefined;
}

/** Every rule that applies to the subject anywhere, each with the way it came. */
export function grantsOf(source: RbacSource, subject: Subject): Grant[] {
  return bindingsOf(source).flatMap((binding) => {
    const { namespace } = binding.metadata;
    if (!binding.subjects?.some((entry) => matchesSubject(entry, subject, namespace))) return [];
    const everyone = binding.subjects.find((entry) => entry.kind === 'Group' && wideGroups.has(entry.name))?.name;
    return (rulesOf(source, binding) ?? []).map((rule, index) => ({
      rule,
      ruleNumber: index + 1,
      role: `${binding.roleRef.kind} ${binding.roleRef.name}`,
      binding: `${namespace ? 'RoleBinding' : 'ClusterRoleBinding'} ${binding.metadata.name}`,
      ...(namespace ? { bindingNamespace: namespace, namespace } : {}),
      ...(everyone ? { everyone } : {}),
    }));
  });
}
