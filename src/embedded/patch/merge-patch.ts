import { ownValue, setOwn } from '../../kernel/own.ts';
import { badRequest } from '../registry/status.ts';
import { isMap, type JsonMap } from './json-value.ts';

/** How Go names the JSON type of a body that should have been an object or a list. */
export function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : typeof value;
}

/**
 * RFC 7386 merge patch: null deletes, objects merge, all else replaces. Maps that the patch reaches come out with sorted keys,
 * as the server prints them in errors. Does not change `live`.
 * @throws ApiError 400 if the patch is no object
 */
export function applyMergePatch(live: JsonMap, patch: unknown): JsonMap {
  if (patch === null) throw badRequest('Invalid JSON Patch');
  if (!isMap(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`,
    );
  }
  return mergeMaps(live, patch);
}

function mergeMaps(live: JsonMap, patch: JsonMap): JsonMap {
  const out: JsonMap = {};
  for (const key of [...new Set([...Object.keys(live), ...Object.keys(patch)])].sort()) {
    const old = ownValue(live, key);
    const now = ownValue(patch, key);
    if (now === undefined) setOwn(out, key, old);
    else if (now !== null) setOwn(out, key, isMap(now) ? mergeMaps(isMap(old) ? old : {}, now) : now);
  }
  return out;
}
