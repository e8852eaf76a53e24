/** jq's arithmetic and comparisons. */
import type { Json, JsonObject } from '../../lib/json.ts';
import { compare, described, JqError, kindOf } from './value.ts';

/** Longest text that repeating may make. */
const MAX_TEXT = 1 << 26;

export function negate(value: Json): Json {
  if (typeof value !== 'number') throw new JqError(`${described(value)} cannot be negated`);
  return -value;
}

/** Who pays for what an operator does. */
interface Payer {
  readonly host: {
    /** Counts memory, in bytes. */
    hold(bytes: number): void;
  };
  spend(steps: number): void;
}

/** `a op b`. Throws JqError where these two have no such operation. */
export function binary(machine: Payer, op: string, a: Json, b: Json): Json {
  switch (op) {
    case '==':
      return compare(a, b) === 0;
    case '!=':
      return compare(a, b) !== 0;
    case '<':
      return compare(a, b) < 0;
    case '<=':
      return compare(a, b) <= 0;
    case '>':
      return compare(a, b) > 0;
    case '>=':
      return compare(a, b) >= 0;
    case '+':
      return add(machine, a, b);
    case '-':
      return subtract(machine, a, b);
    case '*':
      return multiply(machine, a, b);
    case '/':
      return divide(a, b);
    default:
      return remainder(a, b);
  }
}

const pair = (a: Json, b: Json) => `${described(a)} and ${described(b)}`;

export function add(machine: Payer, a: Json, b: Json): Json {
  if (a === null) return b;
  if (b === null) return a;
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (typeof a === 'string' && typeof b === 'string') {
    machine.host.hold(2 * Math.min(a.length, b.length));
    return a + b;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    machine.spend((a.length + b.length) >> 5);
    machine.host.hold(8 * Math.min(a.length, b.length));
    return [...a, ...b];
  }
  if (a instanceof Map && b instanceof Map) {
    machine.spend((a.size + b.size) >> 3);
    machine.host.hold(48 * Math.min(a.size, b.size));
    return new Map([...a, ...b]);
  }
  throw new JqError(`${pair(a, b)} cannot be added`);
}

function subtract(machine: Payer, a: Json, b: Json): Json {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (Array.isArray(a) && Array.isArray(b)) {
    machine.spend((a.length * b.length) >> 3);
    return a.filter((item) => b.every((other) => compare(item, other) !== 0));
  }
  throw new JqError(`${pair(a, b)} cannot be subtracted`);
}

function multiply(machine: Payer, a: Json, b: Json): Json {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  const [text, times] = typeof a === 'string' ? [a, b] : [b, a];
  if (typeof text === 'string' && typeof times === 'number') {
    if (!(times > 0)) return null;
    const count = Math.max(1, Math.floor(times));
    if (count * text.length > MAX_TEXT) throw new JqError('Repeat string result too long');
    machine.host.hold(2 * count * text.length);
    return text.repeat(count);
  }
  if (a instanceof Map && b instanceof Map) return merge(a, b);
  throw new JqError(`${pair(a, b)} cannot be multiplied`);
}

function merge(a: JsonObject, b: JsonObject): JsonObject {
  const merged = new Map(a);
  for (const [key, value] of b) {
    const old = merged.get(key);
    merged.set(key, old instanceof Map && value instanceof Map ? merge(old, value) : value);
  }
  return merged;
}

function divide(a: Json, b: Json): Json {
  if (typeof a === 'number' && typeof b === 'number') {
    if (b === 0) throw new JqError(`${pair(a, b)} cannot be divided because the divisor is zero`);
    return a / b;
  }
  if (typeof a === 'string' && typeof b === 'string') return splitText(a, b);
  throw new JqError(`${pair(a, b)} cannot be divided`);
}

export function splitText(text: string, separator: string): Json[] {
  if (text === '') return [];
  return separator === '' ? [...text] : text.split(separator);
}

function remainder(a: Json, b: Json): Json {
  if (typeof a !== 'number' || typeof b !== 'number') throw new JqError(`${pair(a, b)} cannot be divided`);
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
  const [x, y] = [Math.trunc(a), Math.abs(Math.trunc(b))];
  if (y === 0) throw new JqError(`${pair(a, b)} cannot be divided (remainder) because the divisor is zero`);
  return x % y || 0;
}

/** Whether `a` has all that `b` has. Throws JqError for values of different kinds. */
export function contains(a: Json, b: Json): boolean {
  if (a instanceof Map && b instanceof Map)
    return [...b].every(([key, value]) => a.has(key) && contains(a.get(key) ?? null, value));
  if (Array.isArray(a) && Array.isArray(b))
    return b.every((value) => a.some((item) => kindOf(item) === kindOf(value) && contains(item, value)));
  if (typeof a === 'string' && typeof b === 'string') return a.includes(b);
  if (kindOf(a) === kindOf(b)) return compare(a, b) === 0;
  throw new JqError(`${pair(a, b)} cannot have their containment checked`);
}
