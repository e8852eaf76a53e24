/**
 * What OpenAPI v2 can say of a structural schema. As recorded in fixtures/kubernetes/crd-openapi: clients that read v2, kubectl
 * among them, know neither null nor logical junctors, and take every declared field for one of a closed list.
 */
import { isMap, preservesUnknown, propertyOf, type Schema } from './schema.ts';

/**
 * The schema without junctors, defaults and null. Where a value may be null, or have fields that are not declared, nothing is
 * said of its type, its fields and its items.
 */
export function forOpenApiV2(schema: Schema): Schema {
  const { allOf: _allOf, anyOf: _anyOf, oneOf: _oneOf, not: _not, default: _default, nullable, ...rest } = schema;
  const { type, items, properties, additionalProperties, required, ...kept } = rest;
  const out: Schema = kept;
  if (isMap(additionalProperties)) out.additionalProperties = forOpenApiV2(additionalProperties as Schema);
  else if (additionalProperties !== undefined) out.additionalProperties = additionalProperties;
  if (nullable || preservesUnknown(schema)) return required ? { ...out, required } : out;
  if (type !== undefined) out.type = type;
  if (isMap(items)) out.items = forOpenApiV2(items as Schema);
  if (properties) {
    out.properties = Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, forOpenApiV2(value)]));
  }
  const needed = required?.filter((name) => !propertyOf(schema, name)?.nullable);
  if (needed?.length) out.required = needed;
  return out;
}
