import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

/** The most bytes that the values of a ConfigMap or Secret may hold together. */
export const sizeLimit = 1024 * 1024;

/** KEP-1412: once `immutable` is true it stays so and the data may not change. */
export function immutableData<T extends { immutable?: boolean }>(
  object: T,
  old: T,
  dataFields: readonly (keyof T & string)[],
): FieldError[] {
  if (!old.immutable) return [];
  const frozen = 'field is immutable when `immutable` is set';
  const errors: FieldError[] = [];
  if (!object.immutable) errors.push(field.forbidden('immutable', frozen));
  for (const name of dataFields) {
    if (!field.sameJson(object[name], old[name])) errors.push(field.forbidden(name, frozen));
  }
  return errors;
}
