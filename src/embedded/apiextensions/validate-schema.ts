/** What a CustomResourceDefinition may say in its schemas, beyond being structural. */

import type { FieldError, FieldPath } from '../errors/field.ts';
import * as field from '../errors/field.ts';
import { validFieldPath } from './field-path.ts';
import {
  additionalOf,
  hasDefault,
  isEmbedded,
  isMap,
  itemsOf,
  listKeysOf,
  listTypeOf,
  metaFields,
  propertyOf,
  rulesOf,
  type Schema,
  valuesOf,
} from './schema.ts';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** How a schema lies within the whole. */
interface Place {
  /** Why no defaults may stand here: `in top-level metadata`. */
  noDefaults?: string;
  insideMeta: boolean;
  isRoot: boolean;
}

/** All faults of a schema and of those within it. */
export function validateSchema(schema: Schema, at: FieldPath): FieldError[] {
  return visit(schema, at, { insideMeta: false, isRoot: true });
}

function visit(schema: Schema, at: FieldPath, place: Place): FieldError[] {
  const below: Place = { ...place, isRoot: false };
  const errors = unsupported(schema, at, place);
  const nested = (part: Schema | undefined, where: FieldPath, how = below) => {
    if (part) errors.push(...visit(part, where, how));
  };
  const { properties = {}, not, allOf = [], oneOf = [], anyOf = [], items } = schema;
  const additional = additionalOf(schema);
  if (additional !== undefined) {
    if (Object.keys(properties).length > 0 && additional !== true) {
      const why = 'additionalProperties and properties are mutual exclusive';
      errors.push(field.forbidden(at.child('additionalProperties'), why));
    }
    const why = 'inside additionalProperties applying to object metadata';
    nested(
      valuesOf(schema),
      at.child('additionalProperties'),
      place.insideMeta ? { ...below, noDefaults: why } : below,
    );
  }
  for (const [name, property] of Object.entries(properties)) {
    const meta = (place.isRoot || isEmbedded(schema)) && metaFields.has(name);
    nested(property, at.child('properties').key(name), {
      isRoot: false,
      insideMeta: place.insideMeta || meta,
      noDefaults: meta && place.isRoot ? `in top-level ${name}` : place.noDefaults,
    });
  }
  nested(not, at.child('not'));
  allOf.forEach((part, i) => void nested(part, at.child('allOf').index(i)));
  oneOf.forEach((part, i) => void nested(part, at.child('oneOf').index(i)));
  anyOf.forEach((part, i) => void nested(part, at.child('anyOf').index(i)));
  if (Array.isArray(items)) items.forEach((part, i) => void nested(part as Schema, at.child('items').index(i)));
  else nested(itemsOf(schema), at.child('items'));
  errors.push(...extensionFaults(schema, at), ...keyFaults(schema, at), ...ruleFaults(schema, at));
  return errors;
}

function unsupported(schema: Schema, at: FieldPath, place: Place): FieldError[] {
  const errors: FieldError[] = [];
  const { type } = schema;
  const forbid = (name: string, why: string) => errors.push(field.forbidden(at.child(name), why));
  if (type && !types.includes(type)) errors.push(field.notSupported(at.child('type'), type, types));
  if (hasDefault(schema) && place.noDefaults !== undefined) forbid('default', `must not be set ${place.noDefaults}`);
  if (schema.id) forbid('id', 'id is not supported');
  if (schema.additionalItems !== undefined) forbid('additionalItems', 'additionalItems is not supported');
  for (const name of ['patternProperties', 'definitions'] as const) {
    if (Object.keys(schema[name] ?? {}).length > 0) forbid(name, `${name} is not supported`);
  }
  if (schema.dependencies !== undefined) forbid('dependencies', 'dependencies is not supported');
  if (schema.$ref !== undefined) forbid('$ref', '$ref is not supported');
  if (type === 'null') forbid('type', 'type cannot be set to null, use nullable as an alternative');
  if (Array.isArray(schema.items) && schema.items.length > 0) {
    forbid('items', 'items must be a schema object and not an array');
  }
  if (place.insideMeta && isEmbedded(schema)) {
    forbid('x-kubernetes-embedded-resource', 'must not be used inside of resource meta');
  }
  if (schema.uniqueItems) {
    forbid('uniqueItems', 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic');
  }
  return errors;
}

/** Types that an extension needs. */
function extensionFaults(schema: Schema, at: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const { type = '' } = schema;
  const needs = (wanted: string, extension: string) => {
    const why = `must be ${wanted} if ${extension} is specified`;
    errors.push(type === '' ? field.required(at.child('type'), why) : field.invalid(at.child('type'), type, why));
  };
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(field.invalid(at.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
  }
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined && type !== 'object') needs('object', 'x-kubernetes-map-type');
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular') {
    errors.push(field.notSupported(at.child('x-kubernetes-map-type'), mapType, ['atomic', 'granular']));
  }
  const listType = listTypeOf(schema);
  if (listType !== undefined && type !== 'array') needs('array', 'x-kubernetes-list-type');
  else if (listType === 'set') errors.push(...setFaults(itemsOf(schema), at.child('items')));
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType)) {
    errors.push(field.notSupported(at.child('x-kubernetes-list-type'), listType, ['atomic', 'set', 'map']));
  }
  return errors;
}

