/**
 * Values as kube-apiserver's Go structs take them in and write them out again: unknown fields dropped (and named),
 * type errors in Go's words, zero values left out or written by the rules of each field's JSON tag.
 *
 * Large because it has a function a kind of Go type, which call each other.
 */
import { setOwn } from '../../kernel/own.ts';
import { canonicalQuantity } from '../../kube/quantity-text.ts';
import { entriesOf, hasDuplicates, NumberLiteral, plainValue } from './go-json.ts';
import { formatMicros, formatSeconds, parseTime } from './go-time.ts';
import { goTypeOf, goTypeText, shortTypeName } from './go-types.ts';
import { type FieldInfo, jsonFields, type ScalarCode, type TypeRef, typeInfo } from './type-table.ts';

/** The value does not fit its type; the message is what Go's decoder says. */
export class TypeMismatch extends Error {}

export interface TypedResult {
  object: Record<string, unknown>;
  /** `unknown field "spec.foo"`, `duplicate field "data.a"`, in the order of the document, each once. */
  strictErrors: string[];
}

/**
 * Takes a parsed JSON value into the type and gives back what the server would write: a new object in the type's
 * field order. Nothing of `value` is changed or shared, but for values that no type describes.
 * @param name OpenAPI name of the type
 * @throws TypeMismatch with the first mismatch, as `json: cannot unmarshal string into Go struct field ...`
 */
export function toTyped(name: string, value: unknown): TypedResult {
  const state: State = { path: [], fields: [], struct: '', strict: new Set(), mismatch: undefined };
  const object = readStruct(codecOf(name), value, state);
  if (state.mismatch !== undefined) throw new TypeMismatch(state.mismatch);
  return { object, strictErrors: [...state.strict] };
}

/**
 * The object as it is stored and written: fields in the type's order, empty lists and maps as Go's decoder leaves them after
 * they went through protobuf, zero values where they are always there. What is not of the type is dropped; values are not
 * looked at. Shares the values that need no change.
 */
export function arrange(name: string, object: Record<string, unknown>): Record<string, unknown> {
  return arrangeStruct(codecOf(name), object);
}

function arrangeStruct(codec: StructCodec, value: Record<string, unknown>): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const field of codec.fields) {
    let item = value[field.json];
    if (item === undefined || item === null) item = field.absent();
    else {
      if (field.arrange) item = field.arrange(item);
      if (field.isEmpty(item)) item = field.absent();
    }
    if (item !== undefined) object[field.json] = item;
  }
  return object;
}

