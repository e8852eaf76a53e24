/** Objects as structured-merge-diff sees them: JSON values beside their schema. */
import { ownValue, setOwn } from '../../kernel/own.ts';
import { type FieldInfo, findType, jsonFields } from '../codec/type-table.ts';
import {
  deducedType,
  type ListSchema,
  type MapSchema,
  type ObjectSchema,
  type ScalarSchema,
  type TypeSchema,
} from '../schema.ts';
import { keyElement, valueElement } from './field-set.ts';
import { isMap, type JsonMap } from './json-value.ts';

const anything: ScalarSchema = { kind: 'scalar', type: 'any' };
const deducedMap: MapSchema = { kind: 'map', atomic: false, values: deducedType };
const deducedList: ListSchema = { kind: 'list', listType: 'atomic', mapKeys: [], items: anything };

/** The schema to use for `value`: that of an undeclared field of a custom resource is taken from the value. */
export function resolve(schema: TypeSchema, value: unknown): TypeSchema {
  if (schema !== deducedType) return schema;
  return Array.isArray(value) ? deducedList : isMap(value) ? deducedMap : anything;
}

/** The schema of one field of an object or map; undefined if the field is not declared. */
export function fieldSchema(schema: ObjectSchema | MapSchema, name: string): TypeSchema | undefined {
  if (schema.kind === 'map') return schema.values;
  return schema.fields.get(name)?.schema ?? (schema.preserveUnknown ? deducedType : undefined);
}

/** Whether a field is one of a struct: such fields are owned by whoever owns something below them. */
export function isNamedField(schema: TypeSchema | undefined, name: string): boolean {
  return schema?.kind === 'object' && schema.fields.has(name);
}

/** The schema below one path element of a set. */
export function schemaBelow(schema: TypeSchema | undefined, element: string): TypeSchema | undefined {
  if (!schema) return undefined;
  if (element.startsWith('f:')) {
    return schema.kind === 'object' || schema.kind === 'map' ? fieldSchema(schema, element.slice(2)) : undefined;
  }
  return element.startsWith('k:') && schema.kind === 'list' ? schema.items : undefined;
}

/** What is wrong with an item as member of its list. */
export class ItemError extends Error {}

/**
 * The path element of a list item: its keys, with the schema's defaults for missing ones, or its value.
 * @throws ItemError if it has none
 */
export function itemElement(list: ListSchema, item: unknown): string {
  if (list.listType !== 'map') {
    if (isMap(item)) throw new ItemError("associative list without keys has an element that's a map type");
    if (Array.isArray(item)) throw new ItemError('not supported: associative list with lists as elements');
    if (item === null) throw new ItemError("associative list without keys has an element that's an explicit null");
    return valueElement(item);
  }
  if (item === null) throw new ItemError('associative list with keys may not have a null element');
  if (!isMap(item)) throw new ItemError('associative list with keys may not have non-map elements');
  const keys: JsonMap = {};
  for (const key of list.mapKeys) {
    const value =
      ownValue(item, key) ?? (list.items.kind === 'object' ? list.items.fields.get(key)?.default : undefined);
    if (value === undefined) {
      throw new ItemError(
        `associative list with keys has an element that omits key field ${JSON.stringify(key)} (and doesn't have default value)`,
      );
    }
    keys[key] = value;
  }
  return keyElement(keys);
}

/** How Go writes one field of a struct. */
interface GoField {
  schema: TypeSchema;
  /** Left out of JSON when null. */
  omitNull: boolean;
  /** Left out of JSON when it has its zero value too. */
  omitZero: boolean;
  /** What stands for a missing value; undefined: nothing. */
  zero: unknown;
}

interface GoStruct {
  fields: ReadonlyMap<string, GoField>;
  /** The fields that are always there. */
  always: readonly (readonly [string, GoField])[];
}

const structs = new WeakMap<ObjectSchema, GoStruct | null>();

function goStruct(schema: ObjectSchema): GoStruct | null {
  const known = structs.get(schema);
  if (known !== undefined) return known;
  const info = findType(schema.name);
  let created: GoStruct | null = null;
  if (info) {
    const fields = new Map<string, GoField>();
    for (const field of jsonFields(info)) {
      const declared = schema.fields.get(field.json);
      if (declared) fields.set(field.json, goField(field, declared.schema));
    }
    created = { fields, always: [...fields].filter(([, field]) => field.zero !== undefined) };
  }
  structs.set(schema, created);
  return created;
}

const zeroScalars: Readonly<Record<string, unknown>> = { s: '', i: 0, l: 0, d: 0, b: false };

function goField(field: FieldInfo, schema: TypeSchema): GoField {
  const { type, pointer, omitEmpty, omitZero } = field;
  const struct = !pointer && (type.kind === 'struct' || (type.kind === 'scalar' && 'TUDIQ'.includes(type.code)));
  // `omitempty` has no effect on structs, `omitzero` has.
  const present = struct ? !omitZero : !omitEmpty;
  let zero: unknown;
  if (present) {
    if (pointer || type.kind === 'list' || type.kind === 'map') zero = null;
    else if (type.kind === 'struct') zero = {};
    else if (type.code === 'Q') zero = '0';
    else if (type.code === 'I') zero = 0;
    else zero = zeroScalars[type.code] ?? null;
  }
  return { schema, omitNull: !present, omitZero: !pointer && !present && !struct, zero };
}

const isZero = (value: unknown): boolean =>
  value === '' ||
  value === 0 ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (isMap(value) && Object.keys(value).length === 0);

/**
 * An object as Go's types would show it: what is always written is there (`status: {}`, `containers: null`), what is left
 * out when empty is not. Values of custom resources stay as they are. Shares with `value` whatever needs no change.
 */
export function toTyped(schema: TypeSchema, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  switch (schema.kind) {
    case 'scalar':
      return value;
    case 'list':
      if (!Array.isArray(value) || schema.items.kind === 'scalar') return value;
      return value.map((item) => toTyped(schema.items, item));
    case 'map': {
      if (!isMap(value) || schema.values.kind === 'scalar') return value;
      const out: JsonMap = {};
      for (const key of Object.keys(value)) setOwn(out, key, toTyped(schema.values, value[key]));
      return out;
    }
    case 'object':
      return isMap(value) ? typedObject(schema, value) : value;
  }
}

function typedObject(schema: ObjectSchema, value: JsonMap): JsonMap {
  const struct = goStruct(schema);
  if (!struct) return value;
  const out: JsonMap = {};
  for (const key of Object.keys(value)) {
    const field = struct.fields.get(key);
    const item = value[key];
    if (!field) {
      // apiVersion and kind are no fields of the struct itself.
      if (schema.fields.has(key)) out[key] = item;
    } else if (item === null || item === undefined) {
      if (!field.omitNull && field.zero === null) out[key] = null;
    } else if (!field.omitZero || !isZero(item)) {
      out[key] = toTyped(field.schema, item);
    }
  }
  for (const [key, field] of struct.always) {
    if (ownValue(out, key) === undefined) out[key] = toTyped(field.schema, field.zero);
  }
  return out;
}
