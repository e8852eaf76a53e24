/** The types of columns: their names with each kind of server, what fits into them, how values are shown. */
import { type Dialect, fault } from './errors.ts';

export type Value = string | number | boolean | null;

type Kind = 'int' | 'decimal' | 'float' | 'text' | 'bool' | 'date' | 'time' | 'timestamp' | 'json' | 'uuid' | 'unknown';

export interface Type {
  kind: Kind;
  /** As the server shows it. */
  name: string;
  /** Of a text, in characters. */
  length?: number;
  /** Digits after the point. */
  scale?: number;
  /** Largest size of an integer, in bytes. */
  bytes?: number;
  counts?: boolean;
}

export const textType: Type = { kind: 'text', name: 'text' };
export const intType: Type = { kind: 'int', name: 'bigint', bytes: 8 };
export const boolType: Type = { kind: 'bool', name: 'boolean' };
export const unknownType: Type = { kind: 'unknown', name: 'unknown' };
export const decimal = (scale: number): Type => ({ kind: 'decimal', name: 'numeric', scale });
export const floatType: Type = { kind: 'float', name: 'double precision' };
export const timestampType: Type = { kind: 'timestamp', name: 'timestamp without time zone' };
export const dateType: Type = { kind: 'date', name: 'date' };

export const isNumeric = ({ kind }: Type) => kind === 'int' || kind === 'decimal' || kind === 'float';

const mysqlIntegers: Record<string, number> = { tinyint: 1, smallint: 2, mediumint: 3, int: 4, integer: 4, bigint: 8 };
const postgresIntegers: Record<string, [number, string]> = {
  ...{ smallint: [2, 'smallint'], int2: [2, 'smallint'], int: [4, 'integer'], integer: [4, 'integer'] },
  ...{ int4: [4, 'integer'], bigint: [8, 'bigint'], int8: [8, 'bigint'], serial: [4, 'integer'] },
  ...{ bigserial: [8, 'bigint'], smallserial: [2, 'smallint'] },
};

/** The type of a name in lower case; undefined: the server has none of this name (or the simulated one has not). */
export function typeOfName(dialect: Dialect, name: string, sizes: readonly number[]): Type | undefined {
  return dialect.name === 'mysql' ? mysqlType(name, sizes) : postgresType(name, sizes);
}

function mysqlType(name: string, sizes: readonly number[]): Type | undefined {
  const bytes = Object.hasOwn(mysqlIntegers, name) ? mysqlIntegers[name] : undefined;
  if (bytes !== undefined) return { kind: 'int', bytes, name: name === 'integer' ? 'int' : name };
  const size = sizes[0];
  switch (name) {
    case 'bool':
    case 'boolean':
      return { kind: 'int', bytes: 1, name: 'tinyint(1)' };
    case 'serial':
      return { kind: 'int', bytes: 8, name: 'bigint unsigned', counts: true };
    case 'decimal':
    case 'numeric':
      return { kind: 'decimal', scale: sizes[1] ?? 0, name: `decimal(${size ?? 10},${sizes[1] ?? 0})` };
    case 'float':
    case 'double':
    case 'double precision':
    case 'real':
      return { kind: 'float', name: name === 'float' ? 'float' : 'double' };
    case 'varchar':
    case 'char':
    case 'character varying':
    case 'character': {
      const plain = name.includes('var') ? 'varchar' : 'char';
      if (size === undefined && plain === 'varchar') return undefined;
      return { kind: 'text', length: size ?? 1, name: `${plain}(${size ?? 1})` };
    }
    case 'text':
    case 'tinytext':
    case 'mediumtext':
    case 'longtext':
      return { kind: 'text', name };
    case 'date':
    case 'time':
    case 'json':
      return { kind: name, name };
    case 'datetime':
    case 'timestamp':
      return { kind: 'timestamp', name };
    default:
      return undefined;
  }
}

function postgresType(name: string, sizes: readonly number[]): Type | undefined {
  const integer = Object.hasOwn(postgresIntegers, name) ? postgresIntegers[name] : undefined;
  if (integer)
    return { kind: 'int', bytes: integer[0], name: integer[1], ...(name.endsWith('serial') && { counts: true }) };
  const size = sizes[0];
  switch (name) {
    case 'bool':
    case 'boolean':
      return boolType;
    case 'decimal':
    case 'numeric':
      return {
        kind: 'decimal',
        name: size === undefined ? 'numeric' : `numeric(${size},${sizes[1] ?? 0})`,
        ...(size !== undefined && { scale: sizes[1] ?? 0 }),
      };
    case 'float':
    case 'float8':
    case 'double precision':
      return floatType;
    case 'real':
    case 'float4':
      return { kind: 'float', name: 'real' };
    case 'varchar':
    case 'character varying':
      return {
        kind: 'text',
        name: size === undefined ? 'character varying' : `character varying(${size})`,
        ...(size !== undefined && { length: size }),
      };
    case 'char':
    case 'character':
      return { kind: 'text', name: `character(${size ?? 1})`, length: size ?? 1 };
    case 'text':
      return textType;
    case 'date':
    case 'uuid':
      return { kind: name, name };
    case 'json':
    case 'jsonb':
      return { kind: 'json', name };
    case 'time':
      return { kind: 'time', name: 'time without time zone' };
    case 'timestamp':
      return timestampType;
    case 'timestamptz':
    case 'timestamp with time zone':
      return { kind: 'timestamp', name: 'timestamp with time zone' };
    default:
      return undefined;
  }
}

