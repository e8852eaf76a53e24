/** CEL's standard functions and operators. */
import type { Definitions } from './functions.ts';
import { fail } from './functions.ts';
import { matchesPattern, patternFault } from './patterns.ts';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp, timePart } from './time.ts';
import {
  CelError,
  type CelList,
  type CelMap,
  celEquals,
  characters,
  Duration,
  noSuchOverload,
  Timestamp,
  TypeValue,
  typeNameOf,
  Uint,
} from './values.ts';
import { bounded, step } from './work.ts';

const limit = 1n << 63n;
const maxUint = 1n << 64n;

export function toInt(value: bigint): bigint {
  return value >= limit || value < -limit ? fail('integer overflow') : value;
}

function toUint(value: bigint): Uint {
  return value >= maxUint || value < 0n ? fail('unsigned integer overflow') : new Uint(value);
}

const toDuration = (ns: bigint) => (ns >= limit || ns < -limit ? fail('duration overflow') : new Duration(ns));
const firstTime = -62135596800n * 1_000_000_000n;
const lastTime = 253402300800n * 1_000_000_000n;
const toTimestamp = (ns: bigint) => (ns < firstTime || ns >= lastTime ? fail('timestamp overflow') : new Timestamp(ns));

const divide = (a: bigint, b: bigint) => (b === 0n ? fail('division by zero') : a / b);
const modulo = (a: bigint, b: bigint) => (b === 0n ? fail('modulus by zero') : a % b);

const arithmetic: Definitions = {
  add_int64: ['_+_(int, int) -> int', (a: bigint, b: bigint) => toInt(a + b)],
  add_uint64: ['_+_(uint, uint) -> uint', (a: Uint, b: Uint) => toUint(a.value + b.value)],
  add_double: ['_+_(double, double) -> double', (a: number, b: number) => a + b],
  add_string: ['_+_(string, string) -> string', (a: string, b: string) => bounded(a + b)],
  add_bytes: ['_+_(bytes, bytes) -> bytes', (a: Uint8Array, b: Uint8Array) => new Uint8Array([...a, ...b])],
  add_list: ['_+_(list(A), list(A)) -> list(A)', (a: CelList, b: CelList) => a.concat(b)],
  add_duration_duration: ['_+_(duration, duration) -> duration', (a: Duration, b: Duration) => toDuration(a.ns + b.ns)],
  add_duration_timestamp: [
    '_+_(duration, timestamp) -> timestamp',
    (a: Duration, b: Timestamp) => toTimestamp(a.ns + b.ns),
  ],
  add_timestamp_duration: [
    '_+_(timestamp, duration) -> timestamp',
    (a: Timestamp, b: Duration) => toTimestamp(a.ns + b.ns),
  ],
  subtract_int64: ['_-_(int, int) -> int', (a: bigint, b: bigint) => toInt(a - b)],
  subtract_uint64: ['_-_(uint, uint) -> uint', (a: Uint, b: Uint) => toUint(a.value - b.value)],
  subtract_double: ['_-_(double, double) -> double', (a: number, b: number) => a - b],
  subtract_duration_duration: [
    '_-_(duration, duration) -> duration',
    (a: Duration, b: Duration) => toDuration(a.ns - b.ns),
  ],
  subtract_timestamp_duration: [
    '_-_(timestamp, duration) -> timestamp',
    (a: Timestamp, b: Duration) => toTimestamp(a.ns - b.ns),
  ],
  subtract_timestamp_timestamp: [
    '_-_(timestamp, timestamp) -> duration',
    (a: Timestamp, b: Timestamp) => toDuration(a.ns - b.ns),
  ],
  multiply_int64: ['_*_(int, int) -> int', (a: bigint, b: bigint) => toInt(a * b)],
  multiply_uint64: ['_*_(uint, uint) -> uint', (a: Uint, b: Uint) => toUint(a.value * b.value)],
  multiply_double: ['_*_(double, double) -> double', (a: number, b: number) => a * b],
  divide_int64: ['_/_(int, int) -> int', (a: bigint, b: bigint) => toInt(divide(a, b))],
  divide_uint64: ['_/_(uint, uint) -> uint', (a: Uint, b: Uint) => new Uint(divide(a.value, b.value))],
  divide_double: ['_/_(double, double) -> double', (a: number, b: number) => a / b],
  modulo_int64: ['_%_(int, int) -> int', modulo],
  modulo_uint64: ['_%_(uint, uint) -> uint', (a: Uint, b: Uint) => new Uint(modulo(a.value, b.value))],
  negate_int64: ['-_(int) -> int', (a: bigint) => toInt(-a)],
  negate_double: ['-_(double) -> double', (a: number) => -a],
  logical_not: ['!_(bool) -> bool', (a: boolean) => !a],
};

