/** awk's values: strings, numbers, and strings of the input that look like numbers. */
import { formatPrintf } from '../../lib/printf.ts';
import { UsageError } from '../../lib/program.ts';

/** A string that looks like a number came from input: it compares as one. */
export type Value = string | number | { text: string; number: number };
export type Cell = { t: 'scalar'; value: Value } | { t: 'array'; items: Map<string, Value> };

const numberPattern = /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/;

/** A value of the input. */
export function inputValue(text: string): Value {
  return numberPattern.test(text) ? { text, number: Number(text) } : text;
}

export function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'object') return value.number;
  return Number(/^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?/.exec(value)?.[0] ?? 0);
}

/** A value as text; numbers that are no integers by CONVFMT. */
export function toText(value: Value, convfmt: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object') return value.text;
  if (Number.isInteger(value)) return Math.abs(value) < 1e16 ? String(value) : BigInt(value).toString();
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  return formatPrintf(convfmt, [String(value)]).text;
}

export function truth(value: Value): boolean {
  if (typeof value === 'number') return value !== 0;
  return typeof value === 'object' ? value.number !== 0 : value !== '';
}

/** By number if both are numbers or look like them, else as text. */
export function compare(op: string, a: Value, b: Value, convfmt: string): boolean {
  const numeric = typeof a !== 'string' && typeof b !== 'string';
  // A value that was never set compares as a number too.
  const unset = (v: Value) => v === '';
  const asNumbers = numeric || (unset(a) && typeof b !== 'string') || (unset(b) && typeof a !== 'string');
  const [x, y] = asNumbers ? [toNumber(a), toNumber(b)] : [toText(a, convfmt), toText(b, convfmt)];
  switch (op) {
    case '<':
      return x < y;
    case '<=':
      return x <= y;
    case '==':
      return x === y;
    case '!=':
      return x !== y;
    case '>=':
      return x >= y;
    default:
      return x > y;
  }
}

export function arithmetic(op: string, left: Value, right: Value): number {
  const [a, b] = [toNumber(left), toNumber(right)];
  if ((op === '/' || op === '%') && b === 0) throw new UsageError('cmd. line:1: Division by zero', 2);
  return op === '+'
    ? a + b
    : op === '-'
      ? a - b
      : op === '*'
        ? a * b
        : op === '/'
          ? a / b
          : op === '%'
            ? a % b
            : a ** b;
}
