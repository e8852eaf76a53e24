import type { RowGroup, ScenarioListRow } from '../session/scenario-rows.ts';
import { clockText } from './text.ts';
import { printableLine } from './width.ts';

/** Cells of a domain's bar. */
const barWidth = 20;

/** `████░░░░`: a share of so many cells. Full only if nothing is missing, empty only if there is nothing. */
export function shareBar({ solved, scenarios }: RowGroup['done'], width = barWidth): string {
  const cells = (solved / scenarios) * width;
  const full = solved === 0 ? 0 : Math.max(1, Math.floor(cells));
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** `25 %` */
export function shareText({ solved, scenarios }: RowGroup['done']): string {
  return `${Math.floor((solved / scenarios) * 100)} %`;
}

/** `CKA  storage  10 %`: the heading of a group. */
export function groupTitle({ exam, title, weight }: Pick<RowGroup, 'exam' | 'title' | 'weight'>): string {
  return [
    ...(exam ? [exam.toUpperCase()] : []),
    printableLine(title),
    ...(weight === undefined ? [] : [`${weight} %`]),
  ].join('  ');
}

/** The mark of what was achieved at a scenario: solved, tried, or nothing; `↻` where it is due again. */
export function progressMark({ progress, isDue }: Pick<ScenarioListRow, 'progress' | 'isDue'>): string {
  if (!progress) return '';
  return `${progress.solved ? '✔' : '…'}${isDue ? ' ↻' : ''}`;
}

/** `✔ 100 of 100, 06:12`: the best of a scenario. */
export function bestText(row: Pick<ScenarioListRow, 'progress' | 'isDue'>): string {
  const { best, bestTime } = row.progress ?? {};
  const texts = [
    ...(best ? [`${best.score} of ${best.max}`] : []),
    ...(bestTime === undefined ? [] : [clockText(bestTime)]),
  ];
  return [progressMark(row), texts.join(', ')].filter(Boolean).join(' ');
}

/** `2026-03-04`, in the time zone of whoever reads it. */
export function dayText(time: number): string {
  const date = new Date(time);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
