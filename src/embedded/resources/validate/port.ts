import type { IntOrString } from '../../../kube/api.gen.ts';
import { validPortName, validPortNumber } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

/** A port by its number or by the name that a container gave it. */
export function validatePortNumberOrName(port: IntOrString | undefined, where: field.FieldPath): FieldError[] {
  if (typeof port === 'string') return field.invalidEach(where, port, validPortName(port));
  return field.invalidEach(where, port ?? 0, validPortNumber(port ?? 0));
}
