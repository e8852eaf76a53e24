import { stripVTControlCharacters, styleText } from 'node:util';
import type { Verdict } from '../grading/types.ts';
import type { AttemptState } from '../session/types.ts';

type Style = Parameters<typeof styleText>[0];

/** Paints text if the stream shows colours (NO_COLOR and FORCE_COLOR are heeded). */
export type Paint = (style: Style, text: string) => string;

export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream });
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

/** One verdict: the line, and for what is not passed what was expected, what is, and why. */
export function verdictLines(verdict: Verdict, paint: Paint): string[] {
  const { symbol, style } = marks[verdict.status];
  const lines = [`${paint(style, symbol)} ${verdict.title}  ${paint('dim', `${verdict.weight}`)}`];
  if (verdict.status === 'pass') return lines;
  lines.push(`    expected  ${verdict.expected}`, `    actual    ${verdict.actual}`);
  if (verdict.why && verdict.why !== verdict.actual) lines.push(`    why       ${verdict.why}`);
  return lines;
}

/** `40 of 100`, with what hints took away. */
export function scoreText(state: Pick<AttemptState, 'score' | 'max' | 'hints'>): string {
  const paid = state.hints.taken.reduce((sum, hint) => sum + hint.price, 0);
  return `${state.score} of ${state.max}${paid > 0 ? ` (hints cost ${paid})` : ''}`;
}

/** The checks of an attempt and its score, for a terminal. */
export function checksText(state: AttemptState, paint: Paint): string {
  const lines = state.verdicts.flatMap((verdict) => verdictLines(verdict, paint));
  const end = state.solved ? paint(['green', 'bold'], `solved: ${scoreText(state)}`) : scoreText(state);
  return [...lines, '', end].join('\n');
}

/** The chain of evidence behind a verdict. */
export function explainText(verdict: Verdict, paint: Paint): string {
  const labels = {
    log: 'log',
    object: 'object',
    review: 'review',
    rule: 'rule',
    missing: 'cause',
    command: 'look',
  } as const;
  const chain = verdict.evidence.map(
    ({ kind, text }) => `  ${labels[kind].padEnd(7)} ${kind === 'command' ? paint('cyan', text) : text}`,
  );
  return [...verdictLines(verdict, paint), ...(chain.length > 0 ? ['', ...chain] : [])].join('\n');
}

/** Columns padded to the widest cell, two spaces between them; the first row is the heading. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const width = (text: string) => stripVTControlCharacters(text).length;
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