const surrogates = /[\ud800-\udfff]/;

/** By code points, as UTF-8 sorts. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (!surrogates.test(a) && !surrogates.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Below 0, 0 or above; NaN compares to nothing. */
export function compare(a: unknown, b: unknown): number {
  const order = <T>(x: T, y: T) => (x < y ? -1 : x > y ? 1 : x <= y ? 0 : Number.NaN);
  step();
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (a instanceof Timestamp && b instanceof Timestamp) return order(a.ns, b.ns);
  if (a instanceof Duration && b instanceof Duration) return order(a.ns, b.ns);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  const number = (value: unknown) => (value instanceof Uint ? value.value : value);
  const [x, y] = [number(a), number(b)] as [bigint, bigint];
  if (!/^(bigint|number)$/.test(typeof x) || !/^(bigint|number)$/.test(typeof y)) throw noSuchOverload();
  return order(x, y);
}

function comparisons(): Definitions {
  const operators: [string, string, (order: number) => boolean][] = [
    ['less', '_<_', (order) => order < 0],
    ['less_equals', '_<=_', (order) => order <= 0],
    ['greater', '_>_', (order) => order > 0],
    ['greater_equals', '_>=_', (order) => order >= 0],
  ];
  const pairs: [string, string, string][] = [
    ['bool', 'bool', 'bool'],
    ['int64', 'int', 'int'],
    ['int64_double', 'int', 'double'],
    ['int64_uint64', 'int', 'uint'],
    ['uint64', 'uint', 'uint'],
    ['uint64_double', 'uint', 'double'],
    ['uint64_int64', 'uint', 'int'],
    ['double', 'double', 'double'],
    ['double_int64', 'double', 'int'],
    ['double_uint64', 'double', 'uint'],
    ['string', 'string', 'string'],
    ['bytes', 'bytes', 'bytes'],
    ['timestamp', 'timestamp', 'timestamp'],
    ['duration', 'duration', 'duration'],
  ];
  const found: Record<string, Definitions[string]> = {};
  for (const [prefix, name, test] of operators) {
    for (const [suffix, a, b] of pairs) {
      found[`${prefix}_${suffix}`] = [`${name}(${a}, ${b}) -> bool`, (x: unknown, y: unknown) => test(compare(x, y))];
    }
  }
  return found;
}

const isIn = (value: unknown, list: CelList) => {
  for (const item of list) if (celEquals(value, item)) return true;
  return false;
};

const size = {
  string: (value: string) => BigInt(characters(value)),
  bytes: (value: Uint8Array) => BigInt(value.length),
  sized: (value: CelList | CelMap) => BigInt(value.size),
};

const matches = (text: string, pattern: string) => {
  const fault = patternFault(pattern);
  return fault === undefined ? matchesPattern(pattern, text) : fail(fault);
};

