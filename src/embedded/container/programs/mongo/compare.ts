/** The order and equality of BSON values. */
import { Binary, Decimal128, type Document, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import { work } from '../../kernel/work.ts';

export const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !(value instanceof RegExp) &&
  !('_bsontype' in value);

/** A number of any of BSON's kinds; undefined: it is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || value instanceof Long || value instanceof Int32 || value instanceof Double)
    return Number(value);
  return value instanceof Decimal128 ? Number(value.toString()) : undefined;
}

/** The place of a value's type in the order of types. */
export function rank(value: unknown): number {
  if (value instanceof MinKey) return -1;
  if (value === undefined || value === null) return 0;
  if (numberOf(value) !== undefined) return 1;
  if (typeof value === 'string') return 2;
  if (isDocument(value)) return 3;
  if (Array.isArray(value)) return 4;
  if (value instanceof Binary) return 5;
  if (value instanceof ObjectId) return 6;
  if (typeof value === 'boolean') return 7;
  if (value instanceof Date) return 8;
  if (value instanceof Timestamp) return 9;
  return value instanceof MaxKey ? 12 : 10;
}

const order = <T>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0);

/** Below zero: `a` goes first. */
export function compare(a: unknown, b: unknown): number {
  work(1);
  const byType = rank(a) - rank(b);
  if (byType !== 0) return byType;
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return order(x, y);
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (typeof a === 'boolean' || a instanceof Date) return order(Number(a), Number(b));
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b);
  if (isDocument(a) && isDocument(b)) return compareLists(Object.entries(a).flat(), Object.entries(b).flat());
  return order(String(a ?? ''), String(b ?? ''));
}

function compareLists(a: readonly unknown[], b: readonly unknown[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const found = compare(a[i], b[i]);
    if (found !== 0) return found;
  }
  return a.length - b.length;
}
