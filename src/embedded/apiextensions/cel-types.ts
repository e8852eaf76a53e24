/** Schemas as types of CEL, with what is known of sizes (apiserver's cel/common/schemas.go). */
import type { SizeOf } from '../../kube/cel/ranges.ts';
import * as cel from '../../kube/cel/types.ts';
import { escapeName, unescapeName } from './cel-names.ts';
import { hasDefault, isEmbedded, isIntOrString, itemsOf, propertyOf, type Schema, valuesOf } from './schema.ts';

/** The largest request, in bytes. */
export const maxRequestSize = 3 * 1024 * 1024;

export interface DeclaredType {
  /** Undefined for objects, lists and maps: they are built with a name. */
  simple?: cel.CelType;
  fields?: ReadonlyMap<string, DeclaredType>;
  /** Of a list, or of the values of a map. */
  item?: DeclaredType;
  isMap?: boolean;
  /** Characters, items, properties; 0 if that means nothing. */
  maxElements: number;
  /** Bytes of JSON. */
  minSize: number;
}

const text: Schema = { type: 'string' };

/** The schema with the fields that the root of every resource has. */
export function withTypeAndObjectMeta(schema: Schema): Schema {
  const { properties = {} } = schema;
  const meta = propertyOf(schema, 'metadata');
  const named = ['name', 'generateName'].every((name) => propertyOf(meta, name)?.type === 'string');
  const typed = ['kind', 'apiVersion'].every((name) => propertyOf(schema, name)?.type === 'string');
  if (named && typed) return schema;
  const metadata: Schema = { type: 'object', properties: { name: text, generateName: text } };
  return { ...schema, properties: { ...properties, kind: text, apiVersion: text, metadata } };
}

/** Undefined: expressions can't see values of this schema. @param isRoot of a resource, be it embedded */
export function declaredType(given: Schema, isRoot: boolean): DeclaredType | undefined {
  if (isIntOrString(given)) return { simple: cel.dyn, minSize: 1, maxElements: longest(given, maxRequestSize - 2) };
  const schema = isRoot ? withTypeAndObjectMeta(given) : given;
  switch (schema.type) {
    case 'array':
      return listType(schema);
    case 'object':
      return valuesOf(schema) ? mapType(schema) : objectType(schema);
    case 'string':
      return stringType(schema);
    case 'boolean':
      return { simple: cel.bool, minSize: 4, maxElements: 0 };
    case 'number':
      return { simple: cel.double, minSize: 1, maxElements: 0 };
    case 'integer':
      return { simple: cel.int, minSize: 1, maxElements: 0 };
    default:
      return undefined;
  }
}

const nested = (schema: Schema | undefined) => schema && declaredType(schema, isEmbedded(schema));

function listType(schema: Schema): DeclaredType | undefined {
  const item = nested(itemsOf(schema));
  if (!item) return undefined;
  const fitting = Math.floor((maxRequestSize - 2) / (item.minSize + 1));
  return { item, minSize: 2, maxElements: Math.max(0, schema.maxItems ?? fitting) };
}

function mapType(schema: Schema): DeclaredType | undefined {
  const item = nested(valuesOf(schema));
  if (!item) return undefined;
  const fitting = Math.floor((maxRequestSize - 2) / (item.minSize + 6));
  return { item, isMap: true, minSize: 2, maxElements: Math.max(0, schema.maxProperties ?? fitting) };
}

function objectType(schema: Schema): DeclaredType {
  const fields = new Map<string, DeclaredType>();
  let minSize = 2;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const type = nested(property);
    if (!type) continue;
    const escaped = escapeName(name);
    if (escaped !== undefined) fields.set(escaped, type);
    if (schema.required?.includes(name) && !hasDefault(property)) minSize += Buffer.byteLength(name) + type.minSize + 4;
  }
  return { fields, minSize, maxElements: 0 };
}

function stringType(schema: Schema): DeclaredType {
  switch (schema.format) {
    case 'byte':
      return { simple: cel.bytes, minSize: 2, maxElements: Math.max(0, schema.maxLength ?? maxRequestSize - 2) };
    case 'duration':
      return { simple: cel.duration, minSize: 3, maxElements: 32 };
    case 'date':
      return { simple: cel.timestamp, minSize: 12, maxElements: 12 };
    case 'date-time':
      return { simple: cel.timestamp, minSize: 21, maxElements: 32 };
  }
  const values = (schema.enum ?? []).map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0));
  const otherwise = values.length > 0 ? Math.max(...values) : maxRequestSize - 2;
  return { simple: cel.string, minSize: 2, maxElements: longest(schema, otherwise) };
}

/** A character can take four bytes. */
const longest = ({ maxLength }: Schema, otherwise: number) =>
  maxLength === undefined ? otherwise : Math.max(0, maxLength) * 4;

/** The type as the checker knows it. @param name of the type, should it be an object: `selfType1.spec` */
export function celType(declared: DeclaredType, name: string): cel.CelType {
  const { simple, fields, item, isMap: map } = declared;
  if (simple) return simple;
  if (item)
    return map ? cel.mapOf(cel.string, celType(item, `${name}.@elem`)) : cel.listOf(celType(item, `${name}.@idx`));
  const known = new Map<string, cel.CelType>();
  for (const [field, type] of fields ?? []) {
    const typed = celType(type, `${name}.${field}`);
    known.set(field, typed);
    // `self.namespace` does as well as `self.__namespace__`.
    const keyword = unescapeName(field);
    if (keyword !== undefined && field === `__${keyword}__`) known.set(keyword, typed);
  }
  return { kind: 'object', name, fields: known };
}

/** How large things within the root of a rule can be. */
export function sizesOf(root: DeclaredType): SizeOf {
  return ([, ...steps]) => {
    let at: DeclaredType | undefined = root;
    for (const step of steps) {
      if (step === '@items' || step === '@values') at = at?.item;
      else if (step === '@keys') at = at?.isMap ? keys : undefined;
      else at = at?.fields?.get(step);
    }
    return at?.maxElements;
  };
}

const keys: DeclaredType = { simple: cel.string, minSize: 2, maxElements: 0 };

/** How many values of a schema's parts there can be for each of its own; undefined: nothing limits them. */
export function elementsOf(schema: Schema): number | undefined {
  if (schema.type === 'array') return schema.maxItems === undefined ? undefined : Math.max(0, schema.maxItems);
  if (schema.type !== 'object' || schema.additionalProperties === undefined) return 1;
  return schema.maxProperties === undefined ? undefined : Math.max(0, schema.maxProperties);
}
