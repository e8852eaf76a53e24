/**
 * Messages of the API in protobuf, read and written by the type table. Kubernetes' generated code writes what is no
 * pointer always, zero or not, in the order of field numbers; maps by sorted keys.
 */

import type protobuf from 'protobufjs/minimal.js';
import { setOwn } from '../../kernel/own.ts';
import { formatMicros, formatSeconds, parseTime } from './go-time.ts';
import { type FieldInfo, type ScalarCode, type TypeInfo, type TypeRef, typeInfo } from './type-table.ts';

type Reader = protobuf.Reader;
type Writer = protobuf.Writer;
type Json = Record<string, unknown>;

const wire = { varint: 0, fixed64: 1, bytes: 2 };
const jsonSchema = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';

/** Reads what may hold JSON or, once more, an enveloped protobuf object (in a RawExtension). */
export type RawReader = (bytes: Uint8Array) => unknown;

const wireTypes: Partial<Record<ScalarCode, number>> = {
  i: wire.varint,
  l: wire.varint,
  b: wire.varint,
  d: wire.fixed64,
};

function tagOf(number: number, type: TypeRef): number {
  return (number << 3) | ((type.kind === 'scalar' ? wireTypes[type.code] : undefined) ?? wire.bytes);
}

/** Writes the fields of `value`, an object in the server's JSON form; what it lacks is zero. */
export function writeMessage(writer: Writer, info: TypeInfo, value: Json): void {
  for (const field of byNumber(info)) {
    // Inlined structs are messages of their own, made of the outer object's fields.
    const item = field.inline ? value : value[field.json];
    writeField(writer, field, item);
  }
}

const numbered = new WeakMap<TypeInfo, readonly FieldInfo[]>();

/** Go's generated code writes fields by number, wherever they stand in the struct. */
function byNumber(info: TypeInfo): readonly FieldInfo[] {
  let fields = numbered.get(info);
  if (!fields) {
    fields = info.fields.toSorted((a, b) => a.number - b.number);
    numbered.set(info, fields);
  }
  return fields;
}

function writeField(writer: Writer, { number, type, pointer }: FieldInfo, value: unknown): void {
  if (value === undefined || value === null) {
    if (pointer || type.kind === 'list' || type.kind === 'map') return;
    if (type.kind === 'scalar' && (type.code === 'y' || type.code === 'E')) {
      if (type.code === 'E') writer.uint32(tagOf(number, type)).uint32(0);
      return;
    }
  }
  if (type.kind === 'list') {
    for (const item of value as unknown[]) writeValue(writer.uint32(tagOf(number, type.of)), type.of, item);
    return;
  }
  if (type.kind === 'map') {
    const map = value as Json;
    for (const key of Object.keys(map).sort()) {
      writer.uint32(tagOf(number, type)).fork().uint32(tagOf(1, type)).string(key);
      writeValue(writer.uint32(tagOf(2, type.of)), type.of, map[key]);
      writer.ldelim();
    }
    return;
  }
  writeValue(writer.uint32(tagOf(number, type)), type, value);
}

function writeValue(writer: Writer, type: TypeRef, value: unknown): void {
  if (type.kind === 'struct') {
    writer.fork();
    writeMessage(writer, typeInfo(type.name), (value ?? {}) as Json);
    writer.ldelim();
    return;
  }
  if (type.kind !== 'scalar') throw new Error('lists of lists have no protobuf form');
  switch (type.code) {
    case 's':
      writer.string((value as string | undefined) ?? '');
      return;
    case 'i':
      writer.int32((value as number | undefined) ?? 0);
      return;
    case 'l':
      writer.int64((value as number | undefined) ?? 0);
      return;
    case 'b':
      writer.bool((value as boolean | undefined) ?? false);
      return;
    case 'd':
      writer.double((value as number | undefined) ?? 0);
      return;
    case 'y':
      writer.bytes(Buffer.from((value as string | undefined) ?? '', 'base64'));
      return;
    default:
      writer.fork();
      writeSpecial(writer, type.code, value);
      writer.ldelim();
  }
}

function writeSpecial(writer: Writer, code: ScalarCode, value: unknown): void {
  const bytes = (number: number) => writer.uint32((number << 3) | wire.bytes);
  const schema = (number: number, of: unknown) => writeValue(bytes(number), { kind: 'struct', name: jsonSchema }, of);
  switch (code) {
    case 'Q':
      bytes(1).string(value === undefined || value === null ? '0' : String(value));
      return;
    case 'T':
    case 'U': {
      if (value === undefined || value === null) return;
      const { seconds, nanos } = parseTime(value as string, code === 'T' ? 'seconds' : 'micro');
      writer.uint32(8).int64(seconds).uint32(16).int32(nanos);
      return;
    }
    case 'I':
      writer.uint32(8).int64(typeof value === 'string' ? 1 : 0);
      writer.uint32(16).int32(typeof value === 'number' ? value : 0);
      bytes(3).string(typeof value === 'string' ? value : '');
      return;
    case 'R':
    case 'F':
    case 'J':
      if (value !== undefined && value !== null) bytes(1).string(JSON.stringify(value));
      return;
    case 'E':
      for (const item of (value ?? []) as string[]) bytes(1).string(item);
      return;
    case 'A':
      if (Array.isArray(value)) for (const item of value) schema(2, item);
      else schema(1, value);
      return;
    case 'O':
      writer.uint32(8).bool(value !== false);
      if (typeof value === 'object') schema(2, value);
      return;
    case 'P':
      if (Array.isArray(value)) for (const item of value as string[]) bytes(2).string(item);
      else schema(1, value);
      return;
    case 'D':
      writer.uint32(8).int64(durationNanos(String(value ?? '0s')));
      return;
    default:
      throw new Error(`no protobuf form of the scalar ${code}`);
  }
}

