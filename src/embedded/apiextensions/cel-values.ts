/** Values of custom resources as CEL sees them, by their schema (apiserver's cel/common/valuesunstructured.go). */
import { parseDuration } from '../../kube/cel/time.ts';
import { CelError, CelList, CelMap, celEquals, Duration, Opaque, Timestamp } from '../../kube/cel/values.ts';
import { step } from '../../kube/cel/work.ts';
import { equalJson } from '../registry/core.ts';
import { escapeName, unescapeName } from './cel-names.ts';
import { withTypeAndObjectMeta } from './cel-types.ts';
import { keyText } from './correlation.ts';
import {
  isEmbedded,
  isIntOrString,
  isMap,
  itemsOf,
  type JsonMap,
  listKeysOf,
  listTypeOf,
  preservesUnknown,
  propertyOf,
  type Schema,
  valuesOf,
} from './schema.ts';

/** @throws CelError if the value is none of the schema */
export function celValue(value: unknown, schema: Schema): unknown {
  if (value === null || value === undefined) {
    if (schema.nullable) return null;
    throw new CelError('invalid data, got null for schema with nullable=false');
  }
  if (isIntOrString(schema)) {
    if (typeof value === 'string') return value;
    if (Number.isInteger(value)) return BigInt(value as number);
    throw new CelError('invalid data, expected XIntOrString value to be either a string or integer');
  }
  switch (schema.type) {
    case 'object':
      if (!isMap(value)) throw new CelError('invalid data, expected a map for the provided schema with type=object');
      return new SchemaMap(value, isEmbedded(schema) ? withTypeAndObjectMeta(schema) : schema);
    case 'array':
      if (!Array.isArray(value))
        throw new CelError('invalid data, expected an array for the provided schema with type=array');
      return new SchemaList(value, schema);
    case 'string':
      if (typeof value !== 'string') throw new CelError(`invalid data, expected string, got ${goType(value)}`);
      return stringValue(value, schema);
    case 'number':
      if (typeof value !== 'number') throw new CelError(`invalid data, expected float, got ${goType(value)}`);
      return value;
    case 'integer':
      if (!Number.isInteger(value)) throw new CelError(`invalid data, expected int, got ${goType(value)}`);
      return BigInt(value as number);
    case 'boolean':
      if (typeof value !== 'boolean') throw new CelError(`invalid data, expected bool, got ${goType(value)}`);
      return value;
  }
  if (preservesUnknown(schema)) return new Unknown(value);
  throw new CelError(`invalid type, got ${schema.type ?? ''}`);
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return { string: 'string', boolean: 'bool' }[typeof value as string] ?? 'map[string]interface {}';
}

function stringValue(text: string, { format }: Schema): unknown {
  switch (format) {
    case 'duration':
      return lenientDuration(text);
    case 'date':
    case 'date-time': {
      const ms = Date.parse(format === 'date' ? `${text}T00:00:00Z` : text);
      if (Number.isNaN(ms)) throw new CelError(`Invalid ${format} formatted string ${text}`);
      return new Timestamp(BigInt(ms) * 1_000_000n);
    }
    case 'byte':
      return new Uint8Array(Buffer.from(text, 'base64'));
    default:
      return text;
  }
}

const second = 1_000_000_000n;
const units: readonly (readonly [RegExp, bigint])[] = [
  [/^(ns|nano)/, 1n],
  [/^(us|µs|micro)/, 1000n],
  [/^(ms|milli)/, 1_000_000n],
  [/^(s$|sec)/, second],
  [/^(m$|min)/, 60n * second],
  [/^(h$|hr|hour)/, 3600n * second],
  [/^(d$|day)/, 86_400n * second],
  [/^(w$|wk|week)/, 604_800n * second],
];

/** Go's durations, and those of Scala: `5 minutes`. */
function lenientDuration(text: string): Duration {
  try {
    return parseDuration(text);
  } catch {
    let total = 0n;
    for (const [, count = '0', unit = ''] of text.matchAll(/(\d+)\s*([A-Za-zµ]+)/g)) {
      total += BigInt(count) * (units.find(([shape]) => shape.test(unit.toLowerCase()))?.[1] ?? 0n);
    }
    return new Duration(total);
  }
}

/** Data without a schema: all one can do is compare it. */
class Unknown extends Opaque {
  readonly typeName = 'unknown';
  readonly value: unknown;
  #size: number | undefined;

  constructor(value: unknown) {
    super();
    this.value = value;
  }

