import type { ClusterRole, PolicyRule, Role, RoleBinding } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { goList, writeAnnotations, writeLabels, writeTable } from './format.ts';

/** A rule as kubectl shows it: one resource of one group with one name at most, or one URL. */
interface SimpleRule {
  group?: string;
  resource?: string;
  names: string[];
  urls: string[];
  verbs: string[];
}

export const describeRole: Describer<Role | ClusterRole> = async (w, role) => {
  w.write(0, `Name:\t${role.metadata?.name ?? ''}\n`);
  writeLabels(w, 'Labels', role.metadata?.labels);
  writeAnnotations(w, role.metadata?.annotations);
  w.write(0, 'PolicyRule:\n');
  const rows = compactRules(role.rules ?? []).map((rule) => [
    resourceText(rule),
    goList(rule.urls),
    goList(rule.names),
    goList(rule.verbs),
  ]);
  writeTable(w, ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'], rows);
};

/** Rules taken apart, those of the same resource put together, in the order of how Go prints them. */
function compactRules(rules: readonly PolicyRule[]): SimpleRule[] {
  const byResource = new Map<string, SimpleRule>();
  const all: SimpleRule[] = [];
  for (const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [], verbs } of rules) {
    const names = resourceNames.length > 0 ? resourceNames.map((name) => [name]) : [[]];
    for (const group of apiGroups)
      for (const resource of resources)
        for (const name of names) {
          const key = JSON.stringify([group, resource, name]);
          const known = byResource.get(key);
          if (known) known.verbs.push(...verbs.filter((verb) => !known.verbs.includes(verb)));
          else {
            const rule = { group, resource, names: name, urls: [], verbs: [...verbs] };
            byResource.set(key, rule);
            all.push(rule);
          }
        }
    for (const url of nonResourceURLs) for (const verb of verbs) all.push({ names: [], urls: [url], verbs: [verb] });
  }
  return all.sort((a, b) => (printed(a) < printed(b) ? -1 : printed(a) > printed(b) ? 1 : 0));
}

function printed({ group, resource, names, urls, verbs }: SimpleRule): string {
  const one = (text: string | undefined) => `[${text ?? ''}]`;
  return `Verbs:${goList(verbs)},APIGroups:${one(group)},Resources:${one(resource)},ResourceNames:${goList(names)},NonResourceURLs:${goList(urls)},`;
}

/** `deployments.apps/scale` */
function resourceText({ group, resource = '' }: SimpleRule): string {
  const [bare, ...subresource] = resource.split('/');
  return [group ? `${bare}.${group}` : bare, ...subresource].join('/');
}

export const describeRoleBinding: Describer<RoleBinding> = async (w, { metadata, roleRef, subjects = [] }) => {
  w.write(0, `Name:\t${metadata?.name ?? ''}\n`);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
  w.write(0, 'Role:\n');
  w.write(1, `Kind:\t${roleRef.kind}\n`);
  w.write(1, `Name:\t${roleRef.name}\n`);
  w.write(0, 'Subjects:\n');
  const rows = subjects.map(({ kind, name, namespace }) => [kind, name, namespace ?? '']);
  writeTable(w, ['Kind', 'Name', 'Namespace'], rows);
};
