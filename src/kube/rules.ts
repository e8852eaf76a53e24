import type { PolicyRule } from './api.gen.ts';

/** One request, as far as RBAC rules look at it. An AuthorizationAttributes of the embedded cluster is one. */
export type RuleAttributes = { verb: string } & (
  | { resourceRequest: true; group: string; resource: string; subresource?: string; name?: string }
  | { resourceRequest: false; path: string }
);

const has = (list: readonly string[] | undefined, item: string) => list?.includes(item) ?? false;

/** Whether one rule allows one request, as RuleAllows of the RBAC authorizer does. */
export function allows(rule: PolicyRule, attributes: RuleAttributes): boolean {
  if (!has(rule.verbs, '*') && !has(rule.verbs, attributes.verb)) return false;
  if (!attributes.resourceRequest) {
    return rule.nonResourceURLs?.some((url) => urlCovers(url, attributes.path)) ?? false;
  }
  const { group, resource, subresource, name } = attributes;
  return (
    (has(rule.apiGroups, '*') || has(rule.apiGroups, group)) &&
    resourceCovers(rule.resources, subresource ? `${resource}/${subresource}` : resource) &&
    (!rule.resourceNames?.length || has(rule.resourceNames, name ?? ''))
  );
}

/** Whether any of the rules allows the request. */
export function rulesAllow(rules: readonly PolicyRule[], attributes: RuleAttributes): boolean {
  return rules.some((rule) => allows(rule, attributes));
}

/** `resource` may be `pods`, `pods/log` or a pattern itself (`*`, a star and a subresource). */
function resourceCovers(granted: readonly string[] | undefined, resource: string): boolean {
  if (has(granted, '*') || has(granted, resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && has(granted, `*${resource.slice(slash)}`);
}

function urlCovers(granted: string, path: string): boolean {
  if (granted === '*' || granted === path) return true;
  return granted.endsWith('*') && path.startsWith(granted.replace(/\*+$/, ''));
}

/**
 * The smallest unit of what rules can say: one verb on one resource (with `/subresource`; may be a wildcard) of one
 * group, of one name or of all, or one verb on one path.
 */
export type Right = { verb: string; group: string; resource: string; name?: string } | { verb: string; path: string };

/** Takes rules apart into rights, in the order of groups, resources, names, verbs. Wildcards stay as they are. */
export function rightsOf(rules: readonly PolicyRule[]): Right[] {
  const rights: Right[] = [];
  for (const rule of rules) {
    const names: (string | undefined)[] = rule.resourceNames?.length ? rule.resourceNames : [undefined];
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        for (const verb of rule.verbs) {
          for (const name of names) {
            rights.push(name === undefined ? { verb, group, resource } : { verb, group, resource, name });
          }
        }
      }
    }
    for (const path of rule.nonResourceURLs ?? []) {
      for (const verb of rule.verbs) rights.push({ verb, path });
    }
  }
  return rights;
}

/** The rule that says just this. */
function ruleOf(right: Right): PolicyRule {
  if ('path' in right) return { verbs: [right.verb], nonResourceURLs: [right.path] };
  const { verb, group, resource, name } = right;
  const rule: PolicyRule = { verbs: [verb], apiGroups: [group], resources: [resource] };
  if (name !== undefined) rule.resourceNames = [name];
  return rule;
}

function covers1(rule: PolicyRule, right: Right): boolean {
  if (!has(rule.verbs, '*') && !has(rule.verbs, right.verb)) return false;
  if ('path' in right) return rule.nonResourceURLs?.some((url) => urlCovers(url, right.path)) ?? false;
  return (
    (has(rule.apiGroups, '*') || has(rule.apiGroups, right.group)) &&
    resourceCovers(rule.resources, right.resource) &&
    (!rule.resourceNames?.length || (right.name !== undefined && has(rule.resourceNames, right.name)))
  );
}

/**
 * The rights of `required` that no rule of `granted` gives, each as a rule of its own: what escalation prevention
 * reports. A wildcard is only given by a wildcard. Order as in `rightsOf`.
 */
export function missingRights(granted: readonly PolicyRule[], required: readonly PolicyRule[]): PolicyRule[] {
  return rightsOf(required)
    .filter((right) => !granted.some((rule) => covers1(rule, right)))
    .map(ruleOf);
}

/** Whether every right of `required` is given by `granted`. */
export function covers(granted: readonly PolicyRule[], required: readonly PolicyRule[]): boolean {
  return rightsOf(required).every((right) => granted.some((rule) => covers1(rule, right)));
}

/**
 * The rights of `granted` beyond `allowed`, without those that another one of them includes: a granted `*` is reported once,
 * not beside every verb that it contains. Empty means least privilege is kept.
 */
export function excess(granted: readonly PolicyRule[], allowed: readonly PolicyRule[]): Right[] {
  const distinct = new Map(rightsOf(granted).map((right) => [JSON.stringify(right), right]));
  const beyond = [...distinct.values()].filter((right) => !allowed.some((rule) => covers1(rule, right)));
  const someNamed = beyond.some((right) => 'name' in right);
  const wide = beyond.filter((r) => JSON.stringify(r).includes('*') || (someNamed && !('path' in r) && !('name' in r)));
  return beyond.filter((right) => !wide.some((other) => other !== right && covers1(ruleOf(other), right)));
}

/** `list pods`, `get configmaps "app"`, `create deployments.apps/scale`, `get path /metrics`: for people. */
export function formatRight(right: Right): string {
  if ('path' in right) return `${right.verb} path ${right.path}`;
  const [resource = '', subresource] = right.resource.split('/');
  const name = right.name === undefined ? '' : ` ${JSON.stringify(right.name)}`;
  const group = right.group === '' ? '' : `.${right.group}`;
  return `${right.verb} ${resource}${group}${subresource === undefined ? '' : `/${subresource}`}${name}`;
}

/**
 * Joins rules that differ in their verbs only and name one group and one resource (and at most one name), as the server does
 * before it lists missing rights. Rules that are not as simple come first.
 */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const simple = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    const names = rule.resourceNames ?? [];
    if (
      names.length > 1 ||
      rule.nonResourceURLs?.length ||
      rule.apiGroups?.length !== 1 ||
      rule.resources?.length !== 1
    ) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, names]);
    const known = simple.get(key);
    if (known) known.verbs = [...known.verbs, ...rule.verbs];
    else simple.set(key, { ...rule });
  }
  return [...others, ...simple.values()];
}

/** A rule as the server writes it in messages: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function describeRule(rule: PolicyRule): string {
  const parts: string[] = [];
  const add = (label: string, values: readonly string[] | undefined) => {
    if (values?.length) parts.push(`${label}:[${values.map((v) => JSON.stringify(v)).join(' ')}]`);
  };
  add('APIGroups', rule.apiGroups);
  add('Resources', rule.resources);
  add('NonResourceURLs', rule.nonResourceURLs);
  add('ResourceNames', rule.resourceNames);
  add('Verbs', rule.verbs);
  return `{${parts.join(', ')}}`;
}