  equals(other: Opaque): boolean {
    if (!(other instanceof Unknown)) return false;
    step(Math.min(this.#weight(), other.#weight()));
    return equalJson(this.value, other.value);
  }

  /** About as many steps as a comparison takes. */
  #weight(): number {
    this.#size ??= JSON.stringify(this.value).length / 8;
    return this.#size;
  }
}

/** An object, or a map. */
class SchemaMap extends CelMap {
  readonly value: JsonMap;
  readonly #schema: Schema;
  readonly #known = new Map<string, unknown>();

  constructor(value: JsonMap, schema: Schema) {
    super();
    this.value = value;
    this.#schema = schema;
  }

  get size(): number {
    return Object.keys(this.value).length;
  }

  get #isObject(): boolean {
    return this.#schema.properties !== undefined;
  }

  #schemaOf(name: string): Schema | undefined {
    return this.#isObject ? propertyOf(this.#schema, name) : valuesOf(this.#schema);
  }

  get(key: unknown): unknown {
    if (typeof key !== 'string') return undefined;
    const name = this.#isObject ? unescapeName(key) : key;
    if (name === undefined || !Object.hasOwn(this.value, name)) return undefined;
    // A field of null counts as missing, a value of a map does not.
    if (this.#isObject && this.value[name] === null) return undefined;
    const schema = this.#schemaOf(name);
    if (!schema) return undefined;
    if (!this.#known.has(name)) this.#known.set(name, celValue(this.value[name], schema));
    return this.#known.get(name);
  }

  *keys(): Iterable<unknown> {
    for (const name of Object.keys(this.value)) {
      if (this.#schemaOf(name)) yield this.#isObject ? (escapeName(name) ?? name) : name;
    }
  }

  override equals(other: CelMap): boolean {
    if (this.size !== other.size || !super.sameKeys(other)) return false;
    if (!(other instanceof SchemaMap)) return true;
    const unknown = Object.keys(this.value).filter((name) => !this.#schemaOf(name) && Object.hasOwn(other.value, name));
    return unknown.every((name) => equalJson(this.value[name], other.value[name]));
  }
}

/** A list; sets and keyed lists are compared and joined by what is in them. */
class SchemaList extends CelList {
  readonly items: readonly unknown[];
  readonly #schema: Schema;
  readonly #known: unknown[] = [];

  constructor(items: readonly unknown[], schema: Schema) {
    super();
    this.items = items;
    this.#schema = schema;
  }

  get size(): number {
    return this.items.length;
  }

  at(index: number): unknown {
    if (index < 0 || index >= this.items.length) throw new CelError(`index out of bounds: ${index}`);
    this.#known[index] ??= celValue(this.items[index], itemsOf(this.#schema) ?? {});
    return this.#known[index];
  }

  /** What identifies an item; undefined in lists where only the place does. */
  #identity(): ((item: unknown) => string) | undefined {
    const keys = listKeysOf(this.#schema);
    switch (listTypeOf(this.#schema)) {
      case 'map':
        return (item) => (isMap(item) ? keyText(item, keys) : JSON.stringify(item));
      case 'set':
        return (item) => JSON.stringify(item);
      default:
        return undefined;
    }
  }

  override equals(other: CelList): boolean {
    const identity = this.#identity();
    if (!identity || this.size !== other.size) return super.equals(other);
    step(this.size + other.size);
    const places = new Map(this.items.map((item, i) => [identity(item), i]));
    return [...other].every((item) => {
      const place = places.get(identity(toJson(item)));
      return place !== undefined && celEquals(this.at(place), item);
    });
  }

  override concat(other: CelList): CelList {
    const identity = this.#identity();
    if (!identity) return super.concat(other);
    step(this.size + other.size);
    const added = [...other].map(toJson);
    const items = [...this.items];
    const places = new Map(items.map((item, i) => [identity(item), i] as const));
    for (const item of added) {
      const place = places.get(identity(item));
      if (place === undefined) items.push(item);
      else if (listTypeOf(this.#schema) === 'map') items[place] = item;
    }
    return new SchemaList(items, this.#schema);
  }
}

/** The JSON that a value was made of. */
function toJson(value: unknown): unknown {
  if (value instanceof SchemaMap || value instanceof Unknown) return value.value;
  if (value instanceof SchemaList) return value.items;
  if (value instanceof CelList) return [...value].map(toJson);
  if (value instanceof CelMap) return Object.fromEntries([...value.keys()].map((key) => [key, toJson(value.get(key))]));
  return typeof value === 'bigint' ? Number(value) : value;
}
