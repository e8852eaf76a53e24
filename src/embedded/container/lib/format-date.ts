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
