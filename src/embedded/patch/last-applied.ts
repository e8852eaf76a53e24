/** How kubectl's client-side apply and server-side apply live on the same objects. */
import { setOwn } from '../../kernel/own.ts';
import type { KubeObject } from '../../kube/meta.ts';
import type { TypeSchema } from '../schema.ts';
import { fieldsOf } from './apply-tree.ts';
import { emptySet, has } from './field-set.ts';
import { deepEqual, isMap, type JsonMap } from './json-value.ts';
import { itemElement } from './typed.ts';
import { typeFault } from './validate-typed.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
/** Annotations of an object may be this long together. */
const annotationLimit = 256 * 1024;

/**
 * Which conflicts do not count for `kubectl apply --server-side` on an object created by `kubectl apply`: fields that the
 * last-applied annotation has with the value that is live.
 */
export function allowedByLastApplied(
  schema: TypeSchema,
  live: KubeObject | undefined,
): (path: readonly string[]) => boolean {
  const text = live?.metadata?.annotations?.[annotation];
  if (!live || text === undefined) return () => false;
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    return () => false;
  }
  if (!isMap(config) || typeFault(schema, config) !== undefined) return () => false;
  const set = fieldsOf(schema, config) ?? emptySet;
  return (path) => has(set, path) && deepEqual(valueAt(schema, live, path), valueAt(schema, config, path));
}

function valueAt(schema: TypeSchema, root: unknown, path: readonly string[]): unknown {
  let type: TypeSchema | undefined = schema;
  let value = root;
  for (const element of path) {
    if (element.startsWith('f:')) {
      const name = element.slice(2);
      value = isMap(value) ? value[name] : undefined;
      type = type?.kind === 'object' ? type.fields.get(name)?.schema : type?.kind === 'map' ? type.values : undefined;
    } else {
      const list: TypeSchema | undefined = type;
      if (list?.kind !== 'list' || !Array.isArray(value)) return undefined;
      value = value.find((item) => itemElement(list, item) === element);
      type = list.items;
    }
  }
  return value;
}

/** Writes what was applied into the annotation that a later client-side apply will compare with, if it is there already. */
export function syncLastApplied(object: KubeObject, config: JsonMap): KubeObject {
  const annotations = object.metadata?.annotations;
  if (annotations?.[annotation] === undefined) return object;
  const { [annotation]: _, ...others } = annotations;
  const text = `${JSON.stringify(sortKeys(withoutAnnotation(config)))}\n`;
  let size = Buffer.byteLength(text) + annotation.length;
  for (const [key, value] of Object.entries(others)) size += Buffer.byteLength(key) + Buffer.byteLength(value);
  const synced = size > annotationLimit ? others : { ...others, [annotation]: text };
  return { ...object, metadata: { ...object.metadata, annotations: synced } };
}

function withoutAnnotation(config: JsonMap): JsonMap {
  const metadata = config.metadata;
  if (!isMap(metadata) || !isMap(metadata.annotations)) return config;
  const { [annotation]: _, ...annotations } = metadata.annotations;
  return { ...config, metadata: { ...metadata, annotations } };
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isMap(value)) return value;
  const out: JsonMap = {};
  for (const key of Object.keys(value).sort()) setOwn(out, key, sortKeys(value[key]));
  return out;
}
