/** `'%d of %s'.format([1, 'two'])`: clauses, what they take, and how they show it. */
import { fail } from '../functions.ts';
import { convertToString } from '../standard.ts';
import { CelList, CelMap, Duration, Timestamp, typeNameOf, Uint } from '../values.ts';
import { bounded } from '../work.ts';

type Clause = 's' | 'd' | 'f' | 'e' | 'b' | 'x' | 'X' | 'o';

interface Directive {
  clause: Clause;
  /** Digits after the point, for f and e. */
  precision: number;
}

const defaultPrecision = 6;

const textual = 'strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps';
const integers = 'octal clause can only be used on integers';
const clauses: Readonly<Record<Clause, { takes: RegExp; otherwise: string }>> = {
  s: {
    takes: /^(list|map|int|uint|double|bool|string|bytes|null_type|type|google\.protobuf\.(Timestamp|Duration))$/,
    otherwise: `string clause can only be used on ${textual}`,
  },
  d: { takes: /^(int|uint)$/, otherwise: 'decimal clause can only be used on integers' },
  f: { takes: /^(double|string)$/, otherwise: 'fixed-point clause can only be used on doubles' },
  e: { takes: /^(double|string)$/, otherwise: 'scientific clause can only be used on doubles' },
  b: { takes: /^(int|uint|bool)$/, otherwise: 'only integers and bools can be formatted as binary' },
  x: {
    takes: /^(int|uint|string|bytes)$/,
    otherwise: 'only integers, byte buffers, and strings can be formatted as hex',
  },
  X: {
    takes: /^(int|uint|string|bytes)$/,
    otherwise: 'only integers, byte buffers, and strings can be formatted as hex',
  },
  o: { takes: /^(int|uint)$/, otherwise: integers },
};

/** The texts and directives of a format, in turn. @throws CelError for what is none */
function* parts(format: string, count: number): Generator<string | Directive> {
  const pattern = /%%|%(\.\d*)?(.?)|[^%]+/gsu;
  let used = 0;
  for (const [all, precision, clause = ''] of format.matchAll(pattern)) {
    if (all === '%%') yield '%';
    else if (!all.startsWith('%')) yield all;
    else {
      if (used++ >= count) fail(`index ${used - 1} out of range`);
      if (all === '%') fail('unexpected end of string');
      const why = 'could not parse formatting clause: ';
      if (clause === '') fail(`${why}error while parsing precision: could not find end of precision specifier`);
      if (!Object.hasOwn(clauses, clause)) fail(`${why}unrecognized formatting clause "${clause}"`);
      yield {
        clause: clause as Clause,
        precision: precision === undefined ? defaultPrecision : Number(precision.slice(1)),
      };
    }
  }
}

/** What is wrong with a format for values of these types; undefined: nothing, as far as one sees. @throws CelError */
export function formatFault(
  format: string,
  types: readonly string[],
): { message: string; argument?: number } | undefined {
  let used = 0;
  for (const part of parts(format, types.length)) {
    if (typeof part === 'string') continue;
    const type = types[used] ?? 'dyn';
    const { takes, otherwise } = clauses[part.clause];
    if (type !== 'dyn' && !takes.test(type))
      return { message: `error during formatting: ${otherwise}, was given ${type}`, argument: used };
    used++;
  }
  const message = `too many arguments supplied to string.format (expected ${used}, got ${types.length})`;
  return types.length > used ? { message } : undefined;
}

/** @throws CelError */
export function formatText(format: string, args: readonly unknown[]): string {
  let used = 0;
  let text = '';
  for (const part of parts(format, args.length)) {
    text = bounded(text + (typeof part === 'string' ? part : show(part, args[used++])));
  }
  return text;
}

function show({ clause, precision }: Directive, value: unknown): string {
  const type = typeNameOf(value);
  const { takes, otherwise } = clauses[clause];
  const number = typeof value === 'string' && !/^(NaN|-?Infinity)$/.test(value) ? undefined : Number(value);
  if (!takes.test(type) || (/[fe]/.test(clause) && number === undefined)) {
    fail(`error during formatting: ${otherwise}, was given ${type}`);
  }
  switch (clause) {
    case 's':
      return shown(value);
    case 'd':
      return String(whole(value));
    case 'f':
      return fixedPoint(number ?? 0, precision);
    case 'e':
      return scientific(number ?? 0, precision);
    case 'b':
      return typeof value === 'boolean' ? (value ? '1' : '0') : whole(value).toString(2);
    case 'o':
      return whole(value).toString(8);
    default: {
      const text =
        typeof value === 'string' || value instanceof Uint8Array
          ? Buffer.from(value as string).toString('hex')
          : whole(value).toString(16);
      return clause === 'X' ? text.toUpperCase() : text;
    }
  }
}

const whole = (value: unknown) => (value instanceof Uint ? value.value : BigInt(value as bigint));

function infinite(value: number): string | undefined {
  if (Number.isFinite(value)) return undefined;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞';
}

function fixedPoint(value: number, precision: number): string {
  const options = { minimumFractionDigits: precision, maximumFractionDigits: precision };
  return infinite(value) ?? value.toLocaleString('en-US', options);
}

/** With a small raised exponent of two digits: `1.052033 × 10⁰³`. */
function scientific(value: number, precision: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(precision).split('e');
  const digits = exponent.replace(/\d+/, (found) => found.padStart(2, '0')).replace('+', '');
  const raised = digits.replace('-', '⁻').replace(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? '');
  return infinite(value) ?? `${mantissa} × 10${raised}`;
}

function shown(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof CelList) return `[${[...value].map(within).join(', ')}]`;
  if (!(value instanceof CelMap)) return convertToString(value);
  const entries = [...value.keys()].map((key) => [within(key), within(value.get(key))] as const);
  return `{${entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${key}:${item}`)
    .join(', ')}}`;
}

/** A value within a list or a map: as it would be written in CEL. */
function within(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint8Array) return `b${JSON.stringify(shown(value))}`;
  if (value instanceof Timestamp) return `timestamp(${JSON.stringify(shown(value))})`;
  if (value instanceof Duration) return `duration(${JSON.stringify(shown(value))})`;
  if (typeof value !== 'number') return shown(value);
  return Number.isFinite(value) ? value.toFixed(defaultPrecision) : JSON.stringify(convertToString(value));
}