const others: Definitions = {
  conditional: ['_?_:_(bool, A, A) -> A', noSuchOverload],
  logical_and: ['_&&_(bool, bool) -> bool', noSuchOverload],
  logical_or: ['_||_(bool, bool) -> bool', noSuchOverload],
  not_strictly_false: ['@not_strictly_false(bool) -> bool', noSuchOverload],
  equals: ['_==_(A, A) -> bool', celEquals],
  not_equals: ['_!=_(A, A) -> bool', (a: unknown, b: unknown) => !celEquals(a, b)],
  index_list: ['_[_](list(A), int) -> A', (list: CelList, index: bigint) => list.at(Number(index))],
  index_map: [
    '_[_](map(A, B), A) -> B',
    (map: CelMap, key: unknown) => map.get(key) ?? fail(`no such key: ${showKey(key)}`),
  ],
  in_list: ['@in(A, list(A)) -> bool', isIn],
  in_map: ['@in(A, map(A, B)) -> bool', (key: unknown, map: CelMap) => map.has(key)],
  size_bytes: ['size(bytes) -> int', size.bytes],
  bytes_size: ['bytes.size() -> int', size.bytes],
  size_list: ['size(list(A)) -> int', size.sized],
  list_size: ['list(A).size() -> int', size.sized],
  size_map: ['size(map(A, B)) -> int', size.sized],
  map_size: ['map(A, B).size() -> int', size.sized],
  size_string: ['size(string) -> int', size.string],
  string_size: ['string.size() -> int', size.string],
  contains_string: ['string.contains(string) -> bool', (a: string, b: string) => a.includes(b)],
  ends_with_string: ['string.endsWith(string) -> bool', (a: string, b: string) => a.endsWith(b)],
  starts_with_string: ['string.startsWith(string) -> bool', (a: string, b: string) => a.startsWith(b)],
  matches: ['matches(string, string) -> bool', matches],
  matches_string: ['string.matches(string) -> bool', matches],
  type: ['type(A) -> type(A)', (value: unknown) => new TypeValue(typeNameOf(value))],
  to_dyn: ['dyn(A) -> dyn', (value: unknown) => value],
};

export const showKey = (key: unknown) => (key instanceof Uint ? String(key.value) : String(key));

const conversionError = (from: string, to: string) => new CelError(`type conversion error from '${from}' to '${to}'`);

function textToInt(text: string, unsigned: boolean): bigint {
  const value = /^[+-]?\d+$/.test(text) && !(unsigned && /^[+-]/.test(text)) ? BigInt(text) : undefined;
  const inRange = value !== undefined && (unsigned ? value < maxUint : value < limit && value >= -limit);
  if (!inRange || value === undefined) throw conversionError('string', unsigned ? 'uint' : 'int');
  return value;
}

function doubleToInt(value: number): bigint {
  if (!(Math.abs(value) < 2 ** 63)) return fail('integer overflow');
  return BigInt(Math.trunc(value));
}

function textToDouble(text: string): number {
  const value = /^[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|Inf|Infinity|NaN)$/i.test(text)
    ? Number(text.replace(/^([+-]?)inf(inity)?$/i, '$1Infinity'))
    : undefined;
  if (value === undefined) throw conversionError('string', 'double');
  return value;
}

function doubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 21) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

function bytesText(value: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value);
  } catch {
    return fail('invalid UTF-8 in bytes, cannot convert to string');
  }
}

