/**
 * The bytes of every kind of the API, with every field set, held against the recorded messages: read back by those
 * alone, without the type table that wrote them.
 */
import protobuf from 'protobufjs/minimal.js';
import { describe, expect, it } from 'vitest';
import { encodeProtobuf, hasProtobuf } from '../../../src/embedded/codec/protobuf.ts';
import { recordedDefinitions, recording } from './recorded.ts';

interface Field {
  json: string;
  num: number;
  wire: string;
  kind: 'scalar' | 'message' | 'map';
  type?: string;
  key?: string;
  value?: string;
  valueKind?: 'scalar' | 'message';
  repeated?: boolean;
  inline?: boolean;
}

interface Message {
  fields: Field[];
  special?: string;
}

const recorded = recording<{ kinds: Record<string, string>; messages: Record<string, Message> }>('protobuf.json');
const messages = recorded?.messages ?? {};
const messageOf = (name: string): Message => {
  const message = messages[name];
  if (!message) throw new Error(`no message ${name}`);
  return message;
};

type Json = Record<string, unknown>;

/** JSON of types with an encoding of their own, and what a reader finds in their messages. */
const specials: Record<string, { json: unknown; wire: Record<number, unknown> }> = {
  Time: { json: '2026-01-02T03:04:05Z', wire: { 1: 1767323045, 2: 0 } },
  MicroTime: { json: '2026-01-02T03:04:05.123456Z', wire: { 1: 1767323045, 2: 123456000 } },
  Quantity: { json: '1500m', wire: { 1: '1500m' } },
  IntOrString: { json: 'https', wire: { 1: 1, 2: 0, 3: 'https' } },
  RawExtension: { json: { a: 1 }, wire: { 1: '{"a":1}' } },
  FieldsV1: { json: { 'f:a': {} }, wire: { 1: '{"f:a":{}}' } },
  JSON: { json: [1, 'x'], wire: { 1: '[1,"x"]' } },
  Duration: { json: '1m30s', wire: { 1: 90e9 } },
  ItemsList: { json: ['x', 'y'], wire: { 1: ['x', 'y'] } },
  JSONSchemaPropsOrArray: { json: undefined, wire: {} },
  JSONSchemaPropsOrBool: { json: false, wire: { 1: false } },
  JSONSchemaPropsOrStringArray: { json: ['p', 'q'], wire: { 2: ['p', 'q'] } },
};

const scalars: Record<string, (seed: number) => unknown> = {
  string: (seed) => `s${seed}`,
  int32: (seed) => seed + 1,
  int64: (seed) => seed + 2 ** 40,
  bool: () => true,
  float64: (seed) => seed + 0.5,
  bytes: (seed) => Buffer.from([seed & 255, 1]).toString('base64'),
};

/** A value with every field set; a message within its like (JSONSchemaProps) has scalars only. */
function sample(name: string, seen: readonly string[] = []): unknown {
  const message = messageOf(name);
  if (message.special) return specials[message.special]?.json;
  const object: Json = {};
  for (const field of message.fields) {
    if (seen.includes(name) && field.kind !== 'scalar') continue;
    const value = sampleOf(field, [...seen, name]);
    if (field.inline) Object.assign(object, value);
    else if (value !== undefined) object[field.json] = field.repeated ? [value, value] : value;
  }
  return object;
}

function sampleOf({ kind, num, type = '', value = '', valueKind }: Field, seen: readonly string[]): unknown {
  if (kind === 'scalar') return scalars[type]?.(num);
  if (kind === 'message') return sample(type, seen);
  const item = valueKind === 'scalar' ? scalars[value]?.(num) : sample(value, seen);
  return item === undefined ? undefined : { k1: item, k2: item };
}

/** Told by an error, not by `expect`: there are a hundred thousand of these. */
function same(got: unknown, wanted: unknown, where: string): void {
  if (got !== wanted) throw new Error(`${where}: expected ${wanted}, got ${got}`);
}

type Reader = protobuf.Reader;

/** What the recorded message says of these bytes; a number that it does not have, or another wire type, is an error. */
function read(reader: Reader, end: number, name: string): unknown {
  const message = messageOf(name);
  const found: Json = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = message.fields.find(({ num }) => num === tag >>> 3);
    if (!field) throw new Error(`${name} has no field ${tag >>> 3}`);
    const value = readField(reader, field, tag & 7, name);
    const key = message.special ? String(field.num) : field.json;
    if (field.inline) Object.assign(found, value);
    else if (field.kind === 'map') found[key] = { ...(found[key] as Json), ...(value as Json) };
    else if (field.repeated) found[key] = [...((found[key] as unknown[]) ?? []), value];
    else found[key] = value;
  }
  if (!message.special) return found;
  const { json, wire } = specials[message.special] ?? {};
  same(JSON.stringify(found), JSON.stringify(wire), name);
  return json;
}

function readField(reader: Reader, field: Field, wire: number, of: string): unknown {
  const { kind, type = '', value = '', valueKind } = field;
  if (kind === 'scalar') return readScalar(reader, type, wire, `${of}.${field.json}`);
  same(wire, 2, `${of}.${field.json}`);
  const end = reader.uint32() + reader.pos;
  if (kind === 'message') return read(reader, end, type);
  same(reader.uint32(), (1 << 3) | 2, `${of}.${field.json} key`);
  const key = reader.string();
  const tag = reader.uint32();
  same(tag >>> 3, 2, `${of}.${field.json} value`);
  if (valueKind === 'scalar') return { [key]: readScalar(reader, value, tag & 7, `${of}.${field.json}`) };
  return { [key]: read(reader, reader.uint32() + reader.pos, value) };
}

function readScalar(reader: Reader, type: string, wire: number, where: string): unknown {
  const wires: Record<string, number> = { int32: 0, int64: 0, bool: 0, float64: 1 };
  same(wire, wires[type] ?? 2, where);
  if (type === 'int32') return reader.int32();
  if (type === 'int64') return Number(reader.int64());
  if (type === 'bool') return reader.bool();
  if (type === 'float64') return reader.double();
  // Raw JSON is text; a field of bytes is base64 in JSON.
  if (type === 'bytes') {
    const bytes = Buffer.from(reader.bytes());
    return where.endsWith('.undefined') ? bytes.toString() : bytes.toString('base64');
  }
  return reader.string();
}

/** The kinds that the server serves, their lists, and what comes and goes beside them. */
const served = new Set(
  recordedDefinitions().flatMap(({ group, version, kind }) => {
    const prefix = group === '' ? version : `${group}/${version}`;
    return [`${prefix}/${kind}`, `${prefix}/${kind}List`, `${prefix}/DeleteOptions`];
  }),
);
const kinds = Object.entries(recorded?.kinds ?? {}).filter(([kind]) => served.has(kind));

describe('protobuf of every served kind', () => {
  it.each(kinds)('writes %s as recorded', (kind, message) => {
    const slash = kind.lastIndexOf('/');
    const [apiVersion, name] = [kind.slice(0, slash), kind.slice(slash + 1)];
    expect(hasProtobuf(apiVersion, name)).toBe(true);
    const object = sample(message) as Json;
    const reader = protobuf.Reader.create(encodeProtobuf(object, apiVersion, name).subarray(4));
    expect(reader.uint32()).toBe((1 << 3) | 2);
    reader.skip(reader.uint32());
    expect(reader.uint32()).toBe((2 << 3) | 2);
    expect(read(reader, reader.uint32() + reader.pos, message)).toEqual(object);
  });

  it('are many', () => {
    expect(kinds.length).toBeGreaterThan(100);
  });
});
