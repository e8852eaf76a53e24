import type { ClusterRoleBinding, PolicyRule, RoleBinding, RoleRef, Subject } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../../kube/resources.ts';
import type { User } from '../api.ts';
import type { ObjectReader } from '../definition.ts';
import { quote } from '../errors/field.ts';
import { parseServiceAccount } from './users.ts';

/** One rule that applies to a user and where it comes from, or a binding whose role could not be read. */
export type Grant = { rule: PolicyRule; source: Source } | { error: string };

/** The binding through which a rule applies, and the first of its subjects that is the user. */
export interface Source {
  binding: Stored<RoleBinding> | Stored<ClusterRoleBinding>;
  subject: Subject;
}

type Binding = Source['binding'];
/** Bindings by the subjects they name; `order` is the binding's place in the list that they come from. */
type SubjectIndex = Map<string, { binding: Binding; subject: Subject; order: number; subjectIndex: number }[]>;

const maxRememberedUsers = 2000;

/**
 * Finds which rules apply to a user: all ClusterRoleBindings, then the RoleBindings of one namespace, in order of
 * their names. Reads through `reader` and remembers what it found until `revision` gives another value, so that a
 * change counts at once.
 */
export class RuleResolver {
  readonly #reader: ObjectReader;
  readonly #revision: () => unknown;
  #seen: unknown;
  #objects: readonly (readonly Stored[])[] = [];
  /** By namespace, '' for ClusterRoleBindings. */
  #bindings = new Map<string, SubjectIndex>();
  #grants = new Map<string, readonly Grant[]>();

  /** `revision`: cheap, and different after every write; it says when to look whether a role or a binding changed. */
  constructor(reader: ObjectReader, revision: () => unknown) {
    this.#reader = reader;
    this.#revision = revision;
  }

  /** Every rule that applies to the user in the namespace; without a namespace only cluster-wide ones. */
  grants(user: User, namespace: string | undefined): readonly Grant[] {
    this.#refresh();
    const key = [namespace ?? '', user.name, ...user.groups].join('\n');
    let found = this.#grants.get(key);
    if (!found) {
      found = [...this.#resolve(user, ''), ...(namespace ? this.#resolve(user, namespace) : [])];
      if (this.#grants.size >= maxRememberedUsers) this.#grants.clear();
      this.#grants.set(key, found);
    }
    return found;
  }

  /** The rules and the errors of `grants`. */
  rulesFor(user: User, namespace: string | undefined): { rules: PolicyRule[]; errors: string[] } {
    const rules: PolicyRule[] = [];
    const errors: string[] = [];
    for (const grant of this.grants(user, namespace)) {
      if ('rule' in grant) rules.push(grant.rule);
      else errors.push(grant.error);
    }
    return { rules, errors };
  }

  /** The rules of a role that a binding in `namespace` refers to, or why there are none. */
  roleRules(ref: RoleRef, namespace: string | undefined): readonly PolicyRule[] | { error: string } {
    switch (ref.kind) {
      case 'Role': {
        const role = this.#reader.read(roles, namespace, ref.name);
        return role ? (role.rules ?? []) : { error: `role.${roles.group} ${quote(ref.name)} not found` };
      }
      case 'ClusterRole': {
        const role = this.#reader.read(clusterRoles, undefined, ref.name);
        return role ? (role.rules ?? []) : { error: `clusterrole.${roles.group} ${quote(ref.name)} not found` };
      }
      default:
        return { error: `unsupported role reference kind: ${quote(ref.kind)}` };
    }
  }

  #refresh(): void {
    const now = this.#revision();
    if (now === this.#seen) return;
    this.#seen = now;
    const reader = this.#reader;
    const objects = [
      reader.listAll(clusterRoleBindings),
      reader.listAll(roleBindings),
      reader.listAll(clusterRoles),
      reader.listAll(roles),
    ];
    if (objects.every((list, i) => sameVersions(list, this.#objects[i]))) return;
    this.#objects = objects;
    this.#bindings.clear();
    this.#grants.clear();
  }

  #index(namespace: string): SubjectIndex {
    const known = this.#bindings.get(namespace);
    if (known) return known;
    const index: SubjectIndex = new Map();
    const bindings: Binding[] =
      namespace === '' ? this.#reader.listAll(clusterRoleBindings) : this.#reader.listAll(roleBindings, namespace);
    [...bindings].sort(byName).forEach((binding, order) => {
      binding.subjects?.forEach((subject, subjectIndex) => {
        const key = subjectKey(subject, namespace);
        if (key === undefined) return;
        const entries = index.get(key);
        const entry = { binding, subject, order, subjectIndex };
        if (entries) entries.push(entry);
        else index.set(key, [entry]);
      });
    });
    this.#bindings.set(namespace, index);
    return index;
  }

  #resolve(user: User, namespace: string): Grant[] {
    const index = this.#index(namespace);
    const keys = [`User:${user.name}`, ...user.groups.map((group) => `Group:${group}`)];
    if (parseServiceAccount(user.name)) keys.push(`ServiceAccount:${user.name}`);
    const hits = keys
      .flatMap((key) => index.get(key) ?? [])
      .sort((a, b) => a.order - b.order || a.subjectIndex - b.subjectIndex);
    const grants: Grant[] = [];
    let last: Binding | undefined;
    for (const { binding, subject } of hits) {
      if (binding === last) continue;
      last = binding;
      const rules = this.roleRules(binding.roleRef, namespace);
      if ('error' in rules) grants.push({ error: rules.error });
      else for (const rule of rules) grants.push({ rule, source: { binding, subject } });
    }
    return grants;
  }
}

function sameVersions(a: readonly Stored[], b: readonly Stored[] | undefined): boolean {
  return a.length === b?.length && a.every((o, i) => o.metadata.resourceVersion === b[i]?.metadata.resourceVersion);
}

function byName(a: Binding, b: Binding): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** A ServiceAccount of a RoleBinding without a namespace is one of the binding's; of a ClusterRoleBinding it is nobody. */
function subjectKey(subject: Subject, bindingNamespace: string): string | undefined {
  if (subject.kind !== 'ServiceAccount') return `${subject.kind}:${subject.name}`;
  const namespace = subject.namespace || bindingNamespace;
  return namespace === '' ? undefined : `ServiceAccount:system:serviceaccount:${namespace}:${subject.name}`;
}

/** `RoleBinding "b/ns" of Role "r" to ServiceAccount "app/ns"`: how the authorizer names the reason. */
export function describeSource({ binding, subject }: Source): string {
  const { name, namespace } = binding.metadata;
  const where = namespace ? `RoleBinding ${quote(`${name}/${namespace}`)}` : `ClusterRoleBinding ${quote(name)}`;
  const who =
    subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace || (namespace ?? '')}` : subject.name;
  return `${where} of ${binding.roleRef.kind} ${quote(binding.roleRef.name)} to ${subject.kind} ${quote(who)}`;
}