const pad = (n: number) => String(n).padStart(2, '0');

/** A date and time as a column keeps it, or undefined where the text is none. */
export function readTime(text: string, kind: 'date' | 'time' | 'timestamp'): string | undefined {
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?$/;
  if (kind === 'time') {
    const [, h, m, s = '00', fraction = ''] = clock.exec(text) ?? [];
    return h === undefined || Number(h) > 23 || Number(m) > 59 || Number(s) > 59
      ? undefined
      : `${pad(Number(h))}:${m}:${s}${fraction}`;
  }
  const match =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(?:Z|\+00(?::?00)?)?)?$/.exec(text);
  if (!match) return undefined;
  const [, year = '', month = '', day = '', rest] = match;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  const days = `${year}-${pad(Number(month))}-${pad(Number(day))}`;
  if (kind === 'date') return days;
  const time = rest === undefined ? '00:00:00' : readTime(rest, 'time');
  return time === undefined ? undefined : `${days} ${time}`;
}

/** A value as a column of this type keeps it. Throws SqlError where it does not fit. */
export function fitted(dialect: Dialect, type: Type, value: Value, column: string): Value {
  if (value === null) return null;
  const mysql = dialect.name === 'mysql';
  const text = typeof value === 'boolean' ? (mysql ? String(Number(value)) : String(value)) : String(value);
  const wrong = (kind: string) =>
    fault(
      dialect,
      [1366, 'HY000', `Incorrect ${kind} value: '${text}' for column '${column}' at row 1`],
      ['22P02', `invalid input syntax for type ${type.name.replace(/\(.*/, '')}: "${text}"`],
    );
  switch (type.kind) {
    case 'int':
    case 'decimal':
    case 'float':
      return fittedNumber(dialect, type, value, column, text, wrong);
    case 'bool': {
      if (typeof value === 'boolean') return value;
      if (/^(t|true|y|yes|on|1)$/i.test(text)) return true;
      if (/^(f|false|n|no|off|0)$/i.test(text)) return false;
      throw wrong('boolean');
    }
    case 'date':
    case 'time':
    case 'timestamp': {
      const read = readTime(text, type.kind);
      if (read !== undefined) return mysql ? read.replace(/\.\d+$/, '') : read;
      const kind = type.kind === 'timestamp' ? 'datetime' : type.kind;
      const shape = /^\d{4}-\d{1,2}-\d{1,2}/.test(text);
      throw fault(
        dialect,
        [1292, '22007', `Incorrect ${kind} value: '${text}' for column '${column}' at row 1`],
        shape
          ? ['22008', `date/time field value out of range: "${text}"`]
          : ['22007', `invalid input syntax for type ${type.name.replace(' without time zone', '')}: "${text}"`],
      );
    }
    case 'json':
      try {
        JSON.parse(text);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        throw fault(
          dialect,
          [3140, '22032', `Invalid JSON text: "Invalid value." at position 0 in value for column '${column}'.`],
          ['22P02', `invalid input syntax for type json`],
        );
      }
      return text;
    case 'uuid':
      if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) throw wrong('uuid');
      return text.toLowerCase();
    default:
      if (type.length !== undefined && [...text].length > type.length)
        throw fault(
          dialect,
          [1406, '22001', `Data too long for column '${column}' at row 1`],
          ['22001', `value too long for type ${type.name}`],
        );
      return text;
  }
}

function fittedNumber(
  dialect: Dialect,
  type: Type,
  value: Value,
  column: string,
  text: string,
  wrong: (kind: string) => Error,
): number {
  const number = typeof value === 'boolean' ? Number(value) : text.trim() === '' ? Number.NaN : Number(text);
  const words = type.kind === 'int' ? 'integer' : type.kind === 'decimal' ? 'decimal' : 'double';
  if (Number.isNaN(number)) throw wrong(words);
  if (type.kind === 'float') return number;
  if (type.kind === 'decimal') return type.scale === undefined ? number : Number(number.toFixed(type.scale));
  if (dialect.name === 'postgres' && typeof value === 'string' && !Number.isInteger(number)) throw wrong(words);
  const whole = Math.round(number);
  // Numbers past 2^53 are not kept: what a bigint could hold beyond is out of range here.
  const limit = Math.min(2 ** ((type.bytes ?? 8) * 8 - 1), Number.MAX_SAFE_INTEGER);
  if (
    whole >= limit * (type.name.includes('unsigned') ? 2 : 1) ||
    whole < (type.name.includes('unsigned') ? 0 : -limit)
  )
    throw fault(
      dialect,
      [1264, '22003', `Out of range value for column '${column}' at row 1`],
      ['22003', `${type.name} out of range`],
    );
  return whole;
}

/** A value as a result shows it. */
export function shown(dialect: Dialect, type: Type, value: Value): string | null {
  if (value === null) return null;
  if (typeof value === 'boolean') return dialect.name === 'mysql' ? String(Number(value)) : value ? 't' : 'f';
  if (typeof value === 'number' && type.kind === 'decimal' && type.scale !== undefined)
    return value.toFixed(type.scale);
  if (type.name === 'timestamp with time zone') return `${value}+00`;
  return String(value);
}
