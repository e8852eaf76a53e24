/** Timestamps and durations of CEL: RFC 3339 and Go's durations. */
import { CelError, Duration, Timestamp } from './values.ts';

const second = 1_000_000_000n;
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
};

const noDuration = () => new CelError("type conversion error from 'string' to 'google.protobuf.Duration'");
const noTimestamp = () => new CelError("type conversion error from 'string' to 'google.protobuf.Timestamp'");

/** @throws CelError if it is none: `1h30m`, `-1.5s` */
export function parseDuration(text: string): Duration {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return new Duration(0n);
  let ns = 0n;
  let at = 0;
  const part = /(\d+)?(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
  while (at < rest.length) {
    part.lastIndex = at;
    const [all, whole, fraction, unit = ''] = part.exec(rest) ?? [];
    const factor = units[unit];
    if (all === undefined || factor === undefined || (whole === undefined && !fraction)) break;
    ns += BigInt(whole ?? '0') * factor;
    if (fraction) ns += (BigInt(fraction) * factor) / 10n ** BigInt(fraction.length);
    at += all.length;
  }
  if (rest === '' || at < rest.length || ns >= 1n << 63n) {
    throw noDuration();
  }
  return new Duration(sign === '-' ? -ns : ns);
}

/** As CEL writes it: in seconds. */
export function formatDuration({ ns }: Duration): string {
  const sign = ns < 0n ? '-' : '';
  const positive = ns < 0n ? -ns : ns;
  const fraction = String(positive % second)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${sign}${positive / second}${fraction === '' ? '' : `.${fraction}`}s`;
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/** @throws CelError if it is none */
export function parseTimestamp(text: string): Timestamp {
  const found = rfc3339.exec(text);
  const fraction = found?.[7] ?? '';
  const ms = found ? Date.parse(fraction === '' ? text : text.replace(/\.\d+/, '')) : Number.NaN;
  if (Number.isNaN(ms)) throw noTimestamp();
  return new Timestamp(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9) || '0'));
}

export function formatTimestamp({ ns }: Timestamp): string {
  const fraction = String(((ns % second) + second) % second)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const whole = (ns - (((ns % second) + second) % second)) / 1_000_000n;
  const text = new Date(Number(whole)).toISOString().slice(0, 19);
  return `${text}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** Milliseconds since 1970 as the clock of a zone would show them. */
function local({ ns }: Timestamp, zone: string): Date {
  const ms = Number((ns - (((ns % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n);
  if (zone === 'UTC' || zone === '') return new Date(ms);
  const [, sign, hours, minutes] = /^([+-]?)(\d\d):(\d\d)$/.exec(zone) ?? [];
  if (hours !== undefined) {
    const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
    return new Date(ms + (sign === '-' ? -offset : offset));
  }
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
    }).formatToParts(ms);
    const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
    return new Date(
      Date.UTC(
        of('year'),
        of('month') - 1,
        of('day'),
        of('hour'),
        of('minute'),
        of('second'),
        ((ms % 1000) + 1000) % 1000,
      ),
    );
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000);
}

type Part = (value: Timestamp, zone: string) => bigint;
const of =
  (read: (date: Date) => number): Part =>
  (value, zone) =>
    BigInt(read(local(value, zone)));

export const timePart = {
  seconds: ({ ns }: Timestamp) => (ns - (((ns % second) + second) % second)) / second,
  parts: {
    getFullYear: of((date) => date.getUTCFullYear()),
    getMonth: of((date) => date.getUTCMonth()),
    getDayOfYear: of(dayOfYear),
    getDayOfMonth: of((date) => date.getUTCDate() - 1),
    getDate: of((date) => date.getUTCDate()),
    getDayOfWeek: of((date) => date.getUTCDay()),
    getHours: of((date) => date.getUTCHours()),
    getMinutes: of((date) => date.getUTCMinutes()),
    getSeconds: of((date) => date.getUTCSeconds()),
    getMilliseconds: of((date) => date.getUTCMilliseconds()),
  } as Readonly<Record<string, Part>>,
};
