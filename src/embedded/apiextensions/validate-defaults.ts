/** Defaults in schemas must be valid values themselves. */

import type { FieldError, FieldPath } from '../errors/field.ts';
import * as field from '../errors/field.ts';
import { prune } from './coerce.ts';
import { hasDefault, isEmbedded, itemsOf, metaFields, type Schema } from './schema.ts';
import { validateValue } from './validate-value.ts';

/**
 * All faults of all defaults.
 * @param rules what the rules of a schema (x-kubernetes-validations) say to a value
 */
export function validateDefaults(
  schema: Schema,
  at: FieldPath,
  rules: (schema: Schema, value: unknown, at: FieldPath) => FieldError[],
): FieldError[] {
  const errors: FieldError[] = [];
  const visit = (part: Schema, where: FieldPath, insideMeta: boolean) => {
    if (hasDefault(part)) errors.push(...faultsOf(part, where.child('default'), insideMeta, rules));
    const items = itemsOf(part);
    if (items) visit(items, where.child('items'), insideMeta);
    for (const [name, property] of Object.entries(part.properties ?? {})) {
      const meta = isEmbedded(part) && metaFields.has(name);
      visit(property, where.child('properties').key(name), isEmbedded(part) ? meta : insideMeta);
    }
  };
  visit({ ...schema, 'x-kubernetes-embedded-resource': true }, at, false);
  return errors;
}

function faultsOf(
  schema: Schema,
  at: FieldPath,
  insideMeta: boolean,
  rules: (schema: Schema, value: unknown, at: FieldPath) => FieldError[],
): FieldError[] {
  const value = schema.default;
  const errors: FieldError[] = [];
  if (!insideMeta && prune(structuredClone(value), schema, false).length > 0) {
    errors.push(field.invalid(at, value, 'must not have unknown fields'));
  }
  const invalid = validateValue(value, schema, String(at));
  return [...errors, ...(invalid.length > 0 ? invalid : rules(schema, value, at))];
}
