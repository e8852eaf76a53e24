import { formatDate } from '../lib/format-date.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';

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