/** How the values of a type are arranged; undefined where there is no struct in them. */
function arrangerOf(type: TypeRef): ((value: unknown) => unknown) | undefined {
  switch (type.kind) {
    case 'scalar':
      return undefined;
    case 'struct': {
      let codec: StructCodec | undefined;
      return (value) => {
        codec ??= codecOf(type.name);
        return isObject(value) ? arrangeStruct(codec, value) : value;
      };
    }
    case 'list': {
      const item = arrangerOf(type.of);
      return item && ((value) => (Array.isArray(value) ? value.map(item) : value));
    }
    case 'map': {
      const item = arrangerOf(type.of);
      return item && ((value) => (isObject(value) ? mapValues(value, item) : value));
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapValues(map: Record<string, unknown>, change: (value: unknown) => unknown): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const key of Object.keys(map)) setOwn(changed, key, change(map[key]));
  return changed;
}

interface State {
  /** As in `spec.containers[0].name`: the parts with their dots and brackets. */
  path: string[];
  /** JSON names down to here, without indexes and map keys, and the struct of the last one: for type errors. */
  fields: string[];
  struct: string;
  strict: Set<string>;
  /** Go goes on after the first type error, and reports that one. */
  mismatch: string | undefined;
}

/** Reads a value; undefined stands for Go's nil or a value that was not given. */
type Read = (value: unknown, state: State) => unknown;

interface FieldCodec {
  json: string;
  read: Read;
  /** What is written where nothing was given; undefined: the field is left out. */
  absent: () => unknown;
  /** Left out when empty. */
  omitEmpty: boolean;
  isEmpty: (value: unknown) => boolean;
  /** A list or map that is written as null when it was not given: until it is stored, an empty one is another value. */
  keepsEmpty: boolean;
  arrange: ((value: unknown) => unknown) | undefined;
}

interface StructCodec {
  name: string;
  shortName: string;
  fields: readonly FieldCodec[];
  byName: ReadonlyMap<string, FieldCodec>;
}

const codecs = new Map<string, StructCodec>();

function codecOf(name: string): StructCodec {
  const known = codecs.get(name);
  if (known) return known;
  const info = typeInfo(name);
  const fields = jsonFields(info).map((field) => fieldCodec(name, field));
  if (info.typeMeta) {
    const text = (json: string): FieldCodec => ({
      json,
      read: scalarReader('s', 'string'),
      absent: () => undefined,
      omitEmpty: true,
      isEmpty: (v) => v === '',
      keepsEmpty: false,
      arrange: undefined,
    });
    fields.unshift(text('kind'), text('apiVersion'));
  }
  const codec = { name, shortName: shortTypeName(name), fields, byName: new Map(fields.map((f) => [f.json, f])) };
  codecs.set(name, codec);
  return codec;
}

function fieldCodec(struct: string, field: FieldInfo): FieldCodec {
  const { type, pointer, omitEmpty, omitZero } = field;
  const nullable = pointer || type.kind === 'list' || type.kind === 'map' || isBytes(type);
  const zero = zeroOf(type);
  const always = !omitEmpty || (!pointer && isStructLike(type) && !omitZero);
  return {
    json: field.json,
    read: readerOf(type, goTypeOf(struct, field)),
    absent: always ? (nullable ? () => null : zero) : () => undefined,
    omitEmpty: omitEmpty && !pointer,
    // What went through protobuf, as everything stored did, has no empty lists and maps: they are nil.
    isEmpty: pointer ? () => false : emptinessOf(type),
    keepsEmpty: always && !pointer && (type.kind === 'list' || type.kind === 'map'),
    arrange: arrangerOf(type),
  };
}

function isBytes(type: TypeRef): boolean {
  return type.kind === 'scalar' && type.code === 'y';
}

/** Go structs without pointer are written even with omitempty. */
function isStructLike(type: TypeRef): boolean {
  return type.kind === 'struct' || (type.kind === 'scalar' && 'QTUIRDJAOP'.includes(type.code));
}

function emptinessOf(type: TypeRef): (value: unknown) => boolean {
  if (type.kind === 'list' || (type.kind === 'scalar' && type.code === 'E'))
    return (v) => (v as unknown[]).length === 0;
  if (type.kind === 'map') return (v) => Object.keys(v as object).length === 0;
  if (type.kind === 'scalar' && 'sybild'.includes(type.code)) return (v) => v === '' || v === 0 || v === false;
  return () => false;
}

function zeroOf(type: TypeRef): () => unknown {
  if (type.kind === 'struct') return () => readStruct(codecOf(type.name), undefined, emptyState());
  if (type.kind !== 'scalar') return () => null;
  const zeros: Partial<Record<ScalarCode, unknown>> = { s: '', i: 0, l: 0, b: false, d: 0, Q: '0', I: 0, D: '0s' };
  const zero = zeros[type.code] ?? null;
  return () => zero;
}

function emptyState(): State {
  return { path: [], fields: [], struct: '', strict: new Set(), mismatch: undefined };
}

function readerOf(type: TypeRef, goType: string): Read {
  switch (type.kind) {
    case 'struct': {
      let codec: StructCodec | undefined;
      return (value, state) => {
        if (value === null || value === undefined) return undefined;
        codec ??= codecOf(type.name);
        return readStruct(codec, value, state, goType);
      };
    }
    case 'list':
      return listReader(type.of, goType);
    case 'map':
      return mapReader(type.of, goType);
    case 'scalar':
      if (type.code === 'E') return listReader({ kind: 'scalar', code: 's' }, goType, 'string');
      return scalarReader(type.code, goType);
  }
}

function readStruct(codec: StructCodec, value: unknown, state: State, goType?: string): Record<string, unknown> {
  const given = new Map<string, unknown>();
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberLiteral)) {
    const outer = state.struct;
    const depth = state.fields.length;
    for (const [key, item] of entriesOf(value)) {
      if (item === undefined) continue;
      const field = codec.byName.get(key);
      if (!field) {
        finding(state, `unknown field "${pathTo(state, key)}"`);
        continue;
      }
      if (given.has(key)) finding(state, `duplicate field "${pathTo(state, key)}"`);
      state.struct = codec.shortName;
      state.fields.push(key);
      state.path.push('.', key);
      given.set(key, field.read(item, state));
      state.path.length -= 2;
      state.fields.length = depth;
    }
    state.struct = outer;
  } else if (value !== null && value !== undefined) {
    mismatch(state, value, goType ?? codec.shortName);
  }
  const object: Record<string, unknown> = {};
  for (const field of codec.fields) {
    let item = given.get(field.json);
    if (item === undefined || (item !== null && !field.keepsEmpty && field.isEmpty(item))) item = field.absent();
    if (item !== undefined) object[field.json] = item;
  }
  return object;
}

