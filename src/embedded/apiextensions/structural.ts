/**
 * What makes a schema structural: every field has its type outside of the logical junctors, so that pruning, defaulting and
 * publishing need not solve them.
 */

import { patternFault } from '../../kube/cel/patterns.ts';
import type { FieldError, FieldPath } from '../errors/field.ts';
import * as field from '../errors/field.ts';
import {
  additionalOf,
  hasDefault,
  isEmbedded,
  isIntOrString,
  itemsOf,
  preservesUnknown,
  propertyOf,
  rulesOf,
  type Schema,
  valuesOf,
} from './schema.ts';

type Level = 'root' | 'item' | 'field';

/** Why no structural schema can be made of it at all; undefined if one can. */
export function unstructuralFault(schema: Schema | undefined): string | undefined {
  if (!schema) return undefined;
  const unsupported: [string, unknown][] = [
    ['id', schema.id],
    ['schema', schema.$schema],
    ['$ref', schema.$ref],
    ['patternProperties', filled(schema.patternProperties)],
    ['dependencies', filled(schema.dependencies)],
    ['additionalItems', schema.additionalItems !== undefined],
    ['definitions', filled(schema.definitions)],
  ];
  const found = unsupported.find(([, value]) => value);
  if (found) return `OpenAPIV3Schema '${found[0]}' is not supported`;
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
  }
  if (Array.isArray(schema.items) && schema.items.length > 0) {
    return "OpenAPIV3Schema 'items' must be a schema, but is an array";
  }
  const { not, allOf = [], anyOf = [], oneOf = [], properties = {} } = schema;
  const nested = [not, ...allOf, ...anyOf, ...oneOf, itemsOf(schema), ...Object.values(properties), valuesOf(schema)];
  for (const one of nested) {
    const fault = unstructuralFault(one);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const filled = (map: object | undefined) => map !== undefined && Object.keys(map).length > 0;

/** Everything that keeps a schema from being structural, sorted by message. */
export function validateStructural(schema: Schema, at: FieldPath): FieldError[] {
  const errors = [...invariants(schema, 'root', at), ...completeness(schema, at)];
  const text = ({ field: where, message }: FieldError) => `${where}: ${message}`;
  return errors.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
}

function invariants(schema: Schema, level: Level, at: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  const { type = '', properties = {} } = schema;
  if (type === 'array' && !items) errors.push(field.required(at.child('items'), 'must be specified'));
  if (items) errors.push(...invariants(items, 'item', at.child('items')));
  for (const [name, property] of Object.entries(properties)) {
    errors.push(...invariants(property, 'field', at.child('properties').key(name)));
  }
  if (additionalOf(schema) !== undefined) {
    if (level === 'root')
      errors.push(field.forbidden(at.child('additionalProperties'), 'must not be used at the root'));
    if (values) errors.push(...invariants(values, 'field', at.child('additionalProperties')));
  }
  errors.push(...extensions(schema, at));
  const { anyOf, allOf } = schema;
  errors.push(...junctors(schema, isIntOrStringPair(anyOf), isIntOrStringPair(allOf?.[0]?.anyOf), level, at));
  errors.push(...typeFaults(schema, type, level, at));
  errors.push(...metaFaults(schema, level, at));
  if (isEmbedded(schema) && !preservesUnknown(schema) && Object.keys(properties).length === 0) {
    const why =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(field.required(at.child('properties'), why));
  }
  return errors;
}

function extensions(schema: Schema, at: FieldPath): FieldError[] {
  if (!isIntOrString(schema)) return [];
  const why = 'must be false if x-kubernetes-int-or-string is true';
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const).flatMap((name) =>
    schema[name] ? [field.invalid(at.child(name), true, why)] : [],
  );
}

function typeFaults(schema: Schema, type: string, level: Level, at: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const where = at.child('type');
  const embedded = isEmbedded(schema);
  if (embedded && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? field.required(where, why) : field.invalid(where, type, why));
  } else if (type === '' && !isIntOrString(schema) && !preservesUnknown(schema)) {
    const why = {
      root: 'must not be empty at the root',
      item: 'must not be empty for specified array items',
      field: 'must not be empty for specified object fields',
    };
    errors.push(field.required(where, why[level]));
  }
  if (embedded && additionalOf(schema) !== undefined) {
    const why = 'must not be used if x-kubernetes-embedded-resource is set';
    errors.push(field.forbidden(at.child('additionalProperties'), why));
  }
  if (level === 'root' && type !== '' && type !== 'object') {
    errors.push(field.invalid(where, type, 'must be object at the root'));
  }
  return errors;
}

/** What a schema may say of apiVersion, kind and metadata. */
function metaFaults(schema: Schema, level: Level, at: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const resource = level === 'root' || isEmbedded(schema);
  for (const name of ['kind', 'apiVersion']) {
    const property = propertyOf(schema, name);
    if (!resource || !property || property.type === 'string') continue;
    errors.push(field.invalid(at.child('properties').key(name).child('type'), property.type ?? '', 'must be string'));
  }
  const metadata = propertyOf(schema, 'metadata');
  if (!metadata) return errors;
  const where = at.child('properties').key('metadata');
  if (resource && metadata.type !== 'object') {
    errors.push(field.invalid(where.child('type'), metadata.type ?? '', 'must be object'));
  }
  if (level === 'root') {
    const { type: _type, default: _default, properties = {}, ...rest } = metadata;
    const named = Object.keys(properties).filter((name) => name !== 'name' && name !== 'generateName');
    if (named.length > 0 || Object.keys(rest).length > 0) {
      const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
      errors.push(field.forbidden(where, why));
    }
  }
  return errors;
}

