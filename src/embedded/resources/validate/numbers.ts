import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

/** `Invalid value: -1: must be greater than or equal to 0`; nothing for a missing value. */
export function nonNegative(where: field.FieldPath, value: number | undefined): FieldError[] {
  return value !== undefined && value < 0 ? [field.invalid(where, value, 'must be greater than or equal to 0')] : [];
}

/** `must be between 1 and 5, inclusive`; nothing for a missing value. */
export function between(where: field.FieldPath, value: number | undefined, low: number, high: number): FieldError[] {
  return value !== undefined && (value < low || value > high)
    ? [field.invalid(where, value, `must be between ${low} and ${high}, inclusive`)]
    : [];
}