const conversions: Definitions = {
  bool_to_bool: ['bool(bool) -> bool', (value: boolean) => value],
  string_to_bool: [
    'bool(string) -> bool',
    (text: string) => {
      if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
      if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
      throw conversionError('string', 'bool');
    },
  ],
  bytes_to_bytes: ['bytes(bytes) -> bytes', (value: Uint8Array) => value],
  string_to_bytes: ['bytes(string) -> bytes', (text: string) => new Uint8Array(Buffer.from(text))],
  double_to_double: ['double(double) -> double', (value: number) => value],
  int64_to_double: ['double(int) -> double', (value: bigint) => Number(value)],
  string_to_double: ['double(string) -> double', textToDouble],
  uint64_to_double: ['double(uint) -> double', (value: Uint) => Number(value.value)],
  duration_to_duration: ['duration(duration) -> duration', (value: Duration) => value],
  int64_to_duration: ['duration(int) -> duration', (value: bigint) => toDuration(value * 1_000_000_000n)],
  string_to_duration: ['duration(string) -> duration', parseDuration],
  double_to_int64: ['int(double) -> int', doubleToInt],
  duration_to_int64: ['int(duration) -> int', (value: Duration) => value.ns],
  int64_to_int64: ['int(int) -> int', (value: bigint) => value],
  string_to_int64: ['int(string) -> int', (text: string) => textToInt(text, false)],
  timestamp_to_int64: ['int(timestamp) -> int', (value: Timestamp) => timePart.seconds(value)],
  uint64_to_int64: ['int(uint) -> int', (value: Uint) => toInt(value.value)],
  double_to_uint64: ['uint(double) -> uint', (value: number) => toUint(doubleToInt(value))],
  int64_to_uint64: ['uint(int) -> uint', (value: bigint) => toUint(value)],
  string_to_uint64: ['uint(string) -> uint', (text: string) => new Uint(textToInt(text, true))],
  uint64_to_uint64: ['uint(uint) -> uint', (value: Uint) => value],
  bool_to_string: ['string(bool) -> string', (value: boolean) => String(value)],
  bytes_to_string: ['string(bytes) -> string', bytesText],
  double_to_string: ['string(double) -> string', doubleText],
  duration_to_string: ['string(duration) -> string', formatDuration],
  int64_to_string: ['string(int) -> string', (value: bigint) => String(value)],
  string_to_string: ['string(string) -> string', (value: string) => value],
  timestamp_to_string: ['string(timestamp) -> string', formatTimestamp],
  uint64_to_string: ['string(uint) -> string', (value: Uint) => String(value.value)],
  int64_to_timestamp: ['timestamp(int) -> timestamp', (value: bigint) => toTimestamp(value * 1_000_000_000n)],
  string_to_timestamp: ['timestamp(string) -> timestamp', parseTimestamp],
  timestamp_to_timestamp: ['timestamp(timestamp) -> timestamp', (value: Timestamp) => value],
};

function times(): Definitions {
  const found: Record<string, Definitions[string]> = {};
  for (const [name, part] of Object.entries(timePart.parts)) {
    found[`timestamp_to_${name}`] = [`timestamp.${name}() -> int`, (value: Timestamp) => part(value, 'UTC')];
    found[`timestamp_to_${name}_with_tz`] = [`timestamp.${name}(string) -> int`, part];
  }
  for (const [name, unit] of Object.entries({
    getHours: 3_600_000_000_000n,
    getMinutes: 60_000_000_000n,
    getSeconds: 1_000_000_000n,
  })) {
    found[`duration_to_${name}`] = [`duration.${name}() -> int`, (value: Duration) => value.ns / unit];
  }
  found.duration_to_getMilliseconds = ['duration.getMilliseconds() -> int', (value: Duration) => value.ns / 1_000_000n];
  return found;
}

export const standardLibrary: Definitions = { ...others, ...arithmetic, ...comparisons(), ...conversions, ...times() };

const toStrings = Object.entries(conversions).filter(([id]) => id.endsWith('_to_string'));

/** As `string()` converts a value; null and types by their names. */
export function convertToString(value: unknown): string {
  if (value instanceof TypeValue) return value.name;
  const from: Readonly<Record<string, string>> = {
    ...{ bool: 'bool', bytes: 'bytes', double: 'double', int: 'int64', string: 'string', uint: 'uint64' },
    ...{ 'google.protobuf.Duration': 'duration', 'google.protobuf.Timestamp': 'timestamp' },
  };
  const found = toStrings.find(([id]) => id === `${from[typeNameOf(value)]}_to_string`)?.[1][1];
  if (!found) throw noSuchOverload();
  return (found as (value: unknown) => string)(value);
}