const pair = JSON.stringify([{ type: 'integer' }, { type: 'string' }]);
const isIntOrStringPair = (schemas: readonly Schema[] | undefined) => JSON.stringify(schemas) === pair;

function junctors(schema: Schema, skipAnyOf: boolean, skipAllOf: boolean, level: Level, at: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const { anyOf = [], allOf = [], oneOf = [], not, pattern } = schema;
  if (!skipAnyOf) anyOf.forEach((one, i) => void errors.push(...nested(one, false, level, at.child('anyOf').index(i))));
  allOf.forEach((one, i) => void errors.push(...nested(one, skipAllOf && i === 0, level, at.child('allOf').index(i))));
  oneOf.forEach((one, i) => void errors.push(...nested(one, false, level, at.child('oneOf').index(i))));
  if (not) errors.push(...nested(not, false, level, at.child('not')));
  const fault = pattern ? patternFault(pattern) : undefined;
  if (fault !== undefined) {
    const why = `must be a valid regular expression, but isn't: ${fault}`;
    errors.push(field.invalid(at.child('pattern'), pattern, why));
  }
  return errors;
}

/** A schema below a junctor may only restrict values. */
function nested(schema: Schema, skipAnyOf: boolean, level: Level, at: FieldPath): FieldError[] {
  const errors = junctors(schema, skipAnyOf, false, level, at);
  const items = itemsOf(schema);
  if (items) errors.push(...nested(items, false, level, at.child('items')));
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...nested(property, false, 'field', at.child('properties').key(name)));
  }
  const refuse = (name: string, found: unknown, why: string) => {
    if (found) errors.push(field.forbidden(at.child(name), `must be ${why} to be structural`));
  };
  refuse('type', schema.type, 'empty');
  refuse('additionalProperties', additionalOf(schema), 'undefined');
  refuse('default', hasDefault(schema), 'undefined');
  refuse('title', schema.title, 'empty');
  refuse('description', schema.description, 'empty');
  refuse('nullable', schema.nullable, 'false');
  refuse('x-kubernetes-preserve-unknown-fields', preservesUnknown(schema), 'false');
  refuse('x-kubernetes-embedded-resource', isEmbedded(schema), 'false');
  refuse('x-kubernetes-int-or-string', isIntOrString(schema), 'false');
  refuse('x-kubernetes-list-map-keys', schema['x-kubernetes-list-map-keys']?.length, 'empty');
  refuse('x-kubernetes-list-type', schema['x-kubernetes-list-type'] !== undefined, 'undefined');
  refuse('x-kubernetes-map-type', schema['x-kubernetes-map-type'] !== undefined, 'undefined');
  refuse('x-kubernetes-validations', rulesOf(schema).length, 'empty');
  if (propertyOf(schema, 'metadata')) {
    const why = 'must not be specified in a nested context';
    errors.push(field.forbidden(at.child('properties').key('metadata'), why));
  }
  return errors;
}

/** Everything that junctors of the root name must be declared outside of them as well. */
function completeness(schema: Schema, at: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const within = (part: Schema, where: FieldPath) => void errors.push(...declared(part, schema, where, at));
  schema.allOf?.forEach((part, i) => void within(part, at.child('allOf').index(i)));
  schema.anyOf?.forEach((part, i) => void within(part, at.child('anyOf').index(i)));
  schema.oneOf?.forEach((part, i) => void within(part, at.child('oneOf').index(i)));
  if (schema.not) within(schema.not, at.child('not'));
  return errors;
}

function declared(part: Schema, skeleton: Schema | undefined, at: FieldPath, skeletonAt: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const because = (where: FieldPath) => `because it is defined in ${where}`;
  const joined: [string, Schema][] = (['allOf', 'anyOf', 'oneOf'] as const).flatMap((name) =>
    (part[name] ?? []).map((one, i): [string, Schema] => [`${name}[${i}]`, one]),
  );
  if (part.not) joined.push(['not', part.not]);
  for (const [name, one] of joined) errors.push(...declared(one, skeleton, at.child(name), skeletonAt));
  const items = itemsOf(part);
  if (items) {
    const below = itemsOf(skeleton);
    if (!below) errors.push(field.required(skeletonAt.child('items'), because(at.child('items'))));
    else errors.push(...declared(items, below, at.child('items'), skeletonAt.child('items')));
  }
  for (const [name, property] of Object.entries(part.properties ?? {})) {
    const where = at.child('properties').key(name);
    const below = propertyOf(skeleton, name);
    const belowAt = skeletonAt.child('properties').key(name);
    if (below) errors.push(...declared(property, below, where, belowAt));
    else errors.push(field.required(belowAt, because(where)));
  }
  return errors;
}

/** Whether all of it is a structural schema. */
export function isStructural(schema: Schema): boolean {
  return unstructuralFault(schema) === undefined && validateStructural(schema, field.path()).length === 0;
}
