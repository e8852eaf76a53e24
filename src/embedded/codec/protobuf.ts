/** Protobuf bodies: `k8s\0`, an envelope that names the kind, the object in it; and frames of a watch. */
import protobuf from 'protobufjs/minimal.js';
import { readMessage, writeMessage } from './protobuf-messages.ts';
import { findKind } from './type-table.ts';

/** Not an object in protobuf; the message is the server's. */
export class ProtobufError extends Error {}

const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);

/** Whether the kind has a protobuf form: custom resources and Tables have none (406). */
export function hasProtobuf(apiVersion: string, kind: string): boolean {
  return protobufKind(apiVersion, kind) !== undefined;
}

/** Tables have a message, but the server sends them in JSON and YAML only. */
function protobufKind(apiVersion: string, kind: string) {
  return kind === 'Table' ? undefined : findKind(apiVersion, kind);
}

/**
 * An object in protobuf, envelope and all.
 * @param value in the server's JSON form (as `normalize` makes it)
 * @throws if the kind has no protobuf form
 */
export function encodeProtobuf(value: object, apiVersion?: string, kind?: string): Uint8Array {
  const object = value as Record<string, unknown>;
  const version = apiVersion ?? (object.apiVersion as string | undefined) ?? '';
  const name = kind ?? (object.kind as string | undefined) ?? '';
  const info = protobufKind(version, name);
  if (!info) throw new ProtobufError(`object ${version} ${name} has no protobuf form`);
  const writer = protobuf.Writer.create();
  // TypeMeta, then the object; content encoding and type are empty but there.
  writer.uint32(10).fork().uint32(10).string(version).uint32(18).string(name).ldelim();
  writer.uint32(18).fork();
  writeMessage(writer, info, object);
  writer.ldelim();
  writer.uint32(26).string('').uint32(34).string('');
  return Buffer.concat([magic, writer.finish()]);
}

/** One frame of a watch: four bytes of length, then a WatchEvent around the encoded object. */
export function protobufFrame(type: string, object: Uint8Array): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(10).string(type).uint32(18).fork().uint32(10).bytes(object).ldelim();
  const event = writer.finish();
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

export interface DecodedProtobuf {
  /** With apiVersion and kind if the envelope names them; empty for a kind that is not known. */
  object: Record<string, unknown>;
  apiVersion: string;
  kind: string;
}

/**
 * Reads an enveloped object. The result holds every field of the message; `normalize` brings it into the form that
 * the server writes.
 * @param fallback the kind, where the envelope names none
 * @throws ProtobufError
 */
export function decodeProtobuf(bytes: Uint8Array, fallback?: { apiVersion: string; kind: string }): DecodedProtobuf {
  if (bytes.length === 0) throw new ProtobufError('empty data');
  if (bytes.length < magic.length || !magic.every((byte, i) => bytes[i] === byte)) {
    throw new ProtobufError(
      `provided data does not appear to be a protobuf message, expected prefix [${magic.join(' ')}]`,
    );
  }
  if (bytes.length === magic.length) throw new ProtobufError('empty body');
  try {
    const { apiVersion, kind, raw } = readEnvelope(bytes.subarray(magic.length));
    const version = apiVersion || (fallback?.apiVersion ?? '');
    const name = kind || (fallback?.kind ?? '');
    const info = findKind(version, name);
    if (!info) return { object: {}, apiVersion, kind };
    const reader = protobuf.Reader.create(raw);
    const object = readMessage(reader, info, raw.length, readRaw);
    return { object: { kind: name, apiVersion: version, ...object }, apiVersion, kind };
  } catch (error) {
    // What protobufjs says of broken input; gogo calls all of it the end.
    if (error instanceof RangeError) throw new ProtobufError('unexpected EOF', { cause: error });
    throw new ProtobufError((error as Error).message, { cause: error });
  }
}

function readEnvelope(bytes: Uint8Array): { apiVersion: string; kind: string; raw: Uint8Array } {
  const reader = protobuf.Reader.create(bytes);
  const envelope: { apiVersion: string; kind: string; raw: Uint8Array } = {
    apiVersion: '',
    kind: '',
    raw: new Uint8Array(),
  };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 10) {
      const length = reader.uint32();
      for (const end = reader.pos + length; reader.pos < end; ) {
        const inner = reader.uint32();
        if (inner === 10) envelope.apiVersion = reader.string();
        else if (inner === 18) envelope.kind = reader.string();
        else reader.skipType(inner & 7);
      }
    } else if (tag === 18) envelope.raw = reader.bytes();
    else reader.skipType(tag & 7);
  }
  return envelope;
}

/** A RawExtension: an object in protobuf again (watch events), or JSON. */
function readRaw(bytes: Uint8Array): unknown {
  if (magic.every((byte, i) => bytes[i] === byte)) return decodeProtobuf(bytes).object;
  return JSON.parse(Buffer.from(bytes).toString('utf8'));
}
