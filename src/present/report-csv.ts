import { visible } from '../kernel/visible.ts';
import type { AttemptReport } from '../session/report.ts';

const columns = [
  ...['attempt', 'scenario', 'pack', 'packVersion', 'startedAt', 'workedSeconds', 'score', 'max', 'solved', 'hints'],
  ...['check', 'title', 'weight', 'status', 'firstPassSeconds', 'regressions', 'why'],
  // New ones come last: files created earlier can still be joined.
  ...['firstChangeWorkedSeconds', 'firstFixWorkedSeconds', 'detours', 'detourSeconds', 'losses', 'lossKinds'],
];

/** A report as CSV (RFC 4180): a row a check, each with what is of the whole attempt, so that files can be joined. */
export function reportCsv(report: AttemptReport): string {
  const { attempt, scenario, startedAt, worked, score, max, solved, hints } = report;
  const begun = new Date(startedAt).toISOString();
  const whole = [
    attempt,
    scenario.id,
    scenario.pack,
    scenario.packVersion,
    begun,
    seconds(worked),
    score,
    max,
    solved,
    hints.taken + hints.observed,
  ];
  const { times, detours, losses } = report.statistics;
  const statistics = [
    times.change === undefined ? '' : seconds(times.change),
    times.fix === undefined ? '' : seconds(times.fix),
    detours.length,
    seconds(detours.reduce((sum, d) => sum + d.cost, 0)),
    losses.length,
    [...new Set(losses.map((l) => l.kind))].join(' '),
  ];
  const rows = report.checks.map((c) => [
    ...whole,
    ...[c.id, c.title, c.weight, c.status, c.firstPass === undefined ? '' : seconds(c.firstPass), c.regressions],
    c.status === 'pass' ? '' : c.why || c.actual,
    ...statistics,
  ]);
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}

/**
 * A field in quotes where it must be. What a spreadsheet would take for a formula begins with an apostrophe; some take what
 * stands behind blanks, and the wide forms of the signs, too.
 */
function field(value: string | number | boolean): string {
  const shown = visible(String(value));
  const text = typeof value === 'string' && /^\s*[=+\-@|%＝＋－＠]|^\s/.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