function listReader(of: TypeRef, goType: string, itemGoType = goType.slice(2)): Read {
  const read = readerOf(of, itemGoType);
  const zero = zeroOf(of);
  return (value, state) => {
    if (value === null || value === undefined) return undefined;
    if (!Array.isArray(value)) return mismatch(state, value, goType);
    return value.map((item, i) => {
      state.path.push('[', String(i), ']');
      const result = read(item, state);
      state.path.length -= 3;
      return result === undefined ? zero() : result;
    });
  };
}

function mapReader(of: TypeRef, goType: string): Read {
  const ofGoType = goType === 'v1.ResourceList' ? 'resource.Quantity' : goType.slice(goType.indexOf(']') + 1);
  // Bytes of a map are never nil once they were stored; ResourceLists are rounded by their defaults.
  const read = goType === 'v1.ResourceList' ? readRoundedQuantity : readerOf(of, ofGoType || goTypeText(of));
  const zero = isBytes(of) ? () => '' : zeroOf(of);
  return (value, state) => {
    if (value === null || value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value) || value instanceof NumberLiteral) {
      return mismatch(state, value, goType);
    }
    const map: Record<string, unknown> = {};
    const seen = hasDuplicates(value) ? new Set<string>() : undefined;
    for (const [key, item] of entriesOf(value)) {
      if (seen?.has(key)) finding(state, `duplicate field "${pathTo(state, key)}"`);
      seen?.add(key);
      // Objects made in TypeScript may hold undefined, which JSON does not have.
      if (item === undefined) continue;
      state.path.push('.', key);
      const result = read(item, state);
      state.path.length -= 2;
      setOwn(map, key, result === undefined ? zero() : result);
    }
    return map;
  };
}

/** Go's decoder stops collecting after a hundred. */
function finding(state: State, text: string): void {
  if (state.strict.size < 100) state.strict.add(text);
}

/** Dots and brackets stand in the path already; it begins with a dot. */
function pathTo(state: State, key: string): string {
  return state.path.length === 0 ? key : `${state.path.join('').slice(1)}.${key}`;
}

/** Notes a type error; the value counts as not given. */
function mismatch(state: State, value: unknown, goType: string, literal = false): undefined {
  state.mismatch ??= mismatchText(state, describe(value, literal), goType);
  return undefined;
}

function mismatchText(state: State, what: string, goType: string): string {
  if (state.fields.length === 0) return `json: cannot unmarshal ${what} into Go value of type ${goType}`;
  return `json: cannot unmarshal ${what} into Go struct field ${state.struct}.${state.fields.join('.')} of type ${goType}`;
}

