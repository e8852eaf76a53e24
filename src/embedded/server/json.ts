import type { KubeObject, ObjectMeta } from '../../kube/meta.ts';

/**
 * JSON of API objects in UTF-8, type first as Kubernetes writes it. Stored objects never change, so one is encoded once
 * and serves every list, get and watcher.
 */
const encoded = new WeakMap<object, Buffer>();

/** Of larger ones the memory costs more than the time. */
const largestKept = 64 * 1024;

function remembered(key: object, encode: () => string): Buffer {
  let bytes = encoded.get(key);
  if (!bytes) {
    bytes = alone(encode());
    if (bytes.length <= largestKept) encoded.set(key, bytes);
  }
  return bytes;
}

/** In memory of its own: Node cuts small buffers from pieces of 64 KiB, and one that is kept would keep all of its piece. */
function alone(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/** Without apiVersion and kind: how an object stands in a list. */
function itemJson(object: KubeObject): Buffer {
  return remembered(object, () => {
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
    return JSON.stringify(rest);
  });
}

/** The object between two texts. `kind` and `apiVersion` go first, or as sorted in custom resources. */
export function objectJson(object: KubeObject, before = '', after = ''): Buffer {
  const { kind, apiVersion } = object;
  const sorted = Object.keys(object)[0] === 'apiVersion';
  const head = JSON.stringify(sorted ? { apiVersion, kind } : { kind, apiVersion });
  const rest = itemJson(object);
  if (rest.length === 2) return Buffer.from(before + head + after);
  if (head === '{}') return joined(before, [rest], after);
  return joined(`${before}${head.slice(0, -1)},`, [rest.subarray(1)], after);
}

/** A document with a list of one kind, part by part; its items go without their type. */
export function listJson(
  kind: string,
  apiVersion: string,
  metadata: unknown,
  items: readonly KubeObject[],
): Iterable<Buffer> {
  const head = JSON.stringify({ kind, apiVersion, metadata });
  return listed(`${head.slice(0, -1)},"items":[`, items, itemJson, ']}\n');
}

/** A document with a list of custom resources, part by part: all keys sorted, and each item says what it is. */
export function customListJson(
  kind: string,
  apiVersion: string,
  metadata: { continue?: string },
  items: readonly KubeObject[],
): Iterable<Buffer> {
  const rest = JSON.stringify({ kind, metadata: Object.fromEntries(Object.entries(metadata).sort()) });
  const head = `{"apiVersion":${JSON.stringify(apiVersion)},"items":[`;
  return listed(head, items, (item) => objectJson(item), `],${rest.slice(1)}\n`);
}

const separator = Buffer.from(',');

function* listed(
  head: string,
  items: readonly KubeObject[],
  json: (item: KubeObject) => Buffer,
  tail: string,
): Generator<Buffer> {
  yield Buffer.from(head);
  for (const [i, item] of items.entries()) {
    if (i > 0) yield separator;
    yield json(item);
  }
  yield Buffer.from(tail);
}

/** A document with a Table whose rows show metadata: what most of it is does not change from one to the next. */
export function tableJson(table: object): Buffer {
  const { rows, ...rest } = table as { rows: { object: (KubeObject & { metadata?: ObjectMeta }) | null }[] };
  const lines = rows.map(({ object, ...row }) => {
    const head = JSON.stringify(row).slice(0, -1);
    if (object?.kind !== 'PartialObjectMetadata' || !object.metadata) {
      return Buffer.from(`${head},"object":${JSON.stringify(object)}}`);
    }
    const { kind, apiVersion, metadata } = object;
    const type = JSON.stringify({ kind, apiVersion }).slice(0, -1);
    const bytes = remembered(metadata, () => JSON.stringify(metadata));
    return joined(`${head},"object":${type},"metadata":`, [bytes], '}}');
  });
  return joined(`${JSON.stringify(rest).slice(0, -1)},"rows":[`, lines, ']}\n');
}

/** As people read it: for curl, browsers and `?pretty`. */
export function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

const comma = 0x2c;

/** The parts with commas between them, in one piece. */
function joined(head: string, parts: readonly Uint8Array[], tail: string): Buffer {
  let length = Buffer.byteLength(head) + Buffer.byteLength(tail) + Math.max(0, parts.length - 1);
  for (const part of parts) length += part.length;
  const bytes = Buffer.allocUnsafe(length);
  let at = bytes.write(head);
  for (const [i, part] of parts.entries()) {
    if (i > 0) bytes[at++] = comma;
    bytes.set(part, at);
    at += part.length;
  }
  bytes.write(tail, at);
  return bytes;
}
