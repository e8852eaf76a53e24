/**
 * Escalation prevention: nobody can give away, through a role or a binding, what he does not have himself, unless he
 * holds the verb `escalate` on the role or `bind` on the role that is bound.
 */
import type { ClusterRole, PolicyRule, Role, RoleBinding } from '../../kube/api.gen.ts';
import type { KubeObject } from '../../kube/meta.ts';
import { clusterRoles, roles } from '../../kube/resources.ts';
import { compactRules, covers, describeRule, missingRights } from '../../kube/rules.ts';
import type { User } from '../api.ts';
import { quote, sameJson } from '../errors/field.ts';
import { forbidden, internalError, notFound } from '../errors/status.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../registry/admission.ts';
import type { Authorizer } from './types.ts';
import { isSuperuser } from './users.ts';

const fullAuthority: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

/**
 * The check of writes to roles and bindings. kube-apiserver makes it in the storage of these kinds, after mutating
 * admission and before validation: here it is the last mutating plugin, which changes nothing.
 */
export function escalationCheck(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'RBACEscalation',
    mutate(attributes) {
      const { definition, operation, object, oldObject, user } = attributes;
      if (definition.group !== roles.group || attributes.subresource || !object) return;
      if ((operation !== 'CREATE' && operation !== 'UPDATE') || isSuperuser(user)) return;
      if (oldObject && onlyGarbageCollection(object, oldObject)) return;
      if (definition.resource === roles.resource || definition.resource === clusterRoles.resource) {
        checkRole(attributes, object, authorizer);
      } else checkBinding(attributes, object as RoleBinding, authorizer);
    },
  };
}

function checkRole(attributes: AdmissionAttributes, role: Role | ClusterRole, authorizer: Authorizer): void {
  const { definition, user, namespace, operation, name } = attributes;
  const escalates = authorizer.authorize({
    user,
    verb: 'escalate',
    resourceRequest: true,
    group: definition.group,
    version: definition.version,
    resource: definition.resource,
    namespace,
    // A request to create has no name that authorization could see.
    name: operation === 'CREATE' ? undefined : name,
  });
  if (escalates.allowed) return;
  const held = authorizer.rulesFor(user, namespace);
  const refusal = refuse(user, held, role.rules ?? []);
  if (refusal) throw forbidden(definition, nameOf(role), refusal);
  // An aggregated role can gather anything.
  const aggregates = (o: KubeObject | undefined) =>
    !!(o as ClusterRole | undefined)?.aggregationRule?.clusterRoleSelectors?.length;
  if ((aggregates(role) || aggregates(attributes.oldObject)) && !covers(held.rules, fullAuthority)) {
    throw forbidden(definition, nameOf(role), 'must have cluster-admin privileges to use the aggregationRule');
  }
}

function checkBinding(attributes: AdmissionAttributes, binding: RoleBinding, authorizer: Authorizer): void {
  const { definition, user, namespace } = attributes;
  const { kind, name, apiGroup } = binding.roleRef;
  const target = kind === roles.kind ? roles : kind === clusterRoles.kind ? clusterRoles : undefined;
  if (!target) throw internalError(`unsupported role reference kind: ${quote(kind)}`);
  const binds = authorizer.authorize({
    user,
    verb: 'bind',
    resourceRequest: true,
    group: apiGroup,
    version: target.version,
    resource: target.resource,
    namespace,
    name,
  });
  if (binds.allowed) return;
  const role = attributes.read(target, target.namespaced ? namespace : undefined, name);
  // As recorded: the missing role is reported as a missing binding.
  if (!role) throw notFound(definition, name);
  const refusal = refuse(user, authorizer.rulesFor(user, namespace), role.rules ?? []);
  if (refusal) throw forbidden(definition, nameOf(binding), refusal);
}

/** Why the user may not grant `rules`, in the server's words; undefined if he holds all of them. */
function refuse(
  user: User,
  held: { rules: readonly PolicyRule[]; errors: readonly string[] },
  rules: readonly PolicyRule[],
): string | undefined {
  const missing = missingRights(held.rules, rules);
  if (missing.length === 0) return undefined;
  const lines = [...new Set(compactRules(missing).map(describeRule))].sort();
  const groups = `[${user.groups.map(quote).join(' ')}]`;
  const unresolved = held.errors.length > 0 ? `; resolution errors: [${held.errors.join(' ')}]` : '';
  return `user ${quote(user.name)} (groups=${groups}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${unresolved}`;
}

function nameOf(object: KubeObject): string {
  return object.metadata?.name ?? '';
}

/** Whether an update touches at most what the garbage collector needs to delete the object. */
function onlyGarbageCollection(object: KubeObject, old: KubeObject): boolean {
  const bare = ({ metadata, ...rest }: KubeObject) => {
    const { finalizers, ownerReferences, managedFields, ...kept } = metadata ?? {};
    return { ...rest, metadata: kept };
  };
  return sameJson(bare(object), bare(old));
}
