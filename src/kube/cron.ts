/** Cron schedules of five fields as CronJobs have them (robfig/cron's standard parser, with its error texts). */
import { ownValue } from '../kernel/own.ts';

/** A schedule that cannot be read; `message` is what the API server says of it. */
export class CronError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CronError';
  }
}

/** The values of one field that match; `star`: written as `*` or `?`, which matters for days. */
export interface CronField {
  values: ReadonlySet<number>;
  star: boolean;
}

export type CronSchedule =
  | {
      kind: 'fields';
      minute: CronField;
      hour: CronField;
      dayOfMonth: CronField;
      month: CronField;
      dayOfWeek: CronField;
    }
  /** `@every 90s`: rounded to whole seconds, at least one. */
  | { kind: 'every'; seconds: number };

interface Bounds {
  min: number;
  max: number;
  names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const bounds = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: months },
  dayOfWeek: { min: 0, max: 6, names: days },
} satisfies Record<string, Bounds>;

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new CronError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  const number = Number(text);
  if (number < 0) throw new CronError(`negative number (${number}) not allowed: ${text}`);
  return number;
}

function parseNumberOrName(text: string, { min, names }: Bounds): number {
  const at = names?.indexOf(text.toLowerCase()) ?? -1;
  return at >= 0 ? at + min : parseNumber(text);
}

/** One part between commas: `*`, `5`, `1-5`, any of them with `/step`. */
function addRange(text: string, range: Bounds, values: Set<number>): boolean {
  const [span = '', step, ...moreSteps] = text.split('/');
  const [low = '', high, ...moreHyphens] = span.split('-');
  let star = low === '*' || low === '?';
  let start = range.min;
  let end = range.max;
  if (!star) {
    start = parseNumberOrName(low, range);
    if (moreHyphens.length > 0) throw new CronError(`too many hyphens: ${text}`);
    end = high === undefined ? start : parseNumberOrName(high, range);
  }
  let by = 1;
  if (moreSteps.length > 0) throw new CronError(`too many slashes: ${text}`);
  if (step !== undefined) {
    by = parseNumber(step);
    if (!star && high === undefined) end = range.max;
    if (by > 1) star = false;
  }
  if (start < range.min) {
    throw new CronError(`beginning of range (${start}) below minimum (${range.min}): ${text}`);
  }
  if (end > range.max) throw new CronError(`end of range (${end}) above maximum (${range.max}): ${text}`);
  if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (by === 0) throw new CronError(`step of range should be a positive number: ${text}`);
  for (let value = start; value <= end; value += by) values.add(value);
  return star;
}

function parseField(text: string, range: Bounds): CronField {
  const values = new Set<number>();
  let star = false;
  for (const part of text.split(',').filter((p) => p !== '')) star = addRange(part, range, values) || star;
  return { values, star };
}

const durationUnits: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

function parseEvery(text: string, whole: string): CronSchedule {
  if (!/^([0-9.]+(ns|us|µs|ms|s|m|h))+$/.test(text)) {
    throw new CronError(`failed to parse duration ${whole}: time: invalid duration ${JSON.stringify(text)}`);
  }
  let seconds = 0;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/([0-9.]+)(ns|us|µs|ms|s|m|h)/g)) {
    seconds += Number(amount) * (durationUnits[unit] ?? 1);
  }
  return { kind: 'every', seconds: Math.max(1, Math.floor(seconds)) };
}

/**
 * Reads `minute hour day-of-month month day-of-week`, `@hourly` and the like, or `@every <duration>`.
 * @throws CronError
 */
export function parseCron(text: string): CronSchedule {
  if (text === '') throw new CronError('empty spec string');
  if (text.startsWith('@')) {
    const standard = ownValue(descriptors, text);
    if (standard !== undefined) return parseCron(standard);
    if (text.startsWith('@every ')) return parseEvery(text.slice('@every '.length), text);
    throw new CronError(`unrecognized descriptor: ${text}`);
  }
  const parts = text.split(/\s+/).filter((part) => part !== '');
  if (parts.length !== 5) throw new CronError(`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = parts;
  return {
    kind: 'fields',
    minute: parseField(minute, bounds.minute),
    hour: parseField(hour, bounds.hour),
    dayOfMonth: parseField(dayOfMonth, bounds.dayOfMonth),
    month: parseField(month, bounds.month),
    dayOfWeek: parseField(dayOfWeek, bounds.dayOfWeek),
  };
}
