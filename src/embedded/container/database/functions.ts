/** Functions of SQL by their names. */
import { randomUUID } from 'node:crypto';
import { ownValue } from '../../../kernel/own.ts';
import { type Dialect, fault, SqlError } from './errors.ts';
import {
  dateType,
  decimal,
  floatType,
  intType,
  readTime,
  type Type,
  textType,
  timestampType,
  type Value,
} from './types.ts';
import { compareValues, toNumber } from './values.ts';

/** What functions may ask of the session that calls them. */
export interface FunctionContext {
  readonly dialect: Dialect;
  /** `2024-01-31 12:00:00.000000` */
  now(): string;
  readonly userName: string;
  readonly accountName: string;
  readonly database: string | undefined;
  readonly connection: number;
  readonly lastId: number;
  setting(name: string): string;
  /** Lets the statement wait before it goes on. */
  sleep(seconds: number): void;
}

export interface SqlFunction {
  /** Fewest and most arguments. */
  takes: readonly [number, number];
  type: (args: readonly Type[]) => Type;
  /** NULL for an argument gives NULL, unless it says so. */
  nulls?: true;
  run(args: Value[], context: FunctionContext): Value;
  only?: 'mysql' | 'postgres';
}

const text = () => textType;
const int = () => intType;
const first = (types: readonly Type[]) => types.find(({ kind }) => kind !== 'unknown') ?? textType;
const string = (value: Value | undefined) => String(value ?? '');
const number = (value: Value | undefined) => toNumber(value ?? null);
/** The longest text that a function makes. */
const MAX_TEXT = 1024 * 1024;

const repeated = (value: string, count: number, { dialect }: FunctionContext) => {
  if (value.length * count > MAX_TEXT)
    throw fault(
      dialect,
      [1301, 'HY000', 'Result of repeat() was larger than max_allowed_packet (1048576) - truncated'],
      ['54000', 'requested length too large'],
    );
  return value.repeat(Math.max(0, count));
};

const dateParts: Record<string, (time: string) => number> = {
  year: (time) => Number(time.slice(0, 4)),
  month: (time) => Number(time.slice(5, 7)),
  day: (time) => Number(time.slice(8, 10)),
  hour: (time) => Number(time.slice(11, 13)),
  minute: (time) => Number(time.slice(14, 16)),
  second: (time) => Number(time.slice(17, 19)),
};

const constant = (type: Type, run: (context: FunctionContext) => Value, only?: 'mysql' | 'postgres'): SqlFunction => ({
  ...{ takes: [0, 0], type: () => type, run: (_, context) => run(context) },
  ...(only && { only }),
});

const rounded = (value: number, digits: number) => {
  const scaled = Number(`${Math.abs(value)}e${digits}`);
  return Number.isNaN(scaled) ? value : Math.sign(value) * Number(`${Math.round(scaled)}e${-digits}`);
};