function setFaults(items: Schema | undefined, at: FieldPath): FieldError[] {
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = listTypeOf(items);
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic') {
    return [field.invalid(at.child('x-kubernetes-list-type'), listType, why)];
  }
  if (items?.type !== 'object' || items['x-kubernetes-map-type'] === 'atomic') return [];
  return [field.invalid(at.child('x-kubernetes-map-type'), listType, why)];
}

/** Keyed lists. */
function keyFaults(schema: Schema, at: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const keys = listKeysOf(schema);
  const listType = listTypeOf(schema);
  const typeAt = at.child('x-kubernetes-list-type');
  const keysAt = at.child('x-kubernetes-list-map-keys');
  const itemsAt = at.child('items');
  if (keys.length > 0 && listType !== 'map') {
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(listType === undefined ? field.required(typeAt, why) : field.invalid(typeAt, listType, why));
  }
  const items = itemsOf(schema);
  if (listType === 'map') {
    if (keys.length === 0) {
      errors.push(field.required(keysAt, 'must not be empty if x-kubernetes-list-type is map'));
    }
    if (schema.items === undefined) {
      errors.push(field.required(itemsAt, 'must have a schema if x-kubernetes-list-type is map'));
    }
    if (items && items.type !== 'object') {
      const why = "must be object if parent array's x-kubernetes-list-type is map";
      errors.push(field.invalid(itemsAt.child('type'), items.type ?? '', why));
    } else if (items) {
      const seen = new Set<string>();
      for (const key of keys) {
        const property = propertyOf(items, key);
        if (property?.type === 'array' || property?.type === 'object') {
          const why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
          errors.push(field.invalid(itemsAt.child('properties').key(key).child('type'), 'object', why));
        } else if (!property) errors.push(field.invalid(keysAt, keys, 'entries must all be names of item properties'));
        if (seen.has(key)) errors.push(field.invalid(keysAt, keys, 'must not contain duplicate entries'));
        seen.add(key);
      }
    }
  }
  if (!items || (listType !== 'map' && listType !== 'set')) return errors;
  if (items.nullable) {
    const why = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    errors.push(field.forbidden(itemsAt.child('nullable'), why));
  }
  if (listType === 'map') errors.push(...presentKeys(items, keys, itemsAt.child('properties')));
  return errors;
}

function presentKeys(items: Schema, keys: readonly string[], at: FieldPath): FieldError[] {
  return keys.flatMap((key) => {
    const property = propertyOf(items, key);
    const errors: FieldError[] = [];
    if (property && !items.required?.includes(key) && !hasDefault(property)) {
      const why = 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      errors.push(field.required(at.key(key).child('default'), why));
    }
    if (property?.nullable) {
      const why = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable';
      errors.push(field.forbidden(at.key(key).child('nullable'), why));
    }
    return errors;
  });
}

const hasBreak = (text: string) => /[\n\r]/.test(text);

/** The texts of x-kubernetes-validations; whether the rules make sense is looked at elsewhere. */
function ruleFaults(schema: Schema, at: FieldPath): FieldError[] {
  return rulesOf(schema).flatMap((rule, i) => {
    const where = at.child('x-kubernetes-validations').index(i);
    const errors: FieldError[] = [];
    const { message = '', messageExpression = '', fieldPath = '', reason } = rule;
    const text = (rule.rule ?? '').trim();
    if (text === '') errors.push(field.required(where.child('rule'), 'rule is not specified'));
    else if (message !== '' && message.trim() === '') {
      errors.push(field.invalid(where.child('message'), message, 'must be non-empty if specified'));
    } else if (hasBreak(message.trim())) {
      errors.push(field.invalid(where.child('message'), message, 'must not contain line breaks'));
    } else if (hasBreak(text) && message.trim() === '') {
      errors.push(field.required(where.child('message'), 'message must be specified if rule contains line breaks'));
    }
    if (messageExpression !== '' && messageExpression.trim() === '') {
      const why = 'messageExpression must be non-empty if specified';
      errors.push(field.required(where.child('messageExpression'), why));
    }
    if (reason && !reasons.includes(reason)) errors.push(field.notSupported(where.child('reason'), reason, reasons));
    if (fieldPath !== '' && fieldPath.trim() === '') {
      errors.push(field.invalid(where.child('fieldPath'), fieldPath, 'must be non-empty if specified'));
    }
    if (hasBreak(fieldPath)) {
      errors.push(field.invalid(where.child('fieldPath'), fieldPath, 'must not contain line breaks'));
    }
    if (fieldPath !== '' && isMap(schema) && typeof validFieldPath(fieldPath, schema) === 'string') {
      errors.push(field.invalid(where.child('fieldPath'), fieldPath, 'must be a valid path'));
    }
    return errors;
  });
}
