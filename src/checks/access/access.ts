import type { PolicyRule } from '../../kube/api.gen.ts';
import { allows, describeRule, type RuleAttributes } from '../../kube/rules.ts';
import type { AccessQuestion, Evidence } from '../types.ts';
import { type Binding, bindingsOf, grantsOf, matchesSubject, type RbacSource, rulesOf } from './grants.ts';
import { type Subject, serviceAccountSubject } from './subject.ts';

/** `list pods in namespace project-swan`, `get path /metrics`. */
export function describeQuestion(q: AccessQuestion): string {
  if (q.path !== undefined) return `${q.verb} path ${q.path}`;
  const resource = `${q.resource}${q.group ? `.${q.group}` : ''}${q.subresource ? `/${q.subresource}` : ''}`;
  const name = q.name ? ` "${q.name}"` : '';
  return `${q.verb} ${resource}${name} ${q.namespace ? `in namespace ${q.namespace}` : 'in the whole cluster'}`;
}

/** The question as a learner would ask it with kubectl. */
export function canICommand(q: AccessQuestion): string {
  const what = q.path ?? `${q.resource}${q.group ? `.${q.group}` : ''}${q.name ? `/${q.name}` : ''}`;
  const parts = ['kubectl auth can-i', q.verb, what];
  if (q.subresource) parts.push(`--subresource=${q.subresource}`);
  if (q.namespace) parts.push(`-n ${q.namespace}`);
  else if (q.path === undefined) parts.push('-A');
  parts.push(`--as=${q.user}`);
  // Impersonated ServiceAccounts get their groups from the server; users don't.
  if (!q.user.startsWith('system:serviceaccount:')) {
    for (const group of q.groups) if (group !== 'system:authenticated') parts.push(`--as-group=${group}`);
  }
  return parts.join(' ');
}

function attributesOf(q: AccessQuestion): RuleAttributes {
  if (q.path !== undefined) return { resourceRequest: false, verb: q.verb, path: q.path };
  const { verb, group = '', resource = '', subresource, name } = q;
  return {
    resourceRequest: true,
    verb,
    group,
    resource,
    ...(subresource ? { subresource } : {}),
    ...(name ? { name } : {}),
  };
}

/**
 * Why a denied question is denied: follows the rules the subject has, then the near misses people really make, to the
 * first missing or wrong rule, binding or subject.
 */
export function explainDenial(
  view: RbacSource,
  subject: Subject,
  q: AccessQuestion,
): { why: string; evidence: Evidence[] } {
  const evidence: Evidence[] = [
    { kind: 'review', text: `${subject.label} may not ${describeQuestion(q)}` },
    { kind: 'command', text: canICommand(q) },
  ];
  const miss = nearMisses(view, subject, q)[0];
  const here = grantsOf(view, subject).filter(
    (g) => !isDefault(g.rule) && (!g.namespace || g.namespace === q.namespace),
  );
  for (const grant of here) {
    evidence.push({
      kind: 'rule',
      text: `${grant.binding} gives ${grant.role}, rule ${grant.ruleNumber}: ${describeRule(grant.rule)}`,
    });
  }
  if (miss) {
    evidence.push({ kind: 'missing', text: miss.text }, { kind: 'command', text: miss.command });
    return { why: miss.text, evidence };
  }
  // What is, not what to do: a task may forbid a new binding, or any right of this subject.
  const why = `none of the rules that ${subject.label} has allows it to ${describeQuestion(q)}`;
  evidence.push(
    { kind: 'missing', text: why },
    {
      kind: 'command',
      text: q.namespace
        ? `kubectl get role,rolebinding -n ${q.namespace}`
        : 'kubectl get clusterrole,clusterrolebinding',
    },
  );
  return { why, evidence };
}

/** Whether the RBAC objects as mirrored give the right: what the next request will meet. */
export function isGranted(view: RbacSource, subject: Subject, q: AccessQuestion): boolean {
  const attributes = attributesOf(q);
  return grantsOf(view, subject).some(
    (grant) => (!grant.namespace || grant.namespace === q.namespace) && allows(grant.rule, attributes),
  );
}

/** Rules that everybody has say nothing about this subject. */
function isDefault(rule: PolicyRule): boolean {
  return Boolean(rule.nonResourceURLs?.length) || rule.resources?.every((r) => r.startsWith('self')) === true;
}

interface NearMiss {
  text: string;
  command: string;
}

