import type { CronSchedule } from '../../../kube/cron.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** robfig/cron gives up after five years. */
const searchMs = 5 * 366 * dayMs;

interface LocalTime {
  minute: number;
  hour: number;
  date: number;
  month: number;
  weekday: number;
}

/**
 * The first moment after `after` (both ms since 1970) at which `schedule` is due on the clocks of `zone` (an IANA name,
 * default UTC), as robfig/cron finds it: hours that a zone skips are skipped. Undefined: there is none.
 */
export function nextRun(schedule: CronSchedule, after: number, zone?: string): number | undefined {
  // Delays are counted from whole seconds.
  if (schedule.kind === 'every') return (Math.floor(after / 1000) + schedule.seconds) * 1000;
  const local = clockOf(zone);
  const { minute, hour, month } = schedule;
  let at = (Math.floor(after / minuteMs) + 1) * minuteMs;
  while (at - after < searchMs) {
    const now = local(at);
    if (!month.values.has(now.month)) at = dayStart(at + (27 - Math.min(now.date, 27)) * dayMs, local);
    else if (!isDay(schedule, now)) at = dayStart(at, local);
    else if (!hour.values.has(now.hour)) at += (60 - now.minute) * minuteMs;
    else if (!minute.values.has(now.minute)) at += minuteMs;
    else return at;
  }
  return undefined;
}

/** Where day of month and day of week are both given, either will do. */
function isDay({ dayOfMonth, dayOfWeek }: CronSchedule & { kind: 'fields' }, { date, weekday }: LocalTime): boolean {
  const [byMonth, byWeek] = [dayOfMonth.values.has(date), dayOfWeek.values.has(weekday)];
  return dayOfMonth.star || dayOfWeek.star ? byMonth && byWeek : byMonth || byWeek;
}

/** The start of the local day after the one of `at`. */
function dayStart(at: number, local: (ms: number) => LocalTime): number {
  const today = local(at);
  const next = at + dayMs - minutesOf(today) * minuteMs;
  const there = local(next);
  if (minutesOf(there) === 0) return next;
  // The clocks were changed on that day: it had 23 or 25 hours, or begins at one o'clock.
  if (there.date === today.date) return next + (24 * 60 - minutesOf(there)) * minuteMs;
  const earlier = next - minutesOf(there) * minuteMs;
  return local(earlier).date === today.date ? next : earlier;
}

function minutesOf({ hour, minute }: LocalTime): number {
  return hour * 60 + minute;
}

function clockOf(zone: string | undefined): (ms: number) => LocalTime {
  if (zone === undefined || zone === 'UTC') {
    return (ms) => {
      const date = new Date(ms);
      return {
        minute: date.getUTCMinutes(),
        hour: date.getUTCHours(),
        date: date.getUTCDate(),
        month: date.getUTCMonth() + 1,
        weekday: date.getUTCDay(),
      };
    };
  }
  return (ms) => {
    const shifted = new Date(ms + offsetOf(ms, zone) * minuteMs);
    return clockOf(undefined)(shifted.getTime());
  };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Minutes that the clocks of `zone` are ahead of UTC. Throws a RangeError for an unknown zone. */
export function offsetOf(ms: number, zone: string): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = '0', minutes = '0'] = /^GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  const offset = Number(hours) * 60 + Number(minutes);
  return sign === '-' ? -offset : offset;
}

/** RFC 3339 on the clocks of `zone` (default UTC). */
export function zonedTimestamp(ms: number, zone?: string): string {
  const offset = zone === undefined ? 0 : offsetOf(ms, zone);
  const local = new Date(ms + offset * minuteMs).toISOString().slice(0, 19);
  if (offset === 0) return `${local}Z`;
  const two = (n: number) => String(n).padStart(2, '0');
  const size = Math.abs(offset);
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