/** How Go names a JSON value in a type error; numbers by their literal only where another number would have fit. */
function describe(value: unknown, literal: boolean): string {
  if (Array.isArray(value)) return 'array';
  if (value instanceof NumberLiteral) return literal ? `number ${value.text}` : 'number';
  if (typeof value === 'number') return literal ? `number ${value}` : 'number';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

function isNumber(value: unknown): value is number | NumberLiteral {
  return typeof value === 'number' || value instanceof NumberLiteral;
}

function readInteger(value: unknown, state: State, bits: 32 | 64, goType: string): number | undefined {
  if (!isNumber(value)) return mismatch(state, value, goType);
  const text = value instanceof NumberLiteral ? value.text : String(value);
  const limit = 2n ** BigInt(bits - 1);
  if (!/^-?\d+$/.test(text)) return mismatch(state, value, goType, true);
  const exact = BigInt(text);
  if (exact >= limit || exact < -limit) return mismatch(state, value, goType, true);
  return Number(exact);
}

/** Types that decode themselves stop the whole decoding where they fail. */
function ownDecoding<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof TypeMismatch ? error : new TypeMismatch((error as Error).message, { cause: error });
  }
}

function readQuantity(value: unknown, roundToMilli: boolean): string | undefined {
  if (value === null || value === undefined) return undefined;
  const text = typeof value === 'string' ? value : value instanceof NumberLiteral ? value.text : JSON.stringify(value);
  return ownDecoding(() => canonicalQuantity(text.trim(), roundToMilli));
}
const readRoundedQuantity: Read = (value) => readQuantity(value, true);

function readTime(value: unknown, state: State, layout: 'seconds' | 'micro'): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'string') throw new TypeMismatch(mismatchText(state, describe(value, false), 'string'));
  const time = ownDecoding(() => parseTime(value, layout));
  return layout === 'seconds' ? formatSeconds(time) : formatMicros(time);
}

function readIntOrString(value: unknown, state: State): unknown {
  if (value === null || value === undefined || typeof value === 'string') return value ?? undefined;
  const before = state.mismatch;
  state.mismatch = undefined;
  const number = readInteger(value, state, 32, 'int32');
  if (state.mismatch !== undefined) throw new TypeMismatch(state.mismatch);
  state.mismatch = before;
  return number;
}

function readBytes(value: unknown, state: State, goType: string): string | undefined {
  if (typeof value !== 'string') return mismatch(state, value, goType);
  const text = value.replace(/[\r\n]/g, '');
  const bad = base64Error(text);
  if (bad >= 0) state.mismatch ??= `illegal base64 data at input byte ${bad}`;
  return text;
}

/** Where Go's base64 decoder gives up, -1 if it does not. */
function base64Error(text: string): number {
  const padding = /={0,2}$/.exec(text)?.[0].length ?? 0;
  const body = text.slice(0, text.length - padding);
  const bad = /[^A-Za-z0-9+/]/.exec(body);
  if (bad) return bad.index;
  if (text.length % 4 === 0) return -1;
  return padding > 0 ? text.length : text.length - (text.length % 4);
}

function scalarReader(code: ScalarCode, goType: string): Read {
  const given =
    (read: Read): Read =>
    (value, state) =>
      value === null || value === undefined ? undefined : read(value, state);
  switch (code) {
    case 's':
      return given((value, state) => (typeof value === 'string' ? value : mismatch(state, value, goType)));
    case 'b':
      return given((value, state) => (typeof value === 'boolean' ? value : mismatch(state, value, goType)));
    case 'i':
      return given((value, state) => readInteger(value, state, 32, goType));
    case 'l':
      return given((value, state) => readInteger(value, state, 64, goType));
    case 'd':
      return given((value, state) =>
        isNumber(value) ? Number(value instanceof NumberLiteral ? value.text : value) : mismatch(state, value, goType),
      );
    case 'y':
      return given((value, state) => readBytes(value, state, goType));
    case 'Q':
      return (value) => readQuantity(value, false);
    case 'T':
      return (value, state) => readTime(value, state, 'seconds');
    case 'U':
      return (value, state) => readTime(value, state, 'micro');
    case 'I':
      return readIntOrString;
    default:
      return given((value) => plainValue(value));
  }
}
