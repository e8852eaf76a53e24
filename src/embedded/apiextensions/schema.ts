/** OpenAPI v3 schemas of CustomResourceDefinitions, as they stand in the object. */
import { ownValue } from '../../kernel/own.ts';
import type { JSONSchemaProps } from '../../kube/api.gen.ts';

export type Schema = JSONSchemaProps;
export type JsonMap = Record<string, unknown>;

/** Fields that every resource has, whatever its schema says of them. */
export const metaFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schema of a named field; undefined if it is not declared. */
export function propertyOf(schema: Schema | undefined, name: string): Schema | undefined {
  const { properties } = schema ?? {};
  return ownValue(properties, name);
}

/** The schema of a list's items. A list of schemas, which only invalid definitions have, counts as none. */
export function itemsOf(schema: Schema | undefined): Schema | undefined {
  return isMap(schema?.items) ? (schema.items as Schema) : undefined;
}

/** What is said of fields beyond the declared ones: nothing, whether they may be, or their schema. */
export function additionalOf(schema: Schema | undefined): boolean | Schema | undefined {
  return schema?.additionalProperties as boolean | Schema | undefined;
}

/** The schema of the values of a map; undefined for `true` and `false`. */
export function valuesOf(schema: Schema | undefined): Schema | undefined {
  const additional = additionalOf(schema);
  return typeof additional === 'object' ? additional : undefined;
}

/** What the value of a field must be: declared, or a value of the map. */
export function fieldOf(schema: Schema | undefined, name: string): Schema | undefined {
  return propertyOf(schema, name) ?? valuesOf(schema);
}

export const preservesUnknown = (schema: Schema) => schema['x-kubernetes-preserve-unknown-fields'] === true;
export const isEmbedded = (schema: Schema) => schema['x-kubernetes-embedded-resource'] === true;
export const isIntOrString = (schema: Schema) => schema['x-kubernetes-int-or-string'] === true;
export const listTypeOf = (schema: Schema | undefined) => schema?.['x-kubernetes-list-type'];
export const listKeysOf = (schema: Schema | undefined) => schema?.['x-kubernetes-list-map-keys'] ?? [];
export const rulesOf = (schema: Schema) => schema['x-kubernetes-validations'] ?? [];

/** A default of null is none. */
export const hasDefault = (schema: Schema) => schema.default !== undefined && schema.default !== null;

/** The schema as the root of a resource: apiVersion, kind and metadata are implied. */
export function asRoot(schema: Schema): Schema {
  return isEmbedded(schema) ? schema : { ...schema, 'x-kubernetes-embedded-resource': true };
}

/** Whether a schema, or any schema in it, fulfils the predicate. */
export function schemaHas(schema: Schema | undefined, predicate: (schema: Schema) => boolean): boolean {
  if (!schema) return false;
  return predicate(schema) || [...nestedSchemas(schema)].some((nested) => schemaHas(nested, predicate));
}

/** Every schema directly within another one. */
function* nestedSchemas(schema: Schema): Generator<Schema> {
  const { items, not, allOf = [], anyOf = [], oneOf = [], properties, patternProperties, definitions } = schema;
  if (Array.isArray(items)) yield* items as Schema[];
  else if (isMap(items)) yield items as Schema;
  yield* allOf;
  yield* anyOf;
  yield* oneOf;
  if (not) yield not;
  for (const named of [properties, patternProperties, definitions]) yield* Object.values(named ?? {});
  for (const either of [schema.additionalProperties, schema.additionalItems]) if (isMap(either)) yield either as Schema;
  for (const dependency of Object.values(schema.dependencies ?? {})) {
    if (isMap(dependency)) yield dependency as Schema;
  }
}
