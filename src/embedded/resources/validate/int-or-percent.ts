import type { IntOrString } from '../../../kube/api.gen.ts';
import { validPercent } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { nonNegative } from './numbers.ts';

const isPercent = (value: IntOrString): value is string =>
  typeof value === 'string' && validPercent(value).length === 0;

/** A count that is not negative, or a percentage. */
export function validateIntOrPercent(where: field.FieldPath, value: IntOrString | undefined): FieldError[] {
  if (typeof value === 'string') return field.invalidEach(where, value, validPercent(value));
  return nonNegative(where, value);
}

export function notOverHundredPercent(where: field.FieldPath, value: IntOrString | undefined): FieldError[] {
  return value !== undefined && isPercent(value) && Number.parseInt(value, 10) > 100
    ? [field.invalid(where, value, 'must not be greater than 100%')]
    : [];
}

/** The number in a count or a percentage; only whether it is 0 matters where this is used. */
export function plainNumber(value: IntOrString | undefined): number {
  if (typeof value === 'string') return isPercent(value) ? Number.parseInt(value, 10) : 0;
  return value ?? 0;
}
