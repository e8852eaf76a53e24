import type { JobSpec, PodFailurePolicyRule } from '../../../kube/api.gen.ts';
import { validQualifiedName } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { nonNegative } from './numbers.ts';

const maxRules = 20;
const maxExitCodes = 255;
const maxConditions = 20;

/** KEP-3329. */
export function validatePodFailurePolicy(spec: JobSpec, at: field.FieldPath): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const where = at.child('rules');
  const errors: FieldError[] = [];
  if (rules.length > maxRules) errors.push(field.tooMany(where, rules.length, maxRules));
  const template = spec.template.spec;
  const containers = new Set([...(template?.containers ?? []), ...(template?.initContainers ?? [])].map((c) => c.name));
  for (const [i, rule] of rules.entries()) errors.push(...validateRule(spec, rule, where.index(i), containers));
  return errors;
}

function validateRule(
  spec: JobSpec,
  rule: PodFailurePolicyRule,
  at: field.FieldPath,
  containers: ReadonlySet<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
  if (!rule.action) {
    errors.push(field.required(at.child('action'), `valid values: [${actions.map((a) => `"${a}"`).join(' ')}]`));
  } else if (rule.action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(field.invalid(at.child('action'), rule.action, 'requires the backoffLimitPerIndex to be set'));
  } else if (!actions.includes(rule.action)) {
    errors.push(field.notSupported(at.child('action'), rule.action, actions));
  }
  if (rule.onExitCodes) errors.push(...validateExitCodes(rule, at.child('onExitCodes'), containers));
  const patterns = rule.onPodConditions ?? [];
  if (patterns.length > 0) errors.push(...validateConditions(rule, at.child('onPodConditions')));
  if (rule.onExitCodes && patterns.length > 0) {
    errors.push(field.invalid(at, field.raw('specifying both OnExitCodes and OnPodConditions is not supported'), ''));
  }
  if (!rule.onExitCodes && patterns.length === 0) {
    errors.push(field.invalid(at, field.raw('specifying one of OnExitCodes and OnPodConditions is required'), ''));
  }
  return errors;
}

function validateExitCodes(
  { onExitCodes }: PodFailurePolicyRule,
  at: field.FieldPath,
  containers: ReadonlySet<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  const operators = ['In', 'NotIn'];
  const operator = onExitCodes?.operator ?? '';
  if (operator === '') {
    errors.push(field.required(at.child('operator'), 'valid values: ["In" "NotIn"]'));
  } else if (!operators.includes(operator)) {
    errors.push(field.notSupported(at.child('operator'), operator, operators));
  }
  const name = onExitCodes?.containerName;
  if (name !== undefined && !containers.has(name)) {
    errors.push(
      field.invalid(
        at.child('containerName'),
        name,
        'must be one of the container or initContainer names in the pod template',
      ),
    );
  }
  const where = at.child('values');
  const values = onExitCodes?.values ?? [];
  if (values.length === 0) {
    errors.push(field.invalid(where, values, 'at least one value is required'));
  } else if (values.length > maxExitCodes) errors.push(field.tooMany(where, values.length, maxExitCodes));
  const seen = new Set<number>();
  let ordered = true;
  for (const [i, value] of values.entries()) {
    if (operator === 'In' && value === 0) {
      errors.push(field.invalid(where.index(i), value, 'must not be 0 for the In operator'));
    }
    if (seen.has(value)) errors.push(field.duplicate(where.index(i), value));
    else seen.add(value);
    if (i > 0 && (values[i - 1] ?? 0) > value) ordered = false;
  }
  if (!ordered) errors.push(field.invalid(where, values, 'must be ordered'));
  return errors;
}

function validateConditions({ onPodConditions }: PodFailurePolicyRule, where: field.FieldPath): FieldError[] {
  const patterns = onPodConditions ?? [];
  const errors: FieldError[] = [];
  if (patterns.length > maxConditions) errors.push(field.tooMany(where, patterns.length, maxConditions));
  const statuses = ['False', 'True', 'Unknown'];
  for (const [i, pattern] of patterns.entries()) {
    const at = where.index(i);
    errors.push(...field.invalidEach(at.child('type'), pattern.type, validQualifiedName(pattern.type)));
    if (!pattern.status) {
      errors.push(field.required(at.child('status'), 'valid values: ["False" "True" "Unknown"]'));
    } else if (!statuses.includes(pattern.status)) {
      errors.push(field.notSupported(at.child('status'), pattern.status, statuses));
    }
  }
  return errors;
}

/** KEP-3998: when an indexed Job has succeeded before all indexes did. */
export function validateSuccessPolicy(spec: JobSpec, at: field.FieldPath): FieldError[] {
  const where = at.child('successPolicy');
  if (spec.completionMode !== 'Indexed') {
    return [field.invalid(where, spec.successPolicy, 'requires indexed completion mode')];
  }
  const rules = spec.successPolicy?.rules ?? [];
  const errors: FieldError[] = [];
  if (rules.length === 0)
    errors.push(
      field.required(where.child('rules'), 'at least one rules must be specified when the successPolicy is specified'),
    );
  if (rules.length > maxRules) errors.push(field.tooMany(where.child('rules'), rules.length, maxRules));
  for (const [i, rule] of rules.entries()) {
    const one = where.child('rules').index(i);
    if (rule.succeededCount === undefined && rule.succeededIndexes === undefined) {
      errors.push(field.required(one, 'at least one of succeededCount or succeededIndexes must be specified'));
    }
    errors.push(...nonNegative(one.child('succeededCount'), rule.succeededCount));
    if (rule.succeededCount !== undefined && spec.completions !== undefined && rule.succeededCount > spec.completions) {
      const text = `must be less than or equal to ${spec.completions} (the number of specified completions)`;
      errors.push(field.invalid(one.child('succeededCount'), rule.succeededCount, text));
    }
  }
  return errors;
}
