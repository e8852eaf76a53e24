/** Functions of jq's library that make one value of their input and arguments. */

import { type Json, sortedKeys, toJson } from '../../lib/json.ts';
import { ParseError, parseJson } from '../../lib/json-reader.ts';
import { formats } from './formats.ts';
import type { ValueFunction } from './machine.ts';
import { add, contains, splitText } from './operators.ts';
import { deletePaths, getKey, indexesOf, setPath } from './paths.ts';
import { matches } from './regex.ts';
import { times } from './times.ts';
import { compare, described, JqError, kindOf, toText } from './value.ts';

const numeric =
  (run: (n: number) => number): ValueFunction =>
  (_, value) => {
    if (typeof value !== 'number') throw new JqError(`${described(value)} number required`);
    return run(value);
  };

const numericPair =
  (run: (a: number, b: number) => number): ValueFunction =>
  (_, _value, a = null, b = null) => {
    for (const n of [a, b]) if (typeof n !== 'number') throw new JqError(`${described(n)} number required`);
    return run(a as number, b as number);
  };

function array(value: Json, what: string): Json[] {
  if (!Array.isArray(value)) throw new JqError(`${described(value)} ${what}`);
  return value;
}

function string(value: Json, message: string): string {
  if (typeof value !== 'string') throw new JqError(message);
  return value;
}

const pathOf = (value: Json | undefined): Json[] => {
  if (!Array.isArray(value)) throw new JqError('Path must be specified as an array');
  return value;
};

function length(value: Json): Json {
  if (value === null) return 0;
  if (typeof value === 'boolean') throw new JqError(`boolean (${value}) has no length`);
  if (typeof value === 'number') return Math.abs(value);
  return value instanceof Map ? value.size : [...value].length;
}

function keys(value: Json, sorted: boolean): Json {
  if (Array.isArray(value)) return value.map((_, i) => i);
  if (value instanceof Map) return sorted ? sortedKeys(value) : [...value.keys()];
  throw new JqError(`${described(value)} has no keys`);
}

function has(value: Json, key: Json): boolean {
  if (value instanceof Map && typeof key === 'string') return value.has(key);
  if (Array.isArray(value) && typeof key === 'number') return key >= 0 && key < value.length;
  throw new JqError(`Cannot check whether ${kindOf(value)} has a ${kindOf(key)} key`);
}

function tonumber(value: Json): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') throw new JqError(`${described(value)} cannot be parsed as a number`);
  const text = value.trim();
  if (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) return Number(text);
  if (text === 'nan') return Number.NaN;
  throw new JqError(`Cannot be parsed as a number: ${described(value)}`);
}

function fromjson(value: Json): Json {
  if (typeof value !== 'string') throw new JqError(`${described(value)} only strings can be parsed`);
  try {
    return parseJson(value) ?? null;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new JqError(`${error.message} (while parsing '${value}')`);
  }
}

function flatten(value: readonly Json[], depth: number): Json[] {
  return value.flatMap((item) => (Array.isArray(item) && depth > 0 ? flatten(item, depth - 1) : [item]));
}

function implode(value: Json): string {
  return array(value, 'implode input must be an array')
    .map((n) => {
      if (typeof n !== 'number') throw new JqError('Unicode codepoint must be numeric');
      const point = Math.floor(n);
      return point < 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)
        ? '\ufffd'
        : String.fromCodePoint(point);
    })
    .join('');
}

function indices(value: Json, wanted: Json): Json {
  if (value === null) return null;
  if (typeof value === 'string' && typeof wanted === 'string') {
    if (wanted === '') return null;
    const found: number[] = [];
    let [units, points] = [0, 0];
    for (let at = value.indexOf(wanted); at >= 0; at = value.indexOf(wanted, at + 1)) {
      points += [...value.slice(units, at)].length;
      units = at;
      found.push(points);
    }
    return found;
  }
  if (Array.isArray(value)) return indexesOf(value, Array.isArray(wanted) ? wanted : [wanted]);
  return getKey(value, wanted);
}

const edge = (list: Json, last: boolean): Json => {
  if (list === null) return null;
  return getKey(list, last ? -1 : 0);
};

function join(value: Json, glue: Json): string {
  const list = Array.isArray(value) ? value : value instanceof Map ? [...value.values()] : undefined;
  if (!list) throw new JqError(`Cannot iterate over ${described(value)}`);
  if (list.length > 0 && typeof glue !== 'string') throw new JqError(`${described(glue)} cannot be added to a string`);
  const texts = list.map((item) => {
    if (Array.isArray(item) || item instanceof Map)
      throw new JqError(`string (${toJson('')}) and ${described(item)} cannot be added`);
    return item === null ? '' : toText(item);
  });
  return texts.join(String(glue));
}

