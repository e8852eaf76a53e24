import type { LabelSelector } from '../../../kube/api.gen.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { isEmptySelector, validateLabelSelector } from './label-selector.ts';

/** The selector of a Deployment, ReplicaSet or StatefulSet: there, well formed, and not empty. */
export function validateWorkloadSelector(
  selector: LabelSelector | null | undefined,
  where: field.FieldPath,
  kind: string,
): FieldError[] {
  if (!selector) return [field.required(where)];
  const errors = validateLabelSelector(selector, where);
  if (isEmptySelector(selector)) {
    errors.push(field.invalid(where, selector, `empty selector is invalid for ${kind}`));
  }
  return errors;
}
