import type { Namespace } from '../../../kube/api.gen.ts';
import { Authorizer as AuthorizerValue, type Question } from '../../../kube/cel/library/authorizer.ts';
import { parseTimestamp } from '../../../kube/cel/time.ts';
import { CelObject, fromJson } from '../../../kube/cel/values.ts';
import { namespaces } from '../../../kube/resources.ts';
import type { User } from '../../api.ts';
import { arrange } from '../../codec/typed.ts';
import type { ResourceDefinition } from '../../definition.ts';
import type { Authorizer } from '../../rbac/types.ts';
import { authenticatedGroup, serviceAccountGroups, serviceAccountUserName } from '../../rbac/users.ts';
import type { AdmissionAttributes } from '../../registry/admission.ts';

/** A value whose fields are declared. */
class Fields extends CelObject {
  readonly typeName: string;
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(typeName: string, values: Readonly<Record<string, unknown>>) {
    super();
    this.typeName = typeName;
    this.#values = new Map(Object.entries(values).filter(([, value]) => value !== undefined));
  }

  get(name: string): unknown {
    return this.#values.get(name);
  }

  fields(): Iterable<string> {
    return this.#values.keys();
  }
}

/** An object as its clients read it, in CEL. */
export function celObject(
  definition: Pick<ResourceDefinition, 'schema' | 'custom'>,
  object: object | undefined,
): unknown {
  if (object === undefined) return null;
  return fromJson(definition.custom ? object : arrange(definition.schema, { ...object }));
}

function requestValue(attributes: AdmissionAttributes): unknown {
  const { definition, operation, user, namespace, name, subresource = '', dryRun, object } = attributes;
  const { group, version, kind, resource } = definition;
  const gvk = new Fields('kubernetes.GroupVersionKind', { group, version, kind });
  const gvr = new Fields('kubernetes.GroupVersionResource', { group, version, resource });
  return new Fields('kubernetes.AdmissionRequest', {
    kind: gvk,
    resource: gvr,
    subResource: subresource,
    requestKind: gvk,
    requestResource: gvr,
    requestSubResource: subresource,
    name: name ?? object?.metadata?.name ?? '',
    namespace: namespace ?? '',
    operation,
    userInfo: new Fields('kubernetes.UserInfo', {
      username: user.name,
      uid: user.uid ?? '',
      groups: fromJson([...user.groups]),
      extra: fromJson({ ...user.extra }),
    }),
    dryRun,
    options: null,
  });
}

function namespaceValue({ metadata, spec, status }: Namespace): unknown {
  const { uid, labels, annotations, finalizers, creationTimestamp, deletionTimestamp, generation, ...meta } =
    metadata ?? {};
  const { name, generateName, resourceVersion } = meta;
  const list = (value: readonly string[] | undefined) => value && fromJson(value);
  return new Fields('kubernetes.Namespace', {
    metadata: new Fields('kubernetes.NamespaceMetadata', {
      name,
      generateName,
      UID: uid,
      resourceVersion,
      labels: labels && fromJson(labels),
      annotations: annotations && fromJson(annotations),
      finalizers: list(finalizers),
      creationTimestamp: creationTimestamp ? parseTimestamp(creationTimestamp) : undefined,
      deletionTimestamp: deletionTimestamp ? parseTimestamp(deletionTimestamp) : undefined,
      generation: generation === undefined ? undefined : BigInt(generation),
    }),
    spec: new Fields('kubernetes.NamespaceSpec', { finalizers: list(spec?.finalizers) }),
    status: new Fields('kubernetes.NamespaceStatus', { phase: status?.phase }),
  });
}

/** What expressions may ask of the requester's rights. */
function decider(authorizer: Authorizer, user: User) {
  return ({ verb, path, serviceAccount: account, group = '', resource = '', ...rest }: Question) => {
    const who = account
      ? {
          name: serviceAccountUserName(account.namespace, account.name),
          groups: [...serviceAccountGroups(account.namespace), authenticatedGroup],
        }
      : user;
    return authorizer.authorize(
      path === undefined
        ? { user: who, verb, resourceRequest: true, group, version: '*', resource, ...rest }
        : { user: who, verb, resourceRequest: false, path },
    );
  };
}

/** The variables that do not depend on the policy. */
export function requestValues(attributes: AdmissionAttributes, authorizer: Authorizer): Map<string, unknown> {
  const { definition, object, oldObject, namespace, subresource, name } = attributes;
  const space = definition.namespaced && namespace ? attributes.read(namespaces, undefined, namespace) : undefined;
  const decide = decider(authorizer, attributes.user);
  const asked = {
    verb: '',
    group: definition.group,
    resource: definition.resource,
    ...(subresource !== undefined && { subresource }),
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
  };
  return new Map<string, unknown>([
    ['object', celObject(definition, object)],
    ['oldObject', celObject(definition, oldObject)],
    ['request', requestValue(attributes)],
    ['namespaceObject', space ? namespaceValue(space) : null],
    ['authorizer', new AuthorizerValue(decide)],
    ['authorizer.requestResource', new AuthorizerValue(decide, asked, 'kubernetes.authorization.ResourceCheck')],
  ]);
}
