/** What roles share: the check of their rules. */
import type { PolicyRule } from '../../../kube/api.gen.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

/** ValidatePolicyRule of every rule; `namespaced` for a Role. */
export function validateRules(rules: readonly PolicyRule[] | undefined, namespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, i) => validateRule(rule, namespaced, field.path('rules').index(i)));
}

function validateRule(rule: PolicyRule, namespaced: boolean, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (!rule.verbs?.length) errors.push(field.required(at.child('verbs'), 'verbs must contain at least one value'));
  const urls = rule.nonResourceURLs ?? [];
  if (urls.length > 0) {
    const where = at.child('nonResourceURLs');
    if (namespaced) errors.push(field.invalid(where, urls, 'namespaced rules cannot apply to non-resource URLs'));
    if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) {
      errors.push(field.invalid(where, urls, 'rules cannot apply to both regular resources and non-resource URLs'));
    }
    return errors;
  }
  if (!rule.apiGroups?.length) {
    errors.push(field.required(at.child('apiGroups'), 'resource rules must supply at least one api group'));
  }
  if (!rule.resources?.length) {
    errors.push(field.required(at.child('resources'), 'resource rules must supply at least one resource'));
  }
  return errors;
}
