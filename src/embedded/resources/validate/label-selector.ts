import type { LabelSelector, LabelSelectorRequirement } from '../../../kube/api.gen.ts';
import { validLabelValue, validQualifiedName } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

/** Labels of any kind: `spec.nodeSelector: Invalid value: "a b": name part must consist of ...`. */
export function validateLabels(
  labels: Readonly<Record<string, string>> | undefined,
  where: field.FieldPath,
): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...field.invalidEach(where, key, validQualifiedName(key)),
    ...field.invalidEach(where, value, validLabelValue(value)),
  ]);
}

/** One requirement of a label selector; node selectors share all but `Gt` and `Lt`. */
export function validateRequirement(requirement: LabelSelectorRequirement, where: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.push(field.required(where.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.push(
          field.forbidden(where.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      }
      break;
    default:
      errors.push(field.invalid(where.child('operator'), requirement.operator, 'not a valid selector operator'));
  }
  return [...errors, ...validateKeyAndValues(requirement, where)];
}

/** The key must be a label's name, the values a label's values, whatever the operator. */
export function validateKeyAndValues(requirement: LabelSelectorRequirement, where: field.FieldPath): FieldError[] {
  const errors = field.invalidEach(where.child('key'), requirement.key, validQualifiedName(requirement.key));
  for (const [i, value] of (requirement.values ?? []).entries()) {
    errors.push(...field.invalidEach(where.child('values').index(i), value, validLabelValue(value)));
  }
  return errors;
}

export function validateLabelSelector(
  selector: LabelSelector | null | undefined,
  where: field.FieldPath,
): FieldError[] {
  if (!selector) return [];
  const errors = validateLabels(selector.matchLabels, where.child('matchLabels'));
  for (const [i, requirement] of (selector.matchExpressions ?? []).entries()) {
    errors.push(...validateRequirement(requirement, where.child('matchExpressions').index(i)));
  }
  return errors;
}

/** Whether the selector can be turned into one that matches at all: operators are known and have the values they need. */
export function isUsableSelector(selector: LabelSelector | null | undefined): boolean {
  return validateLabelSelector(selector, field.path()).length === 0;
}

export const isEmptySelector = (selector: LabelSelector) =>
  Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
