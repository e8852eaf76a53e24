/** Times as Go's time package reads RFC 3339, with its error texts, and as apimachinery's Time and MicroTime write it. */

const layouts = {
  seconds: '2006-01-02T15:04:05Z07:00',
  micro: '2006-01-02T15:04:05.000000Z07:00',
} as const;

/** Go's time.Parse failed; the message is Go's. */
export class TimeError extends Error {}

export interface ParsedTime {
  /** Whole seconds since 1970, may be negative. */
  seconds: number;
  nanos: number;
}

const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads an RFC 3339 time. `micro` is the layout of MicroTime, which demands exactly six digits of fraction.
 * @throws TimeError, as Go words it
 */
export function parseTime(text: string, layout: 'seconds' | 'micro'): ParsedTime {
  const shown = `parsing time ${JSON.stringify(text)}`;
  let rest = text;
  const cannot = (element: string): never => {
    throw new TimeError(`${shown} as "${layouts[layout]}": cannot parse ${JSON.stringify(rest)} as "${element}"`);
  };
  const outOfRange = (what: string): never => {
    throw new TimeError(`${shown}: ${what} out of range`);
  };
  const number = (length: number, element: string): number => {
    if (!new RegExp(`^\\d{${length}}`).test(rest)) cannot(element);
    const value = Number(rest.slice(0, length));
    rest = rest.slice(length);
    return value;
  };
  const separator = (character: string) => {
    if (!rest.startsWith(character)) cannot(character);
    rest = rest.slice(1);
  };
  const year = number(4, '2006');
  separator('-');
  const month = number(2, '01');
  if (month < 1 || month > 12) outOfRange('month');
  separator('-');
  const day = number(2, '02');
  separator('T');
  // The hour may have one digit ("15" is lenient in Go), the others may not.
  const hourLength = /^\d\d/.test(rest) ? 2 : 1;
  const hour = number(hourLength, '15');
  if (hour > 23) outOfRange('hour');
  separator(':');
  const minute = number(2, '04');
  if (minute > 59) outOfRange('minute');
  separator(':');
  const second = number(2, '05');
  if (second > 59) outOfRange('second');
  let nanos = 0;
  const fraction = layout === 'micro' ? /^[.,](\d{6})/.exec(rest) : /^[.,](\d+)/.exec(rest);
  if (fraction) {
    nanos = Number((fraction[1] ?? '').slice(0, 9).padEnd(9, '0'));
    rest = rest.slice(fraction[0].length);
  } else if (layout === 'micro') cannot('.000000');
  let offset = 0;
  if (rest.startsWith('Z')) rest = rest.slice(1);
  else {
    const zone = /^([+-])(\d\d):(\d\d)/.exec(rest);
    if (!zone) return cannot('Z07:00');
    const [all, sign, hours, minutes] = zone;
    if (Number(hours) > 24) outOfRange('time zone offset hour');
    if (Number(minutes) > 60) outOfRange('time zone offset minute');
    offset = (Number(hours) * 3600 + Number(minutes) * 60) * (sign === '-' ? -1 : 1);
    rest = rest.slice(all.length);
  }
  if (rest !== '') throw new TimeError(`${shown}: extra text: ${JSON.stringify(rest)}`);
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day < 1 || day > (daysInMonth[month - 1] ?? 31) + (leap ? 1 : 0)) outOfRange('day');
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, 0);
  return { seconds: date.getTime() / 1000 - offset, nanos };
}

/** RFC 3339 in UTC, whole seconds: `2026-01-01T00:00:00Z`. */
export function formatSeconds(time: ParsedTime): string {
  return new Date(time.seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** RFC 3339 in UTC with six digits: `2026-01-01T00:00:00.000000Z`. */
export function formatMicros(time: ParsedTime): string {
  const micros = String(Math.floor(time.nanos / 1000)).padStart(6, '0');
  return formatSeconds(time).replace('Z', `.${micros}Z`);
}
