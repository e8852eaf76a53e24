/** Printer columns, subresources and selectable fields of a CustomResourceDefinition. */
import type {
  CustomResourceColumnDefinition,
  CustomResourceSubresources,
  SelectableField,
} from '../../kube/api.gen.ts';
import type { FieldError, FieldPath } from '../errors/field.ts';
import * as field from '../errors/field.ts';
import { validFieldPath } from './field-path.ts';
import type { Schema } from './schema.ts';
import { unstructuralFault } from './structural.ts';

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const maxSelectableFields = 8;

export function validateColumns(
  columns: readonly CustomResourceColumnDefinition[] | undefined,
  at: FieldPath,
): FieldError[] {
  return (columns ?? []).flatMap(({ name, type, format, jsonPath }, i) => {
    const where = at.index(i);
    const errors: FieldError[] = [];
    const oneOf = (values: readonly string[]) => `must be one of ${values.join(',')}`;
    if (!name) errors.push(field.required(where.child('name')));
    if (!type) errors.push(field.required(where.child('type'), oneOf(columnTypes)));
    else if (!columnTypes.includes(type)) {
      errors.push(field.invalid(where.child('type'), type, oneOf(columnTypes)));
    }
    if (format && !columnFormats.includes(format)) {
      errors.push(field.invalid(where.child('format'), format, oneOf(columnFormats)));
    }
    if (!jsonPath) errors.push(field.required(where.child('JSONPath')));
    else errors.push(...simplePath(jsonPath, where.child('JSONPath')));
    return errors;
  });
}

function simplePath(path: string, at: FieldPath): FieldError[] {
  return path.startsWith('.') ? [] : [field.invalid(at, path, 'must be a simple json path starting with .')];
}

export function validateSubresources(
  subresources: CustomResourceSubresources | undefined,
  at: FieldPath,
): FieldError[] {
  const { scale } = subresources ?? {};
  if (!scale) return [];
  const path = (name: string, value: string | undefined, roots: readonly string[], where: string) => {
    const place = at.child('scale', name);
    if (!value) return [field.required(place)];
    const bad = simplePath(value, place);
    if (bad.length > 0 || roots.some((root) => value.startsWith(root))) return bad;
    return [field.invalid(place, value, `should be a json path under ${where}`)];
  };
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  return [
    ...path('specReplicasPath', specReplicasPath, ['.spec.'], '.spec'),
    ...path('statusReplicasPath', statusReplicasPath, ['.status.'], '.status'),
    ...(labelSelectorPath
      ? path('labelSelectorPath', labelSelectorPath, ['.spec.', '.status.'], 'either .spec or .status')
      : []),
  ];
}

export function validateSelectableFields(
  fields: readonly SelectableField[],
  schema: Schema,
  at: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  if (unstructuralFault(schema) !== undefined) return errors;
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, i) => {
    const where = at.index(i).child('jsonPath');
    if (!jsonPath) {
      errors.push(field.required(where));
      return;
    }
    const found = validFieldPath(jsonPath, schema, false);
    if (typeof found === 'string') {
      errors.push(field.invalid(where, jsonPath, `is an invalid path: ${found}`));
      return;
    }
    const path = String(found.path);
    if (/^metadata(\.|\[|$)/.test(path)) {
      errors.push(field.invalid(where, jsonPath, 'must not point to fields in metadata'));
    }
    if (!['string', 'boolean', 'integer'].includes(found.schema.type ?? '')) {
      const why =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      errors.push(field.invalid(where, jsonPath, why));
    }
    if (seen.has(path)) errors.push(field.duplicate(where, jsonPath));
    seen.add(path);
  });
  if (seen.size > maxSelectableFields) errors.push(field.tooMany(at, seen.size, maxSelectableFields));
  return errors;
}
