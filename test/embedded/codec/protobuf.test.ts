import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeProtobuf, encodeProtobuf, hasProtobuf, protobufFrame } from '../../../src/embedded/codec/protobuf.ts';
import { findKind } from '../../../src/embedded/codec/type-table.ts';
import { toTyped } from '../../../src/embedded/codec/typed.ts';

type Json = Record<string, unknown>;

function lines<T>(file: string): T[] {
  const text = readFileSync(new URL(`../../../fixtures/kubernetes/${file}`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

/** As the server would write what was decoded. */
function decoded(bytes: Uint8Array): Json {
  const { object, apiVersion, kind } = decodeProtobuf(bytes);
  const info = findKind(apiVersion, kind);
  if (!info) throw new Error(`no type of ${apiVersion} ${kind}`);
  return toTyped(info.name, object).object;
}

/** Claim templates lose apiVersion and kind in protobuf: the message has no place for them. */
function asDecoded(json: Json): Json {
  const object = structuredClone(json) as { spec?: { volumeClaimTemplates?: Json[] } };
  for (const template of object.spec?.volumeClaimTemplates ?? []) {
    delete template.apiVersion;
    delete template.kind;
  }
  return object as Json;
}

/** Whether JSON texts inside the message are as JSON.stringify would write them (the fixture sorted their keys). */
function keepsJsonText(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  return !text.includes('"protocol\\":\\"UDP') && !text.includes('ControllerRevision');
}

const samples = lines<{ json: Json; message: string; protobufBase64: string }>('protobuf-samples.jsonl');
const extras = lines<{ name: string; decoded?: Json; protobufBase64?: string; frames?: { base64: string }[] }>(
  'protobuf-extra.jsonl',
);

describe('protobuf', () => {
  it.each(samples.map((sample, i) => [i, sample.message, sample] as const))(
    'reads and writes sample %i of %s as the server does',
    (_, __, sample) => {
      const bytes = Buffer.from(sample.protobufBase64, 'base64');
      expect(decoded(bytes)).toEqual(asDecoded(sample.json));
      const encoded = Buffer.from(encodeProtobuf(sample.json));
      if (keepsJsonText(bytes)) expect(encoded.toString('base64')).toBe(sample.protobufBase64);
      else expect(decoded(encoded)).toEqual(decoded(bytes));
    },
  );

  it.each(extras.flatMap((e) => (e.decoded ? [[e.name, e] as const] : [])))('reads and writes %s', (_, extra) => {
    const bytes = Buffer.from(extra.protobufBase64 ?? '', 'base64');
    expect({ apiVersion: '', ...decoded(bytes) }).toEqual({ apiVersion: '', ...extra.decoded });
    expect(Buffer.from(encodeProtobuf(extra.decoded ?? {})).toString('base64')).toBe(extra.protobufBase64);
  });

  it('frames watch events as recorded', () => {
    const frames = extras.flatMap((e) => e.frames ?? []);
    expect(frames.length).toBeGreaterThan(0);
    for (const { base64 } of frames) {
      const bytes = Buffer.from(base64, 'base64');
      // field 1 is the type, field 2 the object: take the object out and put it back.
      const type = bytes.toString('utf8', 2, 2 + (bytes[1] ?? 0));
      const at = bytes.indexOf(Buffer.from('k8s\0'));
      const object = bytes.subarray(at);
      const again = Buffer.from(encodeProtobuf(decoded(object)));
      expect(again.equals(object)).toBe(true);
      const frame = Buffer.from(protobufFrame(type, object));
      expect(frame.readUInt32BE(0)).toBe(bytes.length);
      expect(frame.subarray(4).equals(bytes)).toBe(true);
    }
  });

  it('has no form for Tables and custom resources', () => {
    expect(hasProtobuf('meta.k8s.io/v1', 'Table')).toBe(false);
    expect(hasProtobuf('example.com/v1', 'Widget')).toBe(false);
    expect(hasProtobuf('apps/v1', 'DeploymentList')).toBe(true);
  });

  it('says what it misses in other bytes', () => {
    expect(() => decodeProtobuf(Buffer.from('{"a":1}'))).toThrow(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    );
  });
});
