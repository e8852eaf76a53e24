import { UsageError } from './program.ts';

const who: Record<string, number> = { u: 0o4700, g: 0o2070, o: 0o1007 };
const bits: Record<string, number> = { r: 0o444, w: 0o222, x: 0o111 };

/** The mode that `755`, `u+x,go-w` or `a=r` makes of another. Throws UsageError. */
export function parseMode(text: string, current: number, folder: boolean): number {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  let mode = current;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwxXst]*|[ugo])$/.exec(clause);
    if (!match) throw new UsageError(`invalid mode '${text}'`);
    const [, users = '', op = '', rights = ''] = match;
    const mask = users === '' || users.includes('a') ? 0o7777 : [...users].reduce((m, u) => m | (who[u] ?? 0), 0);
    let value = 0;
    if (/^[ugo]$/.test(rights)) {
      const from = (mode >> (rights === 'u' ? 6 : rights === 'g' ? 3 : 0)) & 7;
      value = (from << 6) | (from << 3) | from;
    } else {
      for (const r of rights) {
        if (r === 'X') value |= folder || mode & 0o111 ? 0o111 : 0;
        else if (r === 's') value |= 0o6000;
        else if (r === 't') value |= 0o1000;
        else value |= bits[r] ?? 0;
      }
    }
    value &= mask;
    if (op === '+') mode |= value;
    else if (op === '-') mode &= ~value;
    else mode = (mode & ~(mask & 0o777)) | value;
  }
  return mode;
}
