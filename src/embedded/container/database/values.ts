/** How values are compared and turned into each other. */

import type { Dialect } from './errors.ts';
import type { Value } from './types.ts';

const collator = new Intl.Collator('en');

/** A text as MySQL's collation sees it: without case and accents. */
const fold = (text: string) => {
  const lower = text.toLowerCase();
  return /^[\x00-\x7f]*$/.test(lower) ? lower : lower.normalize('NFD').replace(/\p{M}/gu, '');
};

/** The number that MySQL reads at the beginning of a text. */
export const leadingNumber = (text: string) => Number(/^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?/i.exec(text)?.[0] ?? 0);

export function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? leadingNumber(value) : Number(value);
}

/** Below 0, 0 or above, as sort() wants it; NULL is the smallest. */
export function compareValues(dialect: Dialect, a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a !== 'string' || typeof b !== 'string') return toNumber(a) - toNumber(b);
  if (dialect.name === 'mysql') {
    const [x, y] = [fold(a), fold(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  return a === b ? 0 : collator.compare(a, b) || (a < b ? -1 : 1);
}

/** The same text for values that are equal to each other. */
export function keyOf(dialect: Dialect, values: readonly Value[]): string {
  return JSON.stringify(
    dialect.name === 'mysql'
      ? values.map((value) =>
          typeof value === 'string' ? fold(value) : typeof value === 'boolean' ? Number(value) : value,
        )
      : values,
  );
}

export const truthy = (value: Value) => (typeof value === 'boolean' ? value : value !== null && toNumber(value) !== 0);

/** SQL's LIKE, in time that grows with both lengths only. */
export function like(text: string, pattern: string, ignoreCase: boolean): boolean {
  const [t, p] = ignoreCase ? [fold(text), fold(pattern)] : [text, pattern];
  let [i, j, star, mark] = [0, 0, -1, 0];
  while (i < t.length) {
    const escaped = p[j] === '\\' && j + 1 < p.length;
    if (escaped ? p[j + 1] === t[i] : j < p.length && p[j] !== '%' && (p[j] === '_' || p[j] === t[i])) {
      i++;
      j += escaped ? 2 : 1;
    } else if (p[j] === '%') {
      star = j++;
      mark = i;
    } else if (star >= 0) {
      j = star + 1;
      i = ++mark;
    } else return false;
  }
  while (p[j] === '%') j++;
  return j === p.length;
}
