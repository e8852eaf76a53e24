/** jq's dates: seconds since 1970, and "broken down" arrays with the month from 0, the weekday and the day of the year. */
import { formatDate } from '../../lib/format-date.ts';
import type { Json } from '../../lib/json.ts';
import type { ValueFunction } from './machine.ts';
import { JqError } from './value.ts';

const months = 'January February March April May June July August September October November December'.split(' ');

function brokenDown(ms: number): Json[] {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) throw new JqError('error converting number of seconds since epoch to datetime');
  const seconds = date.getUTCSeconds() + (ms / 1000 - Math.floor(ms / 1000));
  const yearDay = Math.floor(
    (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) - Date.UTC(date.getUTCFullYear(), 0, 1)) /
      86_400_000,
  );
  return [
    ...[date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes()],
    ...[seconds, date.getUTCDay(), yearDay],
  ];
}

function toSeconds(value: Json, name: string): number {
  if (!Array.isArray(value) || value.length < 6 || value.some((n) => typeof n !== 'number'))
    throw new JqError(`${name} requires array of 6 numbers`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = value as number[];
  return Date.UTC(year, month, day, hour, minute, Math.floor(second)) / 1000;
}

/** Text by a format; seconds, or a broken down time. */
function strftime(value: Json, format: Json, name: string): string {
  if (typeof value !== 'number' && !Array.isArray(value)) throw new JqError(`${name} requires parsed datetime inputs`);
  if (typeof format !== 'string') throw new JqError(`${name} requires a string format`);
  return formatDate((typeof value === 'number' ? Math.floor(value) : toSeconds(value, name)) * 1000, format);
}

const parts: Record<string, string> = {
  ...{ Y: '(?<Y>\\d{4})', m: '(?<m>\\d{1,2})', d: '(?<d>\\d{1,2})', e: '\\s*(?<d>\\d{1,2})', H: '(?<H>\\d{1,2})' },
  ...{
    M: '(?<M>\\d{1,2})',
    S: '(?<S>\\d{1,2})',
    j: '(?<j>\\d{1,3})',
    Z: '(?<Z>[A-Za-z]+)',
    z: '(?<z>Z|[-+]\\d{2}:?\\d{2})',
  },
  ...{ b: '(?<b>[A-Za-z]+)', B: '(?<b>[A-Za-z]+)', h: '(?<b>[A-Za-z]+)', a: '[A-Za-z]+', A: '[A-Za-z]+' },
  ...{ s: '(?<s>\\d+)', n: '\\s+', t: '\\s+', '%': '%' },
};

function strptime(value: Json, format: Json): Json {
  if (typeof value !== 'string') throw new JqError(`strptime/1 requires string inputs and arguments`);
  if (typeof format !== 'string') throw new JqError(`strptime/1 requires string inputs and arguments`);
  const whole = format.replaceAll('%T', '%H:%M:%S').replaceAll('%F', '%Y-%m-%d').replaceAll('%D', '%m/%d/%y');
  const source = whole.replace(/%([A-Za-z%])|\s+|[\\^$.*+?()[\]{}|/-]/g, (text, letter?: string) => {
    if (letter !== undefined) return parts[letter] ?? '(?!)';
    return /\s/.test(text) ? '\\s*' : `\\${text}`;
  });
  const found = new RegExp(`^${source}$`).exec(value)?.groups;
  if (!found && !new RegExp(`^${source}$`).test(value))
    throw new JqError(`date "${value}" does not match format "${format}"`);
  const of = (letter: string, fallback: number) => Number(found?.[letter] ?? fallback);
  if (found?.s !== undefined) return brokenDown(of('s', 0) * 1000);
  const named = found?.b?.slice(0, 3).toLowerCase();
  const month = named === undefined ? of('m', 1) - 1 : months.findIndex((m) => m.toLowerCase().startsWith(named));
  if (month < 0 || month > 11) throw new JqError(`date "${value}" does not match format "${format}"`);
  return brokenDown(Date.UTC(of('Y', 1900), month, of('d', 1), of('H', 0), of('M', 0), of('S', 0)));
}

const iso = '%Y-%m-%dT%H:%M:%SZ';

export const times: Record<string, ValueFunction> = {
  'now/0': (m) => m.host.now() / 1000,
  'gmtime/0': (_, value) => {
    if (typeof value !== 'number') throw new JqError('gmtime() requires a number');
    return brokenDown(value * 1000);
  },
  'localtime/0': (_, value) => {
    if (typeof value !== 'number') throw new JqError('localtime() requires a number');
    return brokenDown(value * 1000);
  },
  'mktime/0': (_, value) => toSeconds(value, 'mktime'),
  'strftime/1': (_, value, format = null) => strftime(value, format, 'strftime/1'),
  'strflocaltime/1': (_, value, format = null) => strftime(value, format, 'strflocaltime/1'),
  'strptime/1': (_, value, format = null) => strptime(value, format),
  'todate/0': (_, value) => strftime(value, iso, 'strftime/1'),
  'fromdate/0': (_, value) => toSeconds(strptime(value, iso), 'mktime'),
  'date/0': (_, value) => strftime(value, iso, 'strftime/1'),
  'todateiso8601/0': (_, value) => strftime(value, iso, 'strftime/1'),
  'fromdateiso8601/0': (_, value) => toSeconds(strptime(value, iso), 'mktime'),
  'dateadd/2': (_, value, _unit, more = null) => Number(value) + Number(more),
  'datesub/2': (_, value, _unit, less = null) => Number(value) - Number(less),
};
