/** What can be wrong with a value under an OpenAPI schema, in the words of kube-openapi's validator. */

import type { FieldError } from '../errors/field.ts';
import * as field from '../errors/field.ts';

export interface Fault {
  /** As in messages: `spec.ports[0].name`, the root is empty. Undefined: the fault names no field. */
  path: string | undefined;
  kind: 'required' | 'enum' | 'tooLong' | 'tooMany' | 'type' | 'other';
  value?: unknown;
  /** tooLong, tooMany. */
  limit?: number;
  /** enum. */
  allowed?: readonly unknown[];
  message: string;
}

export interface Result {
  faults: Fault[];
  /** How many checks were created: of several alternatives the one with the most tells what is wrong. */
  matches: number;
}

/** A number as Go's `%v` prints a float64. */
export function goFloat(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 21) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

const about = (path: string, text: string) => `${path} in body ${text}`;

export const faults = {
  type(path: string, wanted: string, given: string): Fault {
    const message = about(path, `must be of type ${wanted}: ${field.quote(given)}`);
    return { path, kind: 'type', value: given, message };
  },
  required: (path: string): Fault => ({ path, kind: 'required', message: about(path, 'is required') }),
  notAllowed(path: string, value: unknown, allowed: readonly unknown[]): Fault {
    return { path, kind: 'enum', value, allowed, message: about(path, 'should be one of the allowed values') };
  },
  tooLong(path: string, limit: number, value: string): Fault {
    return { path, kind: 'tooLong', value, limit, message: about(path, `should be at most ${limit} chars long`) };
  },
  tooMany(path: string, limit: number, size: number): Fault {
    return { path, kind: 'tooMany', value: size, limit, message: about(path, `should have at most ${limit} items`) };
  },
  other: (path: string, value: unknown, text: string): Fault => ({
    path,
    kind: 'other',
    value,
    message: about(path, text),
  }),
  /** Of several schemas that are joined: no field is named. */
  joined: (path: string, text: string): Fault => ({
    path: undefined,
    kind: 'other',
    message: `${field.quote(path)} ${text}`,
  }),
};

/** What the server shows for a field that is nil in Go. */
export const noField = '<nil>';

/** The causes of a 422. @param at where the value lies, if it is not the whole object: `status` */
export function fieldErrors(found: readonly Fault[], at = ''): FieldError[] {
  return found.map((fault) => {
    const { path, value, message } = fault;
    const name = (path ?? '').replace(/^\./, '');
    const where = path === undefined ? at || noField : [at, name].filter((part) => part !== '').join('.') || noField;
    switch (fault.kind) {
      case 'required':
        return field.required(where);
      case 'enum':
        return field.notSupported(where, value, (fault.allowed ?? []).map(text));
      case 'tooLong':
        return field.tooLong(where, fault.limit ?? -1);
      case 'tooMany':
        return field.tooMany(where, Number(value), fault.limit ?? -1);
      case 'type':
        return field.typeInvalid(where, value ?? '', message);
      default:
        return field.invalid(where, value ?? '', message);
    }
  });
}

const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
