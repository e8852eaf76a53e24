/**
 * Brings a custom resource into the form of its structural schema, as decoding does for types with a Go struct: unknown
 * fields go, nulls that are not allowed go, embedded metadata is read as metadata, defaults come in.
 */
import { setOwn } from '../../kernel/own.ts';
import { TypeMismatch, toTyped } from '../codec/typed.ts';
import { path as fieldPath, invalid } from '../registry/field.ts';
import {
  additionalOf,
  asRoot,
  fieldOf,
  hasDefault,
  isEmbedded,
  isMap,
  itemsOf,
  type JsonMap,
  metaFields,
  preservesUnknown,
  propertyOf,
  type Schema,
  valuesOf,
} from './schema.ts';

const partialMetadata = 'io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata';

/**
 * Prunes, coerces and defaults the object in place.
 * @returns the paths of the fields that the schema does not know, sorted: `spec.ports[0].bogus`
 * @throws TypeMismatch if the metadata of an embedded resource is none
 */
export function coerce(object: JsonMap, schema: Schema): string[] {
  const unknown = prune(object, schema);
  dropNulls(object, schema);
  const embedded: string[] = [];
  coerceEmbedded(object, schema, '', embedded);
  applyDefaults(object, schema);
  return [...unknown, ...embedded.sort()];
}

/**
 * Takes away what the schema does not know.
 * @param root whether the object is a resource, or lies somewhere within one
 * @returns the paths of what went, sorted
 */
export function prune(value: unknown, schema: Schema, root = true): string[] {
  const unknown: string[] = [];
  pruneValue(value, root ? asRoot(schema) : schema, '', unknown);
  return unknown.sort();
}

function pruneValue(value: unknown, schema: Schema | undefined, at: string, unknown: string[]): void {
  const keep = schema !== undefined && preservesUnknown(schema);
  if (Array.isArray(value)) {
    // Items of a list that is kept as it is are kept as well, whatever their schema is.
    value.forEach((item, i) => {
      const items = itemsOf(schema);
      if (!keep) pruneValue(item, items, `${at}[${i}]`, unknown);
      else if (items)
        pruneValue(item, { ...items, 'x-kubernetes-preserve-unknown-fields': true }, `${at}[${i}]`, unknown);
    });
    return;
  }
  if (!isMap(value)) return;
  for (const key of Object.keys(value)) {
    if (schema && isEmbedded(schema) && metaFields.has(key)) continue;
    const below = at === '' ? key : `${at}.${key}`;
    const property = propertyOf(schema, key);
    if (property) pruneValue(value[key], property, below, unknown);
    else if (additionalOf(schema) !== undefined) pruneValue(value[key], valuesOf(schema), below, unknown);
    else if (!keep) {
      if (!metaFields.has(key) || at !== '') unknown.push(below);
      delete value[key];
    }
  }
}

const isForbiddenNull = (value: unknown, schema: Schema | undefined) =>
  value === null && schema !== undefined && schema.nullable !== true;

/** Removes nulls where the schema allows none; those with a default stay, to be replaced by it. */
function dropNulls(value: unknown, schema: Schema | undefined): void {
  if (Array.isArray(value)) for (const item of value) dropNulls(item, itemsOf(schema));
  if (!isMap(value)) return;
  for (const key of Object.keys(value)) {
    const field = fieldOf(schema, key);
    if (isForbiddenNull(value[key], field) && field && !hasDefault(field)) delete value[key];
    else dropNulls(value[key], field);
  }
}

/** Fills in defaults, in place; below a default that came in, too. */
export function applyDefaults(value: unknown, schema: Schema | undefined): void {
  if (!schema) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    value.forEach((item, i) => {
      if (isForbiddenNull(item, items) && items && hasDefault(items)) value[i] = structuredClone(items.default);
      applyDefaults(value[i], items);
    });
    return;
  }
  if (!isMap(value)) return;
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (!hasDefault(property)) continue;
    if (!Object.hasOwn(value, key) || isForbiddenNull(value[key], property)) {
      setOwn(value, key, structuredClone(property.default));
    }
  }
  for (const key of Object.keys(value)) {
    const values = valuesOf(schema);
    if (!propertyOf(schema, key) && isForbiddenNull(value[key], values) && values && hasDefault(values)) {
      setOwn(value, key, structuredClone(values.default));
    }
    applyDefaults(value[key], fieldOf(schema, key));
  }
}

/**
 * Reads the metadata of embedded resources as ObjectMeta, as the root's was read already.
 * @throws TypeMismatch as the server words it
 */
function coerceEmbedded(value: unknown, schema: Schema | undefined, at: string, unknown: string[]): void {
  if (!schema) return;
  if (Array.isArray(value))
    value.forEach((item, i) => void coerceEmbedded(item, itemsOf(schema), `${at}[${i}]`, unknown));
  if (!isMap(value)) return;
  if (isEmbedded(schema)) coerceResource(value, at, unknown);
  for (const key of Object.keys(value)) {
    const path = propertyOf(schema, key) ? (at === '' ? key : `${at}.${key}`) : `${at}[${key}]`;
    coerceEmbedded(value[key], fieldOf(schema, key), path, unknown);
  }
}

function coerceResource(value: JsonMap, at: string, unknown: string[]): void {
  const refuse = (name: string, why: string) => {
    const { field, message } = invalid(fieldPath(at, name), value[name], why);
    return new TypeMismatch(`${field}: ${message}`);
  };
  for (const name of ['apiVersion', 'kind']) {
    if (value[name] !== undefined && typeof value[name] !== 'string') throw refuse(name, 'must be a string');
  }
  if (value.metadata === undefined) return;
  try {
    const { object, strictErrors } = toTyped(partialMetadata, { metadata: value.metadata });
    for (const text of strictErrors) {
      const path = /^unknown field "(.*)"$/.exec(text)?.[1];
      if (path) unknown.push(at === '' ? path : `${at}.${path}`);
    }
    value.metadata = object.metadata;
  } catch (error) {
    if (error instanceof TypeMismatch) throw refuse('metadata', error.message);
    throw error;
  }
}
