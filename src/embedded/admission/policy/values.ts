import { namespaces } from '../../../kube/resources.ts';
import type { User } from '../../api.ts';
import { arrange } from '../../codec/typed.ts';
import type { ResourceDefinition } from '../../definition.ts';
import type { Authorizer } from '../../rbac/types.ts';
import { authenticatedGroup, serviceAccountGroups, serviceAccountUserName } from '../../rbac/users.ts';
import { cel } from '../cel/load.ts';
import { toCel } from '../cel/values.ts';
import type { AdmissionAttributes } from '../types.ts';

/** An object as its clients read it, in CEL. */
export function celObject(definition: Pick<ResourceDefinition, 'schema'>, object: object | undefined): unknown {
  if (object === undefined) return null;
  return toCel(definition.schema.startsWith('io.k8s.') ? arrange(definition.schema, { ...object }) : object);
}

function requestValue(attributes: AdmissionAttributes): unknown {
  const { definition, operation, user, namespace, name, subresource, dryRun, object } = attributes;
  const { group, version, kind, resource } = definition;
  const gvk = { group, version, kind };
  const gvr = { group, version, resource };
  return toCel({
    kind: gvk,
    resource: gvr,
    subResource: subresource ?? '',
    requestKind: gvk,
    requestResource: gvr,
    requestSubResource: subresource ?? '',
    name: name ?? object?.metadata?.name ?? '',
    namespace: namespace ?? '',
    operation,
    userInfo: { username: user.name, uid: user.uid ?? '', groups: [...user.groups], extra: { ...user.extra } },
    dryRun,
  });
}

/** What expressions may ask of the requester's rights. */
function authorizerValue(authorizer: Authorizer, user: User) {
  const { AuthorizerValue } = cel();
  return new AuthorizerValue((question, verb) => {
    const account = question.serviceAccount;
    const who = account
      ? {
          name: serviceAccountUserName(account.namespace, account.name),
          groups: [...serviceAccountGroups(account.namespace), authenticatedGroup],
        }
      : user;
    const { path, group = '', resource = '', subresource, namespace, name } = question;
    return authorizer.authorize(
      path === undefined
        ? {
            user: who,
            verb,
            resourceRequest: true,
            group,
            version: '*',
            resource,
            ...(subresource !== undefined && { subresource }),
            ...(namespace !== undefined && { namespace }),
            ...(name !== undefined && { name }),
          }
        : { user: who, verb, resourceRequest: false, path },
    );
  });
}

/** The variables that do not depend on the policy. */
export function requestValues(attributes: AdmissionAttributes, authorizer: Authorizer): Record<string, unknown> {
  const { definition, object, oldObject, namespace } = attributes;
  const space = definition.namespaced && namespace ? attributes.read(namespaces, undefined, namespace) : undefined;
  return {
    object: celObject(definition, object),
    oldObject: celObject(definition, oldObject),
    request: requestValue(attributes),
    namespaceObject: toCel(space ?? null),
    authorizer: authorizerValue(authorizer, attributes.user),
  };
}