const functions: Record<string, SqlFunction> = {
  version: constant(textType, ({ dialect }) =>
    dialect.name === 'mysql' ? dialect.version : `PostgreSQL ${dialect.version} on x86_64-pc-linux-gnu`,
  ),
  now: constant(timestampType, timeOf),
  current_timestamp: constant(timestampType, timeOf),
  localtimestamp: constant(timestampType, timeOf),
  current_date: constant(dateType, ({ now }) => now().slice(0, 10)),
  curdate: constant(dateType, ({ now }) => now().slice(0, 10), 'mysql'),
  current_time: constant(textType, ({ now }) => now().slice(11, 19)),
  user: constant(textType, ({ userName }) => userName),
  session_user: constant(textType, ({ userName }) => userName),
  current_user: constant(textType, ({ accountName }) => accountName),
  database: constant(textType, ({ database }) => database ?? null, 'mysql'),
  schema: constant(textType, ({ database }) => database ?? null, 'mysql'),
  current_database: constant(textType, ({ database }) => database ?? null, 'postgres'),
  current_schema: constant(textType, () => 'public', 'postgres'),
  connection_id: constant(intType, ({ connection }) => connection, 'mysql'),
  pg_backend_pid: constant(intType, ({ connection }) => connection, 'postgres'),
  last_insert_id: constant(intType, ({ lastId }) => lastId, 'mysql'),
  uuid: constant(textType, () => randomUUID(), 'mysql'),
  gen_random_uuid: constant({ kind: 'uuid', name: 'uuid' }, () => randomUUID(), 'postgres'),
  random: constant(floatType, () => Math.random(), 'postgres'),
  rand: constant(floatType, () => Math.random(), 'mysql'),
  current_setting: {
    takes: [1, 1],
    type: text,
    only: 'postgres',
    run: ([name], context) => context.setting(string(name)),
  },
  concat: {
    ...{ takes: [1, 100], type: text, nulls: true },
    run: (args, { dialect }) =>
      dialect.name === 'mysql' && args.includes(null)
        ? null
        : args.map((a) => (typeof a === 'boolean' ? (a ? 't' : 'f') : string(a))).join(''),
  },
  concat_ws: {
    ...{ takes: [2, 100], type: text, nulls: true },
    run: ([separator, ...args]) =>
      separator === null
        ? null
        : args
            .filter((a) => a !== null)
            .map(String)
            .join(string(separator)),
  },
  upper: { takes: [1, 1], type: text, run: ([a]) => string(a).toUpperCase() },
  lower: { takes: [1, 1], type: text, run: ([a]) => string(a).toLowerCase() },
  length: {
    ...{ takes: [1, 1], type: int },
    run: ([a], { dialect }) => (dialect.name === 'mysql' ? Buffer.byteLength(string(a)) : [...string(a)].length),
  },
  char_length: { takes: [1, 1], type: int, run: ([a]) => [...string(a)].length },
  trim: { takes: [1, 1], type: text, run: ([a]) => string(a).replace(/^ +/, '').trimEnd() },
  ltrim: { takes: [1, 1], type: text, run: ([a]) => string(a).replace(/^ +/, '') },
  rtrim: { takes: [1, 1], type: text, run: ([a]) => string(a).trimEnd() },
  reverse: { takes: [1, 1], type: text, run: ([a]) => [...string(a)].reverse().join('') },
  replace: {
    ...{ takes: [3, 3], type: text },
    run: ([a, from, to]) =>
      from === ''
        ? string(a)
        : string(a)
            .replaceAll(string(from), () => string(to))
            .slice(0, MAX_TEXT),
  },
  repeat: { takes: [2, 2], type: text, run: ([a, n], context) => repeated(string(a), number(n), context) },
  left: { takes: [2, 2], type: text, run: ([a, n]) => [...string(a)].slice(0, number(n)).join('') },
  right: {
    takes: [2, 2],
    type: text,
    run: ([a, n]) => (number(n) <= 0 ? '' : [...string(a)].slice(-number(n)).join('')),
  },
  substring: { takes: [2, 3], type: text, run: substring },
  substr: { takes: [2, 3], type: text, run: substring },
  lpad: {
    ...{ takes: [3, 3], type: text },
    run: ([a, n, fill], context) => {
      repeated('x', number(n), context);
      return string(a).padStart(number(n), string(fill)).slice(0, number(n));
    },
  },
  coalesce: { takes: [1, 100], type: first, nulls: true, run: (args) => args.find((a) => a !== null) ?? null },
  ifnull: { takes: [2, 2], type: first, nulls: true, only: 'mysql', run: ([a, b]) => a ?? b ?? null },
  nullif: {
    ...{ takes: [2, 2], type: first, nulls: true },
    run: ([a = null, b = null], { dialect }) =>
      a !== null && b !== null && compareValues(dialect, a, b) === 0 ? null : a,
  },
  greatest: {
    takes: [2, 100],
    type: first,
    run: (args, { dialect }) => args.sort((a, b) => compareValues(dialect, a, b)).at(-1) ?? null,
  },
  least: {
    takes: [2, 100],
    type: first,
    run: (args, { dialect }) => args.sort((a, b) => compareValues(dialect, a, b))[0] ?? null,
  },
  abs: { takes: [1, 1], type: ([a]) => a ?? intType, run: ([a]) => Math.abs(number(a)) },
  floor: { takes: [1, 1], type: int, run: ([a]) => Math.floor(number(a)) },
  ceil: { takes: [1, 1], type: int, run: ([a]) => Math.ceil(number(a)) },
  ceiling: { takes: [1, 1], type: int, run: ([a]) => Math.ceil(number(a)) },
  round: {
    ...{
      takes: [1, 2],
      type: ([a]) =>
        a?.kind === 'float' ? floatType : a?.kind === 'int' ? intType : { kind: 'decimal', name: 'numeric' },
    },
    run: ([a, digits = 0]) => rounded(number(a), number(digits)),
  },
  mod: { takes: [2, 2], type: int, run: ([a, b]) => (number(b) === 0 ? null : number(a) % number(b)) },
  power: { takes: [2, 2], type: () => floatType, run: ([a, b]) => number(a) ** number(b) },
  sqrt: { takes: [1, 1], type: () => floatType, run: ([a]) => (number(a) < 0 ? null : Math.sqrt(number(a))) },
  date: {
    ...{ takes: [1, 1], type: () => dateType },
    run: ([a]) => readTime(string(a).slice(0, 10), 'date') ?? null,
  },
  pg_sleep: {
    takes: [1, 1],
    type: text,
    only: 'postgres',
    run: ([a], { sleep }) => {
      sleep(number(a));
      return '';
    },
  },
  sleep: {
    takes: [1, 1],
    type: int,
    only: 'mysql',
    run: ([a], { sleep }) => {
      sleep(number(a));
      return 0;
    },
  },
  ...Object.fromEntries(
    Object.entries(dateParts).map(([name, part]): [string, SqlFunction] => [
      name,
      {
        takes: [1, 1],
        type: int,
        only: 'mysql',
        run: ([a]) =>
          readTime(string(a), 'timestamp') === undefined ? null : part(readTime(string(a), 'timestamp') ?? ''),
      },
    ]),
  ),
};