/** A Go duration (`1h2m3.5s`) in nanoseconds. */
function durationNanos(text: string): number {
  const units: Record<string, number> = { h: 3600e9, m: 60e9, s: 1e9, ms: 1e6, us: 1e3, ns: 1 };
  let nanos = 0;
  for (const [, number, unit = 's'] of text.matchAll(/([\d.]+)(ms|us|ns|h|m|s)/g)) {
    nanos += Number(number) * (units[unit] ?? 0);
  }
  return Math.round(text.startsWith('-') ? -nanos : nanos);
}

const fieldsByNumber = new WeakMap<TypeInfo, Map<number, FieldInfo>>();

/** Reads a message up to `end` into JSON form; numbers that the type does not know are skipped. */
export function readMessage(reader: Reader, info: TypeInfo, end: number, raw: RawReader, into: Json = {}): Json {
  let fields = fieldsByNumber.get(info);
  if (!fields) {
    fields = new Map(info.fields.map((field) => [field.number, field]));
    fieldsByNumber.set(info, fields);
  }
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = fields.get(tag >>> 3);
    if (!field) {
      reader.skipType(tag & 7);
      continue;
    }
    const { type, json } = field;
    if (field.inline && type.kind === 'struct') {
      const length = reader.uint32();
      readMessage(reader, typeInfo(type.name), reader.pos + length, raw, into);
    } else if (type.kind === 'list') {
      into[json] ??= [];
      (into[json] as unknown[]).push(readValue(reader, type.of, raw));
    } else if (type.kind === 'map') {
      into[json] ??= {};
      readEntry(reader, type.of, into[json] as Json, raw);
    } else into[json] = readValue(reader, type, raw);
  }
  return into;
}

function readEntry(reader: Reader, type: TypeRef, map: Json, raw: RawReader): void {
  const length = reader.uint32();
  const end = reader.pos + length;
  let key = '';
  let value: unknown;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) value = readValue(reader, type, raw);
    else reader.skipType(tag & 7);
  }
  setOwn(map, key, value ?? null);
}

function readValue(reader: Reader, type: TypeRef, raw: RawReader): unknown {
  if (type.kind === 'struct') {
    const length = reader.uint32();
    return readMessage(reader, typeInfo(type.name), reader.pos + length, raw);
  }
  if (type.kind !== 'scalar') throw new Error('lists of lists have no protobuf form');
  switch (type.code) {
    case 's':
      return reader.string();
    case 'i':
      return reader.int32();
    case 'l':
      return Number(reader.int64());
    case 'b':
      return reader.bool();
    case 'd':
      return reader.double();
    case 'y':
      return Buffer.from(reader.bytes()).toString('base64');
    default: {
      const length = reader.uint32();
      return readSpecial(reader, type.code, reader.pos + length, raw);
    }
  }
}

function readSpecial(reader: Reader, code: ScalarCode, end: number, raw: RawReader): unknown {
  // All of them have one to three fields; which wire type a number has is told by its tag.
  const found = new Map<number, unknown[]>();
  const schema = { kind: 'struct', name: jsonSchema } as const;
  const isSchema = (number: number) => code === 'A' || (code === 'O' && number === 2) || (code === 'P' && number === 1);
  while (reader.pos < end) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    const value = isSchema(number)
      ? readValue(reader, schema, raw)
      : (tag & 7) === wire.varint
        ? Number(reader.int64())
        : reader.bytes();
    found.set(number, [...(found.get(number) ?? []), value]);
  }
  const number = (n: number) => (found.get(n)?.[0] as number | undefined) ?? 0;
  const text = (n: number) => Buffer.from((found.get(n)?.[0] as Uint8Array | undefined) ?? []).toString('utf8');
  switch (code) {
    case 'Q':
      return text(1);
    case 'T':
      return found.size === 0 ? null : formatSeconds({ seconds: number(1), nanos: 0 });
    case 'U':
      return found.size === 0 ? null : formatMicros({ seconds: number(1), nanos: number(2) });
    case 'I':
      return number(1) === 1 ? text(3) : number(2);
    case 'E':
      return (found.get(1) ?? []).map((item) => Buffer.from(item as Uint8Array).toString('utf8'));
    case 'A':
      return found.get(2) ?? found.get(1)?.[0];
    case 'O':
      return found.get(2)?.[0] ?? number(1) !== 0;
    case 'P':
      return found.get(1)?.[0] ?? (found.get(2) ?? []).map((item) => Buffer.from(item as Uint8Array).toString('utf8'));
    case 'D':
      return `${number(1) / 1e9}s`;
    default:
      return found.has(1) ? raw(found.get(1)?.[0] as Uint8Array) : null;
  }
}
