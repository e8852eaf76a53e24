import type { PolicyRule, Subject } from '../kube/api.gen.ts';
import type { KubeObject } from '../kube/meta.ts';
import * as resources from '../kube/resources.ts';
import type { ObjectChange } from './changes.ts';

/** A solution with one thing wrong. */
export interface Mutant {
  /** `Role pod-reader: without the verb list`: the same at every run. */
  name: string;
  changes: ObjectChange[];
}

/** Leaves of one object's spec that are changed; more would say nothing new. */
const mostLeaves = 15;

/** Every way to do a solution nearly: something left out, too wide, for somebody else, elsewhere. */
export function mutantsOf(changes: readonly ObjectChange[]): Mutant[] {
  return changes.flatMap((change, index) => {
    const label = `${change.resource.kind} ${(change.after ?? change.before)?.metadata?.name}`;
    const others = changes.filter((_, i) => i !== index);
    const created = (what: string, ...instead: ObjectChange[]): Mutant => ({
      name: `${label}: ${what}`,
      changes: [...others, ...instead],
    });
    const without = created(change.before ? 'left as it was' : 'left out');
    const { after } = change;
    if (!after) return [without];
    const edits = [...ruleEdits(after), ...subjectEdits(after), ...dataEdits(after), ...leafEdits(change)];
    return [
      without,
      ...edits.map(({ what, object }) => created(what, { ...change, after: object })),
      ...elsewhere(change).map(({ what, change: moved }) => created(what, moved)),
    ];
  });
}

interface Edit {
  what: string;
  object: KubeObject;
}

/** The object with a field at a path set, or taken away (undefined). */
function edited(object: KubeObject, path: readonly (string | number)[], value: unknown): KubeObject {
  const copy = structuredClone(object);
  let at = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  if (value !== undefined) at[last] = value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
  return copy;
}

function ruleEdits(object: KubeObject): Edit[] {
  const rules = (object as { rules?: PolicyRule[] | null }).rules ?? [];
  return rules.flatMap((rule, index) => {
    const of = rules.length > 1 ? ` of rule ${index + 1}` : '';
    const edit = (what: string, path: (string | number)[], value: unknown): Edit => ({
      what: `${what}${of}`,
      object: edited(object, ['rules', index, ...path], value),
    });
    const lists = (['apiGroups', 'resources'] as const).filter((key) => rule[key]?.length && !rule[key].includes('*'));
    return [
      ...rule.verbs.map((verb) => {
        const left = rule.verbs.filter((v) => v !== verb);
        return left.length > 0
          ? edit(`without the verb ${verb}`, ['verbs'], left)
          : { what: `without the verb ${verb}${of}`, object: edited(object, ['rules', index], undefined) };
      }),
      ...(rule.verbs.includes('*') ? [] : [edit('all verbs', ['verbs'], ['*'])]),
      ...lists.map((key) => edit(key === 'apiGroups' ? 'all API groups' : 'all resources', [key], ['*'])),
      ...(rule.resourceNames?.length ? [edit('all names', ['resourceNames'], undefined)] : []),
    ];
  });
}

function subjectEdits(object: KubeObject): Edit[] {
  const subjects = (object as { subjects?: Subject[] | null }).subjects ?? [];
  return subjects.flatMap((subject, index) => {
    const edit = (what: string, key: string, value: string): Edit => ({
      what,
      object: edited(object, ['subjects', index, key], value),
    });
    const other = subject.namespace === 'default' ? 'kube-system' : 'default';
    return [
      edit(`subject ${subject.name} renamed`, 'name', `${subject.name}-x`),
      ...(subject.kind === 'ServiceAccount'
        ? [edit(`subject ${subject.name} of another namespace`, 'namespace', other)]
        : []),
    ];
  });
}

function dataEdits(object: KubeObject): Edit[] {
  const { data = {} } = object as { data?: Record<string, string> };
  return Object.entries(data).flatMap(([key, value]) => {
    const wrong =
      object.kind === 'Secret'
        ? Buffer.from(`${Buffer.from(value, 'base64').toString()}x`).toString('base64')
        : `${value}x`;
    return [
      { what: `without ${key}`, object: edited(object, ['data', key], undefined) },
      { what: `another value of ${key}`, object: edited(object, ['data', key], wrong) },
    ];
  });
}

/** Of what a solution wrote into a spec each value once changed a little. */
function leafEdits({ before, after }: ObjectChange): Edit[] {
  const { spec } = (after ?? {}) as { spec?: object };
  if (!after || !spec) return [];
  const old = new Map(
    leavesOf((before as { spec?: object } | undefined)?.spec ?? {}, ['spec']).map((l) => [l.path.join('.'), l.value]),
  );
  return (
    leavesOf(spec, ['spec'])
      .filter(({ path, value }) => old.get(path.join('.')) !== value)
      // The old name of serviceAccountName, which wins.
      .filter(({ path }) => path.at(-1) !== 'serviceAccount')
      // The API server's own default, which says nothing of what somebody meant.
      .filter(({ path, value }) => path.at(-1) !== 'defaultMode' || value !== 0o644)
      .slice(0, mostLeaves)
      .map(({ path, value }) => ({
        what: `another ${path.join('.')}`,
        object: edited(
          after,
          path,
          typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${value}x`,
        ),
      }))
  );
}

function leavesOf(
  value: unknown,
  path: (string | number)[],
): { path: (string | number)[]; value: string | number | boolean }[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => leavesOf(item, [...path, index]));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [{ path, value }] : [];
}

/** The same object in another namespace, or in all of them. */
function elsewhere(change: ObjectChange): { what: string; change: ObjectChange }[] {
  const { after, before, resource } = change;
  const namespace = after?.metadata?.namespace;
  if (!after || before || !namespace) return [];
  const other = namespace === 'default' ? 'kube-system' : 'default';
  const moved = {
    what: `in namespace ${other}`,
    change: { ...change, after: edited(after, ['metadata', 'namespace'], other) },
  };
  const { roleRef } = after as { roleRef?: { kind: string } };
  if (resource.kind !== 'RoleBinding' || roleRef?.kind !== 'ClusterRole') return [moved];
  const wide = { ...edited(after, ['metadata', 'namespace'], undefined), kind: 'ClusterRoleBinding' };
  return [moved, { what: 'in the whole cluster', change: { resource: resources.clusterRoleBindings, after: wide } }];
}
