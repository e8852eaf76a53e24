import type { Process } from '../../kernel/process.ts';
import { formatDate } from '../../lib/format-date.ts';
import { imageVersion } from '../../lib/versions.ts';

/** A line of the server's log, as JSON from 4.4 on and as text before. */
export interface LogLine {
  s?: 'I' | 'W' | 'E' | 'F';
  c: 'ACCESS' | 'CONTROL' | 'NETWORK' | 'STORAGE';
  id: number;
  ctx: string;
  msg: string;
  attr?: Record<string, unknown>;
  tags?: string[];
}

/** Whether an image's release is at least `major.minor`. */
export function isFrom(p: Process, major: number, minor = 0): boolean {
  const [ownMajor = 0, ownMinor = 0] = imageVersion(p).split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

export function log(p: Process, { s = 'I', c, id, ctx, msg, attr, tags }: LogLine): Promise<void> {
  const now = p.container.clock.now();
  if (!isFrom(p, 4, 4)) {
    const more = attr
      ? ` ${Object.entries(attr)
          .map(([k, v]) => `${k}=${typeof v === 'string' ? v : JSON.stringify(v)}`)
          .join(' ')}`
      : '';
    const date = formatDate(now, '%FT%T.%3N+0000');
    return p.print(1, `${date} ${s} ${c.padEnd(8)} [${ctx}] ${msg}${more}\n`);
  }
  const date = { $date: new Date(now).toISOString().replace('Z', '+00:00') };
  return p.print(1, `${JSON.stringify({ t: date, s, c, id, ctx, msg, attr, tags })}\n`);
}
