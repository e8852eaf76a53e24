import { validQualifiedName } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

/** The most bytes that all annotations of an object may have together. */
const sizeLimit = 256 * 1024;

export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  where: field.FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    // Upper case prefixes are let through, as Kubernetes lower-cases the key first.
    errors.push(...field.invalidEach(where, key, validQualifiedName(key.toLowerCase())));
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > sizeLimit) errors.push(field.tooLong(where, sizeLimit));
  return errors;
}
