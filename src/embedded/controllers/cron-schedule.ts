/** Cron expressions as robfig/cron reads them: five fields, names, `@daily` and `@every 5m`, in a time zone. */

export interface Schedule {
  /** The first moment (ms since 1970) after `after`; undefined: none within five years. */
  next(after: number): number | undefined;
}

/** The text of what is wrong with a schedule. */
export class ScheduleError extends Error {}

interface Field {
  min: number;
  max: number;
  names?: Readonly<Record<string, number>>;
}

const months = numbered('jan feb mar apr may jun jul aug sep oct nov dec', 1);
const weekdays = numbered('sun mon tue wed thu fri sat', 0);
const fields: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: weekdays },
];

const aliases: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const minute = 60_000;
const day = 86_400_000;
const searchLimit = 5 * 366 * day;

/** Throws a ScheduleError for a text that is not a schedule, a RangeError for an unknown time zone. */
export function parseSchedule(text: string, timeZone = 'UTC'): Schedule {
  const zoned = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(text.trim());
  const zone = zoned?.[1] ?? timeZone;
  const expression = zoned?.[2] ?? text.trim();
  const every = /^@every (.+)$/.exec(expression);
  if (every) return everySchedule(duration(every[1] ?? ''));
  const parts = (aliases[expression] ?? expression).split(/\s+/);
  if (parts.length !== fields.length) {
    throw new ScheduleError(`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`);
  }
  const sets = parts.map((part, i) => parseField(part, fields[i] ?? { min: 0, max: 0 }));
  // With a step other than 1 a star is a restriction.
  const stars = parts.map((part) => part.split(',').some((range) => /^[*?](\/1)?$/.test(range)));
  return cronSchedule(sets, stars[2] === true, stars[4] === true, localTime(zone));
}

function everySchedule(ms: number): Schedule {
  // Delays are whole seconds, at least one.
  const step = Math.max(1000, Math.floor(ms / 1000) * 1000);
  return { next: (after) => Math.floor(after / 1000) * 1000 + step };
}

function cronSchedule(sets: Set<number>[], anyDay: boolean, anyWeekday: boolean, local: LocalTime): Schedule {
  const has = (i: number, value: number) => sets[i]?.has(value) === true;
  const dayMatches = ({ month, date, weekday }: Local) => {
    if (!has(3, month)) return false;
    // Where both are restricted, either is enough.
    return anyDay || anyWeekday ? has(2, date) && has(4, weekday) : has(2, date) || has(4, weekday);
  };
  return {
    next(after) {
      let at = Math.floor(after / minute) * minute + minute;
      while (at - after < searchLimit) {
        const now = local(at);
        if (!dayMatches(now)) at = nextLocal(at, now, 1440 - now.hour * 60 - now.minute, local);
        else if (!has(1, now.hour)) at += (60 - now.minute) * minute;
        else if (!has(0, now.minute)) at += minute;
        else return at;
      }
      return undefined;
    },
  };
}

/** The start of the next local day; steps by hours where the clock is changed in between. */
function nextLocal(at: number, now: Local, minutes: number, local: LocalTime): number {
  const jump = at + minutes * minute;
  const there = local(jump);
  if (there.hour === 0 && there.minute === 0) return jump;
  return there.date === now.date
    ? jump + (60 - there.minute) * minute
    : jump - (there.hour * 60 + there.minute) * minute;
}

interface Local {
  minute: number;
  hour: number;
  date: number;
  month: number;
  weekday: number;
}
type LocalTime = (ms: number) => Local;

function localTime(zone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone === 'Local' ? 'UTC' : zone,
    hourCycle: 'h23',
    minute: 'numeric',
    hour: 'numeric',
    day: 'numeric',
    month: 'numeric',
    weekday: 'short',
  });
  return (ms) => {
    const part = Object.fromEntries(format.formatToParts(ms).map((p) => [p.type, p.value]));
    return {
      minute: Number(part.minute),
      hour: Number(part.hour),
      date: Number(part.day),
      month: Number(part.month),
      weekday: weekdays[part.weekday?.toLowerCase() ?? ''] ?? 0,
    };
  };
}

/** `1-5/2,mon`: lists of ranges with steps. */
function parseField(text: string, field: Field): Set<number> {
  const result = new Set<number>();
  for (const range of text.split(',')) {
    const [span = '', stepText, ...more] = range.split('/');
    if (more.length > 0) throw new ScheduleError(`too many slashes: ${range}`);
    const bounds = span.split('-');
    if (bounds.length > 2) throw new ScheduleError(`too many hyphens: ${range}`);
    const any = span === '*' || span === '?';
    const first = any ? field.min : value(bounds[0] ?? '', field);
    const last = any
      ? field.max
      : bounds.length === 2
        ? value(bounds[1] ?? '', field)
        : stepText !== undefined
          ? field.max
          : first;
    const step = stepText === undefined ? 1 : number(stepText);
    if (first < field.min)
      throw new ScheduleError(`beginning of range (${first}) below minimum (${field.min}): ${range}`);
    if (last > field.max) throw new ScheduleError(`end of range (${last}) above maximum (${field.max}): ${range}`);
    if (first > last) throw new ScheduleError(`beginning of range (${first}) beyond end of range (${last}): ${range}`);
    if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${range}`);
    for (let i = first; i <= last; i += step) result.add(i);
  }
  return result;
}

function value(text: string, field: Field): number {
  return field.names?.[text.toLowerCase()] ?? number(text);
}

function number(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw new ScheduleError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}

const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 0.001, ns: 0.000_001 };

function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|ns)/g)];
  if (parts.length === 0 || parts.map((p) => p[0]).join('') !== text) {
    throw new ScheduleError(`failed to parse duration @every ${text}: time: invalid duration ${JSON.stringify(text)}`);
  }
  return parts.reduce((sum, [, count = '0', unit = 's']) => sum + Number(count) * (units[unit] ?? 0), 0);
}

function numbered(names: string, first: number): Record<string, number> {
  return Object.fromEntries(names.split(' ').map((name, i) => [name, i + first]));
}
