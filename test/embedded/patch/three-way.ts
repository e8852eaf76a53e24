/** What `kubectl apply` computes: a strategic patch from the last-applied, the new and the live object. */

import { deepEqual, isMap, type JsonMap } from '../../../src/embedded/patch/json-value.ts';
import type { TypeSchema } from '../../../src/embedded/schema.ts';

/**
 * Sends what `modified` has and `live` has otherwise, and deletes what `original` had and `modified` has not.
 */
export function threeWayPatch(schema: TypeSchema, original: JsonMap, modified: JsonMap, live: JsonMap): JsonMap {
  const patch: JsonMap = {};
  for (const key of Object.keys(original)) if (!(key in modified) && key in live) patch[key] = null;
  for (const [key, value] of Object.entries(modified)) {
    const [before, now] = [original[key], live[key]];
    const field = schema.kind === 'object' ? schema.fields.get(key) : undefined;
    const below = schema.kind === 'map' ? schema.values : field?.schema;
    if (isMap(value) && isMap(now) && below) {
      const nested = threeWayPatch(below, isMap(before) ? before : {}, value, now);
      if (Object.keys(nested).length > 0) patch[key] = nested;
    } else if (
      Array.isArray(value) &&
      Array.isArray(now) &&
      below?.kind === 'list' &&
      field?.patchStrategy?.includes('merge')
    ) {
      Object.assign(
        patch,
        listPatch(key, below.items, field.patchMergeKey, Array.isArray(before) ? before : [], value, now),
      );
    } else if (!deepEqual(value, now)) patch[key] = value;
  }
  return patch;
}

function listPatch(
  key: string,
  items: TypeSchema,
  mergeKey: string | undefined,
  original: readonly unknown[],
  modified: readonly unknown[],
  live: readonly unknown[],
): JsonMap {
  if (mergeKey === undefined) {
    const missing = (from: readonly unknown[], among: readonly unknown[]) => from.filter((v) => !among.includes(v));
    const gone = missing(original, modified).filter((v) => live.includes(v));
    const added = missing(modified, live);
    if (gone.length + added.length === 0) return {};
    return {
      [`$setElementOrder/${key}`]: modified,
      ...(gone.length > 0 && { [`$deleteFromPrimitiveList/${key}`]: gone }),
      ...(added.length > 0 && { [key]: added }),
    };
  }
  const find = (list: readonly unknown[], item: JsonMap): JsonMap | undefined =>
    list.filter(isMap).find((other) => deepEqual(other[mergeKey], item[mergeKey]));
  const changes: JsonMap[] = [];
  for (const item of modified.filter(isMap)) {
    const now = find(live, item);
    const nested = now ? threeWayPatch(items, find(original, item) ?? {}, item, now) : item;
    if (Object.keys(nested).length > 0) changes.push({ ...nested, [mergeKey]: item[mergeKey] });
  }
  for (const item of original.filter(isMap)) {
    if (!find(modified, item) && find(live, item)) changes.push({ $patch: 'delete', [mergeKey]: item[mergeKey] });
  }
  if (changes.length === 0) return {};
  const order = modified.filter(isMap).map((item) => ({ [mergeKey]: item[mergeKey] }));
  return { [`$setElementOrder/${key}`]: order, [key]: changes };
}
