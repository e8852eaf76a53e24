/**
 * Field errors as Kubernetes words them (apimachinery's util/validation/field): each function makes one cause of a
 * 422. `import * as field from '../registry/field.ts'`, then `field.invalid(field.path('spec', 'replicas'), -1, '...')`.
 */
import { ownValue } from '../../kernel/own.ts';
import type { FieldError } from '../definition.ts';

export type { FieldError };

/** Where in an object something is wrong; immutable. */
export interface FieldPath {
  child(...names: string[]): FieldPath;
  /** `containers[0]` */
  index(i: number): FieldPath;
  /** `data[my-key]` */
  key(name: string): FieldPath;
  toString(): string;
}

class Path implements FieldPath {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  child(...names: string[]): FieldPath {
    return new Path([this.#text, ...names].filter((part) => part !== '').join('.'));
  }

  index(i: number): FieldPath {
    return new Path(`${this.#text}[${i}]`);
  }

  key(name: string): FieldPath {
    return new Path(`${this.#text}[${name}]`);
  }

  toString(): string {
    return this.#text;
  }
}

/** `path('spec', 'template')` is `spec.template`; without names the root. */
export function path(...names: string[]): FieldPath {
  return new Path(names.join('.'));
}

/** A bad value that is printed as it stands: Go structs of internal types, whose JSON differs from the wire's. */
export class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export const raw = (text: string) => new Raw(text);

type Where = FieldPath | string;

/** A string as Go's `%q` prints it. */
export function quote(text: string): string {
  // Nearly all that is quoted is a name.
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  let out = '"';
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0;
    const named = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 34: '\\"', 92: '\\\\' }[
      code
    ];
    if (named) out += named;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (/[\p{C}\p{Z}]/u.test(c) && c !== ' ') {
      out += code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
    } else out += c;
  }
  return `${out}"`;
}

/** JSON as Go's encoder writes it: `<`, `>` and `&` escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (value instanceof Raw) return value.text;
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'object') return goJson(value);
  return String(value);
}

function make(where: Where, reason: string, title: string, value: unknown[], detail: string): FieldError {
  const parts = [title, ...value.map(valueText), ...(detail === '' ? [] : [detail])];
  return { field: String(where), reason, message: parts.join(': ') };
}

/** `Required value` or `Required value: <detail>`. */
export function required(where: Where, detail = ''): FieldError {
  return make(where, 'FieldValueRequired', 'Required value', [], detail);
}

/** `Invalid value: "x": <detail>`; objects are printed as JSON, `raw(text)` as it stands. */
export function invalid(where: Where, value: unknown, detail: string): FieldError {
  return make(where, 'FieldValueInvalid', 'Invalid value', [value], detail);
}

/** `Invalid value: "x": <detail>` of a value whose type does not fit its schema. */
export function typeInvalid(where: Where, value: unknown, detail: string): FieldError {
  return make(where, 'FieldValueTypeInvalid', 'Invalid value', [value], detail);
}

/** `Invalid value: <detail>`: an object or list that is not shown (field.OmitValueType). */
export function invalidOmitted(where: Where, detail: string): FieldError {
  return make(where, 'FieldValueInvalid', 'Invalid value', [], detail);
}

/** `Duplicate value`: an object or list that is not shown. */
export function duplicateOmitted(where: Where): FieldError {
  return make(where, 'FieldValueDuplicate', 'Duplicate value', [], '');
}

/** One `invalid` a message, for the functions of `kube/validation.ts`. */
export function invalidEach(where: Where, value: unknown, messages: readonly string[]): FieldError[] {
  return messages.map((message) => invalid(where, value, message));
}

/** `Unsupported value: "x": supported values: "a", "b"`; the caller sorts where Kubernetes does (it mostly does). */
export function notSupported(where: Where, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length > 0 ? `supported values: ${supported.map(quote).join(', ')}` : '';
  return make(where, 'FieldValueNotSupported', 'Unsupported value', [value], detail);
}

/** `Forbidden: <detail>`. */
export function forbidden(where: Where, detail: string): FieldError {
  return make(where, 'FieldValueForbidden', 'Forbidden', [], detail);
}

/** `Duplicate value: "x"`. */
export function duplicate(where: Where, value: unknown, detail = ''): FieldError {
  return make(where, 'FieldValueDuplicate', 'Duplicate value', [value], detail);
}

/** `Not found: "x"`. */
export function notFound(where: Where, value: unknown, detail = ''): FieldError {
  return make(where, 'FieldValueNotFound', 'Not found', [value], detail);
}

/** `Too long: may not be more than 5 bytes`. */
export function tooLong(where: Where, limit: number): FieldError {
  return make(
    where,
    'FieldValueTooLong',
    'Too long',
    [],
    limit >= 0 ? `may not be more than ${limit} bytes` : 'value is too long',
  );
}

/** `Too many: 4: must have at most 3 items`. */
export function tooMany(where: Where, actual: number, limit: number): FieldError {
  const detail = limit >= 0 ? `must have at most ${limit} ${limit === 1 ? 'item' : 'items'}` : 'has too many items';
  return make(where, 'FieldValueTooMany', 'Too many', actual >= 0 ? [actual] : [], detail);
}

/** `Internal error: <detail>`. */
export function internal(where: Where, detail: string): FieldError {
  return make(where, 'InternalError', 'Internal error', [], detail);
}

/** ValidateImmutableField: `field is immutable` if the two differ (compared as JSON values). */
export function immutable(where: Where, value: unknown, old: unknown): FieldError[] {
  return sameJson(value, old) ? [] : [invalid(where, value, 'field is immutable')];
}

/** Equality of JSON values as Kubernetes' semantic equality sees it: missing, null and empty lists or maps are the same. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isEmpty(a) && isEmpty(b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  }
  if (!isMap(a) || !isMap(b)) return false;
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (!sameJson(ownValue(a, key), ownValue(b, key))) return false;
  }
  return true;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMap(value) && Object.keys(value).length === 0;
}
