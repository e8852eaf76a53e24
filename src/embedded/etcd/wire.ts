/** Messages of etcd's API in protobuf, by tables of their fields; 64-bit ids are bigints, other numbers are safe ones. */

type Scalar = 'int' | 'id' | 'bool' | 'text' | 'bytes';

interface Field {
  number: number;
  type: Scalar | MessageType;
  many?: true;
}

/** The fields of a message by their names in etcd's JSON. */
export type MessageType = Readonly<Record<string, Field>>;

const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 };
const utf8 = new TextEncoder();
const text = new TextDecoder();

/** Shorthand for the tables. */
export const field = (number: number, type: Scalar | MessageType): Field => ({ number, type });
export const list = (number: number, type: Scalar | MessageType): Field => ({ number, type, many: true });

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
}

const isZero = (value: unknown) =>
  value === undefined ||
  value === 0 ||
  value === 0n ||
  value === false ||
  value === '' ||
  (value instanceof Uint8Array && value.length === 0);

/** Writes a message; what is zero is left out, as proto3 does. */
export function encode(type: MessageType, message: object): Uint8Array {
  const parts: Uint8Array[] = [];
  const value = message as Record<string, unknown>;
  for (const [name, { number, type: of, many }] of Object.entries(type)) {
    const items = many ? ((value[name] ?? []) as unknown[]) : isZero(value[name]) ? [] : [value[name]];
    for (const item of items) {
      if (of === 'int' || of === 'id' || of === 'bool') {
        parts.push(Uint8Array.from([...varint(BigInt(number << 3)), ...varint(BigInt(item as number))]));
        continue;
      }
      const content =
        of === 'text'
          ? utf8.encode(item as string)
          : of === 'bytes'
            ? (item as Uint8Array)
            : encode(of, item as object);
      parts.push(
        Uint8Array.from([...varint(BigInt((number << 3) | wireType.bytes)), ...varint(BigInt(content.length))]),
      );
      parts.push(content);
    }
  }
  return Buffer.concat(parts);
}

/** Reads a message; what it lacks is zero, messages in it are undefined. Throws a RangeError for what is no message. */
export function decode<T>(type: MessageType, bytes: Uint8Array): T {
  const message: Record<string, unknown> = {};
  const byNumber = new Map<number, [string, Field]>();
  for (const [name, one] of Object.entries(type)) {
    byNumber.set(one.number, [name, one]);
    message[name] = one.many ? [] : zeros[typeof one.type === 'string' ? one.type : 'message'];
  }
  let at = 0;
  const read = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw new RangeError('unexpected EOF');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(read());
    const [name, known] = byNumber.get(tag >> 3) ?? [];
    const kind = tag & 7;
    let value: unknown;
    if (kind === wireType.varint) value = fromVarint(read(), known?.type);
    else {
      const length = kind === wireType.bytes ? Number(read()) : kind === wireType.fixed64 ? 8 : 4;
      if (at + length > bytes.length) throw new RangeError('unexpected EOF');
      const content = bytes.subarray(at, at + length);
      at += length;
      if (known) value = fromBytes(content, known.type);
    }
    if (name === undefined || !known) continue;
    if (known.many) (message[name] as unknown[]).push(value);
    else message[name] = value;
  }
  return message as T;
}

const zeros = { int: 0, id: 0n, bool: false, text: '', bytes: new Uint8Array(), message: undefined };

function fromVarint(value: bigint, type: Field['type'] | undefined): unknown {
  if (type === 'bool') return value !== 0n;
  return type === 'id' ? value : Number(BigInt.asIntN(64, value));
}

function fromBytes(content: Uint8Array, type: Field['type']): unknown {
  if (type === 'text') return text.decode(content);
  if (type === 'bytes') return content.slice();
  if (typeof type === 'string') throw new RangeError(`a ${type} is no bytes`);
  return decode(type, content);
}
