import type { FileStat } from '../kernel/vfs.ts';

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const two = (n: number) => String(n).padStart(2, '0');

/** `drwxr-xr-x` */
export function modeString(stat: Pick<FileStat, 'kind' | 'mode'> & { node?: FileStat['node'] }): string {
  const { kind, mode, node } = stat;
  const magicLink = node?.kind === 'device' && node.linkText !== undefined;
  const type = kind === 'dir' ? 'd' : kind === 'link' || magicLink ? 'l' : kind === 'device' ? 'c' : '-';
  let text = type;
  for (const shift of [6, 3, 0]) {
    const bits = mode >> shift;
    const special = shift === 6 ? mode & 0o4000 : shift === 3 ? mode & 0o2000 : mode & 0o1000;
    const letter = shift === 0 ? 't' : 's';
    const execute = special ? (bits & 1 ? letter : letter.toUpperCase()) : bits & 1 ? 'x' : '-';
    text += (bits & 4 ? 'r' : '-') + (bits & 2 ? 'w' : '-') + execute;
  }
  return text;
}

/** `4.0K`, `12M` */
export function humanSize(bytes: number, decimals = 1): string {
  if (bytes < 1024) return String(bytes);
  let value = bytes;
  for (const unit of ['K', 'M', 'G', 'T']) {
    value /= 1024;
    if (value < 1024)
      return `${value < 10 || decimals === 0 ? value.toFixed(1) : decimals > 0 && value < 1000 ? value.toFixed(1) : Math.ceil(value)}${unit}`;
  }
  return `${value.toFixed(1)}P`;
}

/** The time column of `ls -l` in UTC: with the year where it is long ago. */
export function listTime(ms: number, now: number, full = false): string {
  const d = new Date(ms);
  if (full) return `${d.toISOString().slice(0, 10)} ${d.toISOString().slice(11, 23)}000000 +0000`;
  const day = String(d.getUTCDate()).padStart(2);
  const recent = Math.abs(now - ms) < 182 * 86_400_000;
  const last = recent ? `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}` : ` ${d.getUTCFullYear()}`;
  return `${months[d.getUTCMonth()]} ${day} ${last}`;
}
