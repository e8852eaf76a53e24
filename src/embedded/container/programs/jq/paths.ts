/** Reading and changing values by paths: arrays of keys, indexes and slices. */
import type { Json } from '../../lib/json.ts';
import { compare, JqError, kindOf } from './value.ts';

/** Longest array that an assignment may make. */
const MAX_LENGTH = 1 << 22;

const number = (value: Json | undefined, fallback: number): number => {
  if (value === null || value === undefined) return fallback;
  if (typeof value !== 'number') throw new JqError('Start and end indices of an array slice must be numbers');
  return value;
};

function bounds(length: number, slice: Map<string, Json>): [from: number, to: number] {
  const clamp = (n: number) => Math.max(0, Math.min(length, n < 0 ? n + length : n));
  const from = clamp(Math.floor(number(slice.get('start'), 0)));
  return [from, Math.max(from, clamp(Math.ceil(number(slice.get('end'), length))))];
}

/** `value[key]`. Throws JqError where the one has no such other. */
export function getKey(value: Json, key: Json): Json {
  if (value instanceof Map && typeof key === 'string') return value.get(key) ?? null;
  if (Array.isArray(value) && typeof key === 'number') {
    const index = Math.floor(key);
    return value[index < 0 ? index + value.length : index] ?? null;
  }
  if (key instanceof Map) {
    if (value === null) return null;
    if (Array.isArray(value)) return value.slice(...bounds(value.length, key));
    if (typeof value === 'string') {
      const points = [...value];
      return points.slice(...bounds(points.length, key)).join('');
    }
  }
  if (Array.isArray(value) && Array.isArray(key)) return indexesOf(value, key);
  if (value === null && (typeof key === 'string' || typeof key === 'number')) return null;
  const what = typeof key === 'string' ? `string "${key}"` : kindOf(key);
  throw new JqError(`Cannot index ${kindOf(value)} with ${what}`);
}

/** Where the items stand in an array one after the other. */
export function indexesOf(value: readonly Json[], items: readonly Json[]): number[] {
  if (items.length === 0) return [];
  const found: number[] = [];
  for (let i = 0; i + items.length <= value.length; i++) {
    if (items.every((item, k) => compare(value[i + k] ?? null, item) === 0)) found.push(i);
  }
  return found;
}

/** A copy of `value` where `key` means `item`. Throws JqError. */
export function setKey(value: Json, key: Json, item: Json): Json {
  if (typeof key === 'string' && (value === null || value instanceof Map)) return new Map(value).set(key, item);
  if (typeof key === 'number' && (value === null || Array.isArray(value))) {
    const copy = value === null ? [] : value.slice();
    const index = Math.floor(key) + (key < 0 ? copy.length : 0);
    if (index < 0) throw new JqError('Out of bounds negative array index');
    if (index >= MAX_LENGTH) throw new JqError('Array index too large');
    while (copy.length < index) copy.push(null);
    copy[index] = item;
    return copy;
  }
  if (key instanceof Map && (value === null || Array.isArray(value))) {
    if (!Array.isArray(item)) throw new JqError('A slice of an array can only be assigned another array');
    const copy = value === null ? [] : value.slice();
    const [from, to] = bounds(copy.length, key);
    copy.splice(from, to - from, ...item);
    return copy;
  }
  if (key instanceof Map) throw new JqError(`Cannot update field at object index of ${kindOf(value)}`);
  const what = typeof key === 'string' ? `string "${key}"` : kindOf(key);
  throw new JqError(`Cannot index ${kindOf(value)} with ${what}`);
}

export function getPath(value: Json, path: readonly Json[]): Json {
  let current = value;
  for (const key of path) {
    if (current === null) return null;
    current = getKey(current, key);
  }
  return current;
}

export function setPath(value: Json, path: readonly Json[], item: Json, at = 0): Json {
  if (at === path.length) return item;
  const key = path[at] ?? null;
  return setKey(value, key, setPath(getKey(value, key), path, item, at + 1));
}

function deletePath(value: Json, path: readonly Json[], at = 0): Json {
  if (value === null) return null;
  const key = path[at] ?? null;
  if (at < path.length - 1) {
    const inner = getKey(value, key);
    return inner === null ? value : setKey(value, key, deletePath(inner, path, at + 1));
  }
  if (value instanceof Map && typeof key === 'string') {
    const copy = new Map(value);
    copy.delete(key);
    return copy;
  }
  if (Array.isArray(value) && (typeof key === 'number' || key instanceof Map)) {
    const copy = value.slice();
    if (key instanceof Map) {
      const [from, to] = bounds(copy.length, key);
      copy.splice(from, to - from);
    } else {
      const index = Math.floor(key) + (key < 0 ? copy.length : 0);
      if (index >= 0) copy.splice(index, 1);
    }
    return copy;
  }
  const what = value instanceof Map ? 'object field' : 'array element';
  throw new JqError(
    `Cannot delete ${kindOf(key) === 'string' && !(value instanceof Map) ? 'field at object index of array' : `${what} with ${kindOf(key)}`}`,
  );
}

/** A copy without what the paths lead to; the last paths go first, so that indexes keep their meaning. */
export function deletePaths(value: Json, paths: readonly (readonly Json[])[]): Json {
  let current = value;
  for (const path of [...paths].sort((a, b) => compare(b as Json[], a as Json[]))) {
    if (path.length === 0) return null;
    current = deletePath(current, path);
  }
  return current;
}