/** Bindings and roles that almost give the right, the likeliest mistake first. */
function nearMisses(view: RbacSource, subject: Subject, q: AccessQuestion): NearMiss[] {
  const attributes = attributesOf(q);
  const misses: NearMiss[] = [];
  for (const binding of bindingsOf(view)) {
    const { name, namespace } = binding.metadata;
    const label = `${namespace ? 'RoleBinding' : 'ClusterRoleBinding'} ${name}`;
    const command = `kubectl describe ${namespace ? `rolebinding ${name} -n ${namespace}` : `clusterrolebinding ${name}`}`;
    const rules = rulesOf(view, binding);
    const matches = binding.subjects?.some((entry) => matchesSubject(entry, subject, namespace)) ?? false;
    const inScope = !namespace || namespace === q.namespace;
    const gives = rules?.some((rule) => allows(rule, attributes)) ?? false;
    if (matches && inScope && !rules) {
      misses.push({
        text: `${label} refers to ${binding.roleRef.kind} ${binding.roleRef.name}, which does not exist`,
        command,
      });
    } else if (matches && inScope && rules && !isBootstrap(binding)) {
      const text = closeRule(rules, q);
      if (text)
        misses.push({ text: `${binding.roleRef.kind} ${binding.roleRef.name} ${text}`, command: roleCommand(binding) });
    } else if (matches && gives && !inScope) {
      misses.push({
        text: `${label} is in namespace ${namespace}: it gives rights there, not in ${q.namespace ?? 'the whole cluster'}`,
        command,
      });
    } else if (!matches && gives && inScope && !isBootstrap(binding)) {
      const text = wrongSubject(binding, subject);
      if (text) misses.push({ text: `${label} ${text}`, command });
    }
  }
  return misses;
}

function isBootstrap(binding: Binding): boolean {
  return binding.metadata.labels?.['kubernetes.io/bootstrapping'] === 'rbac-defaults';
}

function roleCommand(binding: Binding): string {
  const { kind, name } = binding.roleRef;
  return kind === 'Role'
    ? `kubectl describe role ${name} -n ${binding.metadata.namespace}`
    : `kubectl describe clusterrole ${name}`;
}

/** What one word keeps a role from giving the right, if it is only one. */
function closeRule(rules: readonly PolicyRule[], q: AccessQuestion): string | undefined {
  if (q.path !== undefined) return undefined;
  for (const rule of rules) {
    const resources = rule.resources ?? [];
    const wanted = q.subresource ? `${q.resource}/${q.subresource}` : (q.resource ?? '');
    const resource = resources.includes('*') || resources.includes(wanted);
    const group = rule.apiGroups?.some((g) => g === '*' || g === (q.group ?? '')) ?? false;
    const verb = rule.verbs.some((v) => v === '*' || v === q.verb);
    if (resource && group && verb && rule.resourceNames?.length) {
      return `is limited to the names ${rule.resourceNames.join(', ')}, which ${q.name ? `do not include ${q.name}` : `never covers ${q.verb}`}`;
    }
    if (resource && group && !verb) return `allows ${rule.verbs.join(', ')} on ${wanted} but not ${q.verb}`;
    if (resource && verb && !group) {
      const named = (rule.apiGroups ?? []).map((g) => `"${g}"`).join(', ');
      return `names ${wanted} in API group ${named}, but ${q.resource} belongs to "${q.group ?? ''}"`;
    }
    if (group && verb && q.subresource && resources.includes(q.resource ?? '')) {
      return `allows ${q.verb} on ${q.resource}, which does not include the subresource ${wanted}`;
    }
  }
  return undefined;
}

/** How a binding that gives the right misses this subject. */
function wrongSubject(binding: Binding, subject: Subject): string | undefined {
  const account = subject.serviceAccount;
  if (!account) return undefined;
  for (const entry of binding.subjects ?? []) {
    if (entry.kind === 'ServiceAccount' && entry.name === account.name) {
      return `names ServiceAccount ${entry.name} of namespace ${entry.namespace || binding.metadata.namespace}, not of ${account.namespace}`;
    }
    if (entry.kind === 'User' && (entry.name === account.name || entry.name.endsWith(`:${account.name}`))) {
      return `names a User ${entry.name}, but the Pods are a ServiceAccount`;
    }
    if (entry.kind === 'ServiceAccount' && (entry.namespace || binding.metadata.namespace) === account.namespace) {
      return `gives the right to ${serviceAccountSubject(account.namespace, entry.name).label}, but the Pods run as ${account.name}`;
    }
  }
  return undefined;
}
