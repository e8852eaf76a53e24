/** What jq knows of values beyond JSON: their kinds, order and words. */
import { compareText, type Json, type JsonObject, sortedKeys, toJson } from '../../lib/json.ts';

/** What a filter raises: `error`, or an operation that its values do not allow. */
export class JqError extends Error {
  readonly value: Json;

  constructor(value: Json) {
    super(typeof value === 'string' ? value : toJson(value));
    this.value = value;
  }
}

export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export function kindOf(value: Json): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Map) return 'object';
  return typeof value as 'boolean' | 'number' | 'string';
}

export const truthy = (value: Json): boolean => value !== null && value !== false;

const ranks: Record<Kind, number> = { null: 0, boolean: 1, number: 3, string: 4, array: 5, object: 6 };
const rank = (value: Json) => (value === true ? 2 : ranks[kindOf(value)]);

/** jq's order of all values: null, false, true, numbers, strings, arrays, objects. */
export function compare(a: Json, b: Json): number {
  const difference = rank(a) - rank(b);
  if (difference !== 0) return difference;
  // What is no number comes before every number.
  if (typeof a === 'number') return Number.isNaN(a) || a < (b as number) ? -1 : a === b ? 0 : 1;
  if (typeof a === 'string') return compareText(a, b as string);
  if (Array.isArray(a)) {
    const other = b as Json[];
    for (let i = 0; i < a.length && i < other.length; i++) {
      const order = compare(a[i] ?? null, other[i] ?? null);
      if (order !== 0) return order;
    }
    return a.length - other.length;
  }
  if (a instanceof Map) {
    const other = b as JsonObject;
    const [mine, theirs] = [sortedKeys(a), sortedKeys(other)];
    const order = compare(mine, theirs);
    if (order !== 0) return order;
    for (const key of mine) {
      const inner = compare(a.get(key) ?? null, other.get(key) ?? null);
      if (inner !== 0) return inner;
    }
  }
  return 0;
}

/** What `tostring` makes of it. */
export const toText = (value: Json): string => (typeof value === 'string' ? value : toJson(value));

/** The value as messages show it: no more than its beginning. */
export function brief(value: Json): string {
  const text = toJson(value);
  return text.length > 14 ? `${text.slice(0, 11)}...` : text;
}

/** `number (1)` */
export const described = (value: Json): string => `${kindOf(value)} (${brief(value)})`;

/** Bytes that the value keeps, roughly, without what is in it. */
export function shallowBytes(value: Json): number {
  if (typeof value === 'string') return 24 + 2 * value.length;
  if (Array.isArray(value)) return 32 + 8 * value.length;
  return value instanceof Map ? 64 + 48 * value.size : 8;
}
