import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';

const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const months = 'January February March April May June July August September October November December'.split(' ');
const two = (n: number) => String(n).padStart(2, '0');

const hours12 = (d: Date) => d.getUTCHours() % 12 || 12;

/** What each letter after `%` means, in UTC. */
const formats: Record<string, (d: Date) => string> = {
  Y: (d) => String(d.getUTCFullYear()),
  C: (d) => two(Math.floor(d.getUTCFullYear() / 100)),
  y: (d) => two(d.getUTCFullYear() % 100),
  m: (d) => two(d.getUTCMonth() + 1),
  d: (d) => two(d.getUTCDate()),
  e: (d) => String(d.getUTCDate()).padStart(2),
  H: (d) => two(d.getUTCHours()),
  k: (d) => String(d.getUTCHours()).padStart(2),
  I: (d) => two(hours12(d)),
  l: (d) => String(hours12(d)).padStart(2),
  M: (d) => two(d.getUTCMinutes()),
  S: (d) => two(d.getUTCSeconds()),
  N: (d) => String(d.getUTCMilliseconds()).padStart(3, '0').padEnd(9, '0'),
  s: (d) => String(Math.floor(d.getTime() / 1000)),
  p: (d) => (d.getUTCHours() < 12 ? 'AM' : 'PM'),
  P: (d) => (d.getUTCHours() < 12 ? 'am' : 'pm'),
  a: (d) => (days[d.getUTCDay()] ?? '').slice(0, 3),
  A: (d) => days[d.getUTCDay()] ?? '',
  b: (d) => (months[d.getUTCMonth()] ?? '').slice(0, 3),
  h: (d) => (months[d.getUTCMonth()] ?? '').slice(0, 3),
  B: (d) => months[d.getUTCMonth()] ?? '',
  j: (d) => String(Math.floor((d.getTime() - Date.UTC(d.getUTCFullYear(), 0, 1)) / 86_400_000) + 1).padStart(3, '0'),
  u: (d) => String(d.getUTCDay() || 7),
  w: (d) => String(d.getUTCDay()),
  Z: () => 'UTC',
  z: () => '+0000',
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
  F: (d) => formatDate(d.getTime(), '%Y-%m-%d'),
  D: (d) => formatDate(d.getTime(), '%m/%d/%y'),
  T: (d) => formatDate(d.getTime(), '%H:%M:%S'),
  R: (d) => formatDate(d.getTime(), '%H:%M'),
  r: (d) => formatDate(d.getTime(), '%I:%M:%S %p'),
  c: (d) => formatDate(d.getTime(), '%a %b %e %H:%M:%S %Y'),
  x: (d) => formatDate(d.getTime(), '%m/%d/%y'),
  X: (d) => formatDate(d.getTime(), '%H:%M:%S'),
};

/** strftime in UTC, with GNU's %N. */
export function formatDate(ms: number, format: string): string {
  const d = new Date(ms);
  return format.replace(/%([-_0^#]?)(\d*)([a-zA-Z%])/g, (whole, flag: string, width: string, letter: string) => {
    const value = formats[letter]?.(d);
    if (value === undefined) return whole;
    if (letter === 'N' && width !== '') return value.slice(0, Number(width));
    if (flag === '-') return value.replace(/^[0 ]+(?=.)/, '');
    return flag === '^' ? value.toUpperCase() : value;
  });
}

/** What people give to `date -d`: timestamps, ISO dates, `now`, `yesterday`, `2 hours ago`. */
function parseDate(text: string, now: number): number | undefined {
  const trimmed = text.trim();
  if (/^@\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed.slice(1)) * 1000;
  const words: Record<string, number> = { '': 0, now: 0, today: 0, yesterday: -86_400_000, tomorrow: 86_400_000 };
  if (Object.hasOwn(words, trimmed)) return now + (words[trimmed] ?? 0);
  const relative = /^([-+]?\d+)\s*(second|sec|minute|min|hour|day|week)s?(\s+ago)?$/.exec(trimmed);
  if (relative) {
    const unit =
      { second: 1, sec: 1, minute: 60, min: 60, hour: 3600, day: 86_400, week: 604_800 }[relative[2] ?? ''] ?? 0;
    return now + Number(relative[1]) * unit * 1000 * (relative[3] ? -1 : 1);
  }
  const iso = trimmed.replace(/^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?(?:\.\d+)?)/, '$1T$2').replace(/\s*UTC$/, 'Z');
  const parsed = Date.parse(/Z|[+-]\d\d:?\d\d$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`);
  return Number.isNaN(parsed) ? undefined : parsed;
}

export const date = program('date', async (p) => {
  const options = parseOptions(p, 'd:uIRr:s:D:', {
    date: 'd',
    utc: 'u',
    universal: 'u',
    'iso-8601': 'I::',
    'rfc-email': 'R',
    'rfc-3339': 'rfc-3339:',
    reference: 'r',
    set: 's',
  });
  let ms = p.container.clock.now();
  const given = options.get('d');
  if (given !== undefined) {
    const parsed = parseDate(given, ms);
    if (parsed === undefined) throw new UsageError(`invalid date '${given}'`);
    ms = parsed;
  }
  const reference = options.get('r');
  if (reference !== undefined) ms = p.vfs.stat(p, reference).mtime;
  if (options.has('s')) throw new UsageError("can't set date: Operation not permitted");
  const [operand] = options.operands;
  let format = '%a %b %e %H:%M:%S UTC %Y';
  if (operand?.startsWith('+')) format = operand.slice(1);
  else if (operand !== undefined) throw new UsageError(`invalid date '${operand}'`);
  else if (options.has('R')) format = '%a, %d %b %Y %H:%M:%S +0000';
  else if (options.has('rfc-3339')) format = '%F %T+00:00';
  else if (options.has('I')) format = /^s/.test(options.get('I') ?? '') ? '%FT%T+00:00' : '%F';
  await p.print(1, `${formatDate(ms, format)}\n`);
  return 0;
});