function toEntries(value: Json): Json {
  if (!Array.isArray(value) && !(value instanceof Map)) throw new JqError(`${described(value)} has no keys`);
  return [...value.entries()].map(
    ([key, inner]) =>
      new Map<string, Json>([
        ['key', key],
        ['value', inner],
      ]),
  );
}

function fromEntries(value: Json): Json {
  const object = new Map<string, Json>();
  const list = Array.isArray(value) ? value : value instanceof Map ? [...value.values()] : undefined;
  if (!list) throw new JqError(`Cannot iterate over ${described(value)}`);
  for (const entry of list) {
    const of = (...names: string[]) => names.map((name) => getKey(entry, name)).find((v) => v !== null);
    const key = of('key', 'k', 'name', 'Name', 'Key', 'K') ?? null;
    if (key === null && ['key', 'k', 'name', 'Name', 'Key', 'K'].every((n) => getKey(entry, n) === null))
      throw new JqError(`Cannot use null (null) as object key`);
    const given = ['value', 'v', 'Value', 'V'].find((name) => entry instanceof Map && entry.has(name));
    object.set(toText(key), given === undefined ? null : getKey(entry, given));
  }
  return object;
}

function trim(value: Json, start: boolean, end: boolean): string {
  const text = string(value, `${described(value)} cannot be trimmed`);
  return start ? (end ? text.trim() : text.trimStart()) : text.trimEnd();
}

function transpose(value: Json): Json {
  const rows = array(value, 'cannot be transposed').map((row) => array(row, 'cannot be transposed'));
  const width = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: width }, (_, i) => rows.map((row) => row[i] ?? null));
}

const extreme = (value: Json, sign: number): Json => {
  let best: Json | undefined;
  for (const item of array(value, `and array ([]) cannot be iterated over`)) {
    // Of equal ones the first is the least, the last the greatest.
    if (best === undefined || compare(item, best) * sign > 0 || (sign > 0 && compare(item, best) === 0)) best = item;
  }
  return best ?? null;
};

