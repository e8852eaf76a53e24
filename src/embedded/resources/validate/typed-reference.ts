import { dnsSubdomain, pathSegment } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

interface Reference {
  /** Null where the client left it out. */
  apiGroup?: string | null;
  kind?: string;
  name?: string;
}

/** A reference to an object of any kind: group, kind and name have to look right. */
export function validateTypedReference(reference: Reference, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const { apiGroup, kind, name } = reference;
  if (typeof apiGroup === 'string') {
    errors.push(...field.invalidEach(at.child('apiGroup'), apiGroup, dnsSubdomain(apiGroup)));
  }
  for (const [key, value] of [
    ['kind', kind],
    ['name', name],
  ] as const) {
    if (!value) errors.push(field.required(at.child(key)));
    else errors.push(...field.invalidEach(at.child(key), value, pathSegment(value)));
  }
  return errors;
}