function timeOf({ dialect, now }: FunctionContext): string {
  return dialect.name === 'mysql' ? now().slice(0, 19) : now();
}

function substring([value, from, count]: Value[]): Value {
  const letters = [...string(value)];
  const start = number(from) > 0 ? number(from) - 1 : number(from) < 0 ? letters.length + number(from) : letters.length;
  return letters.slice(start, count === undefined ? undefined : start + number(count)).join('');
}

export const aggregates = new Set([
  'count',
  'sum',
  'min',
  'max',
  'avg',
  'group_concat',
  'string_agg',
  'bool_and',
  'bool_or',
]);

/** The function of a name. Throws the server's error: it has none, or not with so many arguments. */
export function functionOf(
  dialect: Dialect,
  name: string,
  args: number,
  database: string | undefined,
  at: number,
): SqlFunction {
  const found = ownValue(functions, name);
  if (found && (found.only ?? dialect.name) === dialect.name) {
    if (args >= found.takes[0] && args <= found.takes[1]) return found;
    if (dialect.name === 'mysql')
      throw new SqlError(1582, '42000', `Incorrect parameter count in the call to native function '${name}'`);
  }
  const unknown = new Array(args).fill('unknown').join(', ');
  throw fault(
    dialect,
    database === undefined
      ? [1046, '3D000', 'No database selected']
      : [1305, '42000', `FUNCTION ${database}.${name} does not exist`],
    ['42883', `function ${name}(${unknown}) does not exist`],
    { at, hint: 'No function matches the given name and argument types. You might need to add explicit type casts.' },
  );
}

/** The type of an aggregate of values of a type. */
export function aggregateType(dialect: Dialect, name: string, of: Type | undefined): Type {
  if (name === 'count') return intType;
  if (name === 'min' || name === 'max') return of ?? textType;
  if (name === 'sum') return of && of.kind !== 'unknown' ? of : intType;
  if (name === 'avg') {
    if (of?.kind === 'float') return floatType;
    return decimal(dialect.name === 'mysql' ? (of?.scale ?? 0) + 4 : 16);
  }
  return name.startsWith('bool') ? { kind: 'bool', name: 'boolean' } : textType;
}