const simple: Record<string, ValueFunction> = {
  'length/0': (_, value) => length(value),
  'utf8bytelength/0': (_, value) =>
    Buffer.byteLength(string(value, `${described(value)} only strings have UTF-8 byte length`)),
  'not/0': (_, value) => value === null || value === false,
  'keys/0': (_, value) => keys(value, true),
  'keys_unsorted/0': (_, value) => keys(value, false),
  'has/1': (_, value, key = null) => has(value, key),
  'in/1': (_, value, object = null) => has(object, value),
  'contains/1': (_, value, other = null) => contains(value, other),
  'inside/1': (_, value, other = null) => contains(other, value),
  'type/0': (_, value) => kindOf(value),
  'tostring/0': (_, value) => toText(value),
  'tonumber/0': (_, value) => tonumber(value),
  'tojson/0': (_, value) => toJson(value),
  'fromjson/0': (_, value) => fromjson(value),
  'toarray/0': (_, value) => (Array.isArray(value) ? value : [value]),
  'reverse/0': (_, value) =>
    typeof value === 'string'
      ? [...value].reverse().join('')
      : value === null
        ? []
        : array(value, 'cannot be reversed').toReversed(),
  'first/0': (_, value) => edge(value, false),
  'last/0': (_, value) => edge(value, true),
  'nth/1': (_, value, at = null) => getKey(value, at),
  'min/0': (_, value) => extreme(value, -1),
  'max/0': (_, value) => extreme(value, 1),
  'any/0': (_, value) =>
    [...(value instanceof Map ? value.values() : array(value, 'cannot be iterated over'))].some(
      (v) => v !== null && v !== false,
    ),
  'all/0': (_, value) =>
    [...(value instanceof Map ? value.values() : array(value, 'cannot be iterated over'))].every(
      (v) => v !== null && v !== false,
    ),
  'flatten/0': (_, value) =>
    flatten(value instanceof Map ? [...value.values()] : iterable(value), Number.POSITIVE_INFINITY),
  'flatten/1': (_, value, depth = null) => {
    if (typeof depth === 'number' && depth < 0) throw new JqError('flatten depth must not be negative');
    return flatten(value instanceof Map ? [...value.values()] : iterable(value), Number(depth));
  },
  'transpose/0': (_, value) => transpose(value),
  'join/1': (_, value, glue = null) => join(value, glue),
  'to_entries/0': (_, value) => toEntries(value),
  'from_entries/0': (_, value) => fromEntries(value),
  'indices/1': (_, value, wanted = null) => indices(value, wanted),
  'index/1': (_, value, wanted = null) => edge(indices(value, wanted), false),
  'rindex/1': (_, value, wanted = null) => edge(indices(value, wanted), true),
  'setpath/2': (_, value, path, item = null) => setPath(value, pathOf(path), item),
  'delpaths/1': (_, value, paths = null) =>
    deletePaths(
      value,
      array(paths, 'Paths must be specified as an array').map((path) => pathOf(path)),
    ),
  'explode/0': (_, value) =>
    [...string(value, `${described(value)} cannot be exploded`)].map((c) => c.codePointAt(0) ?? 0),
  'implode/0': (_, value) => implode(value),
  'split/1': (_, value, separator = null) => {
    if (typeof value !== 'string' || typeof separator !== 'string')
      throw new JqError('split input and separator must be strings');
    return splitText(value, separator);
  },
  'ascii_downcase/0': (_, value) =>
    string(value, 'ascii_downcase input must be a string').replace(/[A-Z]+/g, (c) => c.toLowerCase()),
  'ascii_upcase/0': (_, value) =>
    string(value, 'ascii_upcase input must be a string').replace(/[a-z]+/g, (c) => c.toUpperCase()),
  'startswith/1': (_, value, start = null) =>
    string(value, 'startswith() requires string inputs').startsWith(
      string(start, 'startswith() requires string inputs'),
    ),
  'endswith/1': (_, value, end = null) =>
    string(value, 'endswith() requires string inputs').endsWith(string(end, 'endswith() requires string inputs')),
  'ltrimstr/1': (_, value, start = null) =>
    typeof value === 'string' && typeof start === 'string' && value.startsWith(start)
      ? value.slice(start.length)
      : value,
  'rtrimstr/1': (_, value, end = null) =>
    typeof value === 'string' && typeof end === 'string' && end !== '' && value.endsWith(end)
      ? value.slice(0, -end.length)
      : value,
  'trim/0': (_, value) => trim(value, true, true),
  'ltrim/0': (_, value) => trim(value, true, false),
  'rtrim/0': (_, value) => trim(value, false, true),
  'test/1': (_, value, expression = null) => !matches(value, expression, null).next().done,
  'test/2': (_, value, expression = null, flags = null) => !matches(value, expression, flags).next().done,
  'format/1': (m, value, name = null) => {
    const format = formats[`@${toText(name)}`];
    if (!format) throw new JqError(`${toText(name)} is not a valid format`);
    return format(m, value);
  },
  'add/0': (m, value) => {
    let sum: Json = null;
    // Texts one after the other would be copied again and again.
    const list = value instanceof Map ? [...value.values()] : value === null ? [] : iterable(value);
    if (list.length > 1 && list.every((v) => typeof v === 'string')) return list.join('');
    if (list.length > 1 && list.every((v) => Array.isArray(v))) return list.flat(1);
    for (const item of list) sum = add(m, sum, item);
    return sum;
  },
  'env/0': (m) => new Map(m.host.env),
  'input_filename/0': (m) => m.host.filename(),
  'input_line_number/0': (m) => m.host.line(),
  'infinite/0': () => Number.POSITIVE_INFINITY,
  'nan/0': () => Number.NaN,
  'isinfinite/0': (_, value) => Math.abs(Number(value)) === Number.POSITIVE_INFINITY,
  'isnan/0': (_, value) => Number.isNaN(value),
  'isnormal/0': (_, value) => typeof value === 'number' && Number.isFinite(value) && Math.abs(value) >= 2 ** -1022,
  'have_literal_numbers/0': () => true,
  'have_decnum/0': () => false,
};

function iterable(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  throw new JqError(`Cannot iterate over ${described(value)}`);
}

/** Round half away from zero, as C does. */
const round = (n: number) => Math.sign(n) * Math.round(Math.abs(n));

const maths: Record<string, ValueFunction> = {
  ...Object.fromEntries(
    (
      [
        ...[
          'floor',
          'ceil',
          'sqrt',
          'trunc',
          'exp',
          'log2',
          'log10',
          'log',
          'sin',
          'cos',
          'tan',
          'asin',
          'acos',
          'atan',
        ],
        ...['cbrt', 'abs', 'expm1', 'log1p', 'sinh', 'cosh', 'tanh'],
      ] as const
    ).map((name) => [`${name}/0`, numeric((n) => Math[name as 'floor'](n))]),
  ),
  'fabs/0': numeric(Math.abs),
  'round/0': numeric(round),
  'exp2/0': numeric((n) => 2 ** n),
  'exp10/0': numeric((n) => 10 ** n),
  'pow/2': numericPair((a, b) => a ** b),
  'atan2/2': numericPair(Math.atan2),
  'fmin/2': numericPair(Math.min),
  'fmax/2': numericPair(Math.max),
  'fmod/2': numericPair((a, b) => a % b),
};

export const valueFunctions: ReadonlyMap<string, ValueFunction> = new Map(
  Object.entries({ ...simple, ...maths, ...times, ...formats }),
);
