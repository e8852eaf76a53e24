import type {
  MatchCondition,
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from '../../../kube/api.gen.ts';
import { bool, type CelType, formatType, sameType } from '../../../kube/cel/types.ts';
import { validQualifiedName } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { validateLabelSelector } from '../validate/label-selector.ts';
import { compileExpression, type VariableTypes } from './expressions.ts';

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];
export const matchPolicies = ['Equivalent', 'Exact'];
export const failurePolicies = ['Fail', 'Ignore'];

/** SetDefaults_Rule: a rule without a scope means both. */
export function defaultRules(rules: readonly RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*';
}

export function defaultMatchResources(match: MatchResources | undefined): void {
  if (match === undefined) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

function wildcardAlone(values: readonly string[] | undefined, at: field.FieldPath): FieldError[] {
  const all = values ?? [];
  if (all.length === 0) return [field.required(at)];
  const text = "if '*' is present, must not specify other ";
  const kind = { apiGroups: 'API groups', apiVersions: 'API versions' }[String(at).split('.').at(-1) ?? ''];
  return kind !== undefined && all.length > 1 && all.includes('*') ? [field.invalid(at, all, text + kind)] : [];
}

export function validateRule(rule: RuleWithOperations, at: field.FieldPath): FieldError[] {
  const given = rule.operations ?? [];
  const where = at.child('operations');
  const errors: FieldError[] = given.length === 0 ? [field.required(where)] : [];
  if (given.length > 1 && given.includes('*')) {
    errors.push(field.invalid(where, given, "if '*' is present, must not specify other operations"));
  }
  for (const [i, operation] of given.entries()) {
    if (!operations.includes(operation)) errors.push(field.notSupported(where.index(i), operation, operations));
  }
  errors.push(...wildcardAlone(rule.apiGroups, at.child('apiGroups')));
  errors.push(...wildcardAlone(rule.apiVersions, at.child('apiVersions')));
  for (const [i, version] of (rule.apiVersions ?? []).entries()) {
    if (version === '') errors.push(field.required(at.child('apiVersions').index(i)));
  }
  const resources = rule.resources ?? [];
  if (resources.length === 0) errors.push(field.required(at.child('resources')));
  for (const [i, resource] of resources.entries()) {
    if (resource === '') errors.push(field.required(at.child('resources').index(i)));
  }
  if (rule.scope !== undefined && !scopes.includes(rule.scope)) {
    errors.push(field.notSupported(at.child('scope'), rule.scope, scopes));
  }
  return errors;
}

export function validateMatchResources(match: MatchResources, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (match.matchPolicy !== undefined && !matchPolicies.includes(match.matchPolicy)) {
    errors.push(field.notSupported(at.child('matchPolicy'), match.matchPolicy, matchPolicies));
  }
  for (const name of ['namespaceSelector', 'objectSelector'] as const) {
    if (match[name] === undefined) errors.push(field.required(at.child(name)));
    else errors.push(...validateLabelSelector(match[name], at.child(name)));
  }
  const rules = (list: readonly NamedRuleWithOperations[] | undefined, path: field.FieldPath) =>
    (list ?? []).flatMap((rule, i) => validateRule(rule, path.index(i)));
  return [
    ...errors,
    ...rules(match.resourceRules, at.child('resourceRules')),
    ...rules(match.excludeResourceRules, at.child('excludeResourceRules')),
  ];
}

/** An expression that must compile to one of the types, to any if there are none. */
export function validateExpression(
  expression: string | undefined,
  variables: VariableTypes,
  types: readonly CelType[],
  where: field.FieldPath,
  missing = '',
): FieldError[] {
  if ((expression ?? '').trim() === '') return [field.required(where, missing)];
  const compiled = compileExpression(expression ?? '', variables);
  if ('problem' in compiled) return [field.invalid(where, expression, compiled.problem)];
  const { type } = compiled.program;
  if (types.length === 0 || types.some((wanted) => sameType(wanted, type))) return [];
  const wanted = types.map(formatType).join(' or ');
  return [field.invalid(where, expression, `must evaluate to ${wanted} but got ${formatType(type)}`)];
}

const mostConditions = 64;

export function validateMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  variables: VariableTypes,
  at: field.FieldPath,
): FieldError[] {
  const all = conditions ?? [];
  const errors: FieldError[] = [];
  if (all.length > mostConditions) errors.push(field.tooMany(at, all.length, mostConditions));
  const names = new Set<string>();
  for (const [i, { name, expression }] of all.entries()) {
    const where = at.index(i);
    errors.push(...validateExpression(expression, variables, [bool], where.child('expression')));
    if (!name) errors.push(field.required(where.child('name')));
    else errors.push(...field.invalidEach(where.child('name'), name, validQualifiedName(name)));
    if (name && names.has(name)) errors.push(field.duplicate(where.child('name'), name));
    names.add(name);
  }
  return errors;
}
