import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

export function validateNoBacksteps(path: string, where: field.FieldPath): FieldError[] {
  return path.split('/').includes('..') ? [field.invalid(where, path, "must not contain '..'")] : [];
}

/** A path that stays below where it starts: relative, without `..`. */
export function validateLocalPath(path: string, where: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (path.startsWith('/')) errors.push(field.invalid(where, path, 'must be a relative path'));
  return [...errors, ...validateNoBacksteps(path, where)];
}

/** As `validateLocalPath`, and not among the kubelet's own names, which begin with `..`. */
export function validateNonReservedPath(path: string, where: field.FieldPath): FieldError[] {
  const errors = validateLocalPath(path, where);
  if (path.startsWith('..') && !path.startsWith('../')) {
    errors.push(field.invalid(where, path, "must not start with '..'"));
  }
  return errors;
}
