import { styleText } from 'node:util';
import { areGuardsEarning, type Verdict } from '../grading/types.ts';
import { levelTexts } from '../session/coach-level.ts';
import type { AttemptReport } from '../session/report.ts';
import type { ThemeName } from '../session/settings.ts';
import type { AttemptState, CheckView } from '../session/types.ts';
import { foldCommand, placedInPane } from './fold.ts';
import { type Style, styleIn } from './palette.ts';
import { printable, printableLine, widthOf } from './width.ts';

/** Paints text if the stream shows colours (NO_COLOR and FORCE_COLOR are heeded). */
export type Paint = (style: Style, text: string) => string;

export function paintFor(stream: NodeJS.WriteStream, theme: ThemeName = 'auto'): Paint {
  return (style, text) => styleText(styleIn(theme, style), printable(text), { stream });
}

const marks: Record<Verdict['status'], { symbol: string; style: Style; word: string }> = {
  pass: { symbol: '✔', style: 'green', word: 'pass' },
  fail: { symbol: '✘', style: 'red', word: 'fail' },
  pending: { symbol: '…', style: 'yellow', word: 'pending' },
  error: { symbol: '!', style: 'magenta', word: 'error' },
};

/** The symbol and the colour of a verdict; the symbol alone tells them apart. */
export function markOf(status: Verdict['status']) {
  return marks[status];
}

/** `6:12`, `1:02:03` from milliseconds. */
export function clockText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

/** `idle since 12:03`: why the clock of an attempt stands. */
export function standingText({ why, since }: NonNullable<AttemptState['standing']>): string {
  const at = new Date(since).toTimeString().slice(0, 5);
  return why === 'left' ? `left at ${at}` : `${why} since ${at}`;
}

/** What a verdict says, by label, in the order to read it; empty where it passes, or nothing was asked for. */
export function verdictDetails({ status, expected, actual, why }: Verdict): { label: string; text: string }[] {
  if (status === 'pass') return [];
  const details = [
    { label: 'expected', text: expected },
    { label: 'actual', text: actual },
    { label: 'why', text: why === actual ? '' : why },
  ];
  return details.flatMap(({ label, text }) => (text ? [{ label, text: printable(text) }] : []));
}

/** Whether a guard's points are still to come: it holds from the start, and counts with the first other check that passes. */
export function isWaitingGuard(verdict: Verdict, all: readonly Verdict[]): boolean {
  return verdict.guard && verdict.status === 'pass' && !areGuardsEarning(all);
}

/** What is said of such a guard. */
export const waitingGuardText = 'counts with your first other point';

/** One verdict: the line, and for what is not passed what was expected, what is, and why. */
export function verdictLines(verdict: Verdict, paint: Paint): string[] {
  const { symbol, style } = marks[verdict.status];
  const head = `${paint(style, symbol)} ${printableLine(verdict.title)}  ${paint('dim', `${verdict.weight}`)}`;
  return [head, ...verdictDetails(verdict).map(({ label, text }) => `    ${label.padEnd(8)}  ${text}`)];
}

/** `2 of 3 and 1 on what was there, for 12 points`: the hints of a report. */
export function hintsText({ taken, total, observed, paid }: AttemptReport['hints']): string {
  return `${taken} of ${total}${observed > 0 ? ` and ${observed} on what was there` : ''}, for ${paid} points`;
}

/** What a hint costs. */
export function priceText(price: number): string {
  return price === 0 ? 'free' : `-${price} points`;
}

/** Points that hints and the coach took. */
export function helpPaid({ hints, coach }: Pick<AttemptState, 'hints' | 'coach'>): number {
  return hints.paid + coach.paid;
}

/** `1 point`, `3 points` */
export function pointsText(count: number): string {
  return count === 1 ? '1 point' : `${count} points`;
}

/** `40 of 100`, with what help took away. */
export function scoreText(state: Pick<AttemptState, 'score' | 'max' | 'hints' | 'coach'>): string {
  const paid = helpPaid(state);
  return `${state.score} of ${state.max}${paid > 0 ? ` (help cost ${paid})` : ''}`;
}

/** `level 2, for 3 points`: the coach of a report. */
export function coachText({ base, used, paid }: AttemptReport['coach']): string {
  const from = base === used ? '' : ` (it began at ${base})`;
  return `level ${used}${from}${paid > 0 ? `, for ${paid} points` : ''}`;
}

/** What is left to ask about a check; empty where there is nothing. */
export function nextStepText({ level, next }: CheckView): string {
  if (!next) return '';
  const what = next.level === level ? 'the next step of the evidence' : levelTexts[next.level];
  return `${what} (${priceText(next.price)})`;
}

/** The checks of an attempt and its score, for a terminal. */
export function checksText(state: AttemptState, paint: Paint): string {
  const lines = state.verdicts.flatMap((verdict) => [
    ...verdictLines(verdict, paint),
    ...(isWaitingGuard(verdict, state.verdicts) ? [`    ${paint('dim', waitingGuardText)}`] : []),
  ]);
  const end = state.solved ? paint(['green', 'bold'], `solved: ${scoreText(state)}`) : scoreText(state);
  return [...lines, '', end].join('\n');
}

const evidenceLabels = {
  log: 'log',
  object: 'object',
  review: 'review',
  rule: 'rule',
  missing: 'cause',
  command: 'look',
} as const;

/** The chain of evidence behind a verdict; commands that are wider than `width` columns go on behind a backslash. */
export function explainText(verdict: Verdict, paint: Paint, width = Number.POSITIVE_INFINITY): string {
  const chain = verdict.evidence.flatMap(({ kind, text }) => {
    const label = `  ${evidenceLabels[kind].padEnd(7)} `;
    const safe = printable(text);
    if (kind !== 'command') return [label + safe];
    const hanging = ' '.repeat(label.length);
    return foldCommand(safe, width - label.length).flatMap((line, n) =>
      placedInPane(n === 0 ? label : hanging, paint('cyan', line), width),
    );
  });
  return [...verdictLines(verdict, paint), ...(chain.length > 0 ? ['', ...chain] : [])].join('\n');
}

/**
 * Columns padded to the widest cell, two spaces between them; the first row is the heading. `painted`: columns whose cells
 * have styles in them, and nothing that comes from elsewhere.
 */
export function tableText(table: readonly (readonly string[])[], painted: readonly number[] = []): string {
  const rows = table.map((row) => row.map((cell, column) => (painted.includes(column) ? cell : printableLine(cell))));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
