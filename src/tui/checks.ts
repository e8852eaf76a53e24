import type { Verdict } from '../grading/types.ts';
import { wrapText } from '../present/markdown.ts';
import { isWaitingGuard, markOf, type Paint, verdictDetails, waitingGuardText } from '../present/text.ts';
import { cut, fitTo, printableLine } from '../present/width.ts';
import type { Theme } from './theme.ts';

/** The checks as lines, and where in them the chosen one begins. */
export interface CheckLines {
  lines: string[];
  /** Index of the chosen check's first line, and of the line after its last. */
  from: number;
  to: number;
}

/** What is worth telling first. */
const urgency: Record<Verdict['status'], number> = { fail: 0, error: 1, pending: 2, pass: 3 };

/**
 * The checks with their verdicts: a line each, and below those that don't pass what was expected, what is, and why, as
 * far as `height` allows. Each first gets the cause in one line, then, the chosen one and the failing ones first, all of
 * it; so what fails is seen at once however small the pane is.
 */
export function checkLines(
  verdicts: readonly Verdict[],
  options: {
    width: number;
    height: number;
    /** The check that the keyboard is at. */
    chosen?: string;
    /** Checks that passed before. */
    passedBefore: readonly string[];
    paint: Paint;
    theme: Theme;
  },
): CheckLines {
  const { width, height, chosen, passedBefore, paint, theme } = options;
  const open = new Map<string, string[]>();
  let room = height - verdicts.length;
  const order = verdicts
    .filter((v) => v.status !== 'pass')
    .sort((a, b) => Number(b.id === chosen) - Number(a.id === chosen) || urgency[a.status] - urgency[b.status]);
  for (const details of [shortDetail, fullDetails]) {
    for (const verdict of order) {
      const lines = details(verdict, width, theme);
      const more = lines.length - (open.get(verdict.id)?.length ?? 0);
      // The chosen one is shown whole, even if others must be scrolled to.
      if (more > room && verdict.id !== chosen) continue;
      open.set(verdict.id, lines);
      room -= more;
    }
  }
  for (const verdict of verdicts.filter((v) => isWaitingGuard(v, verdicts)).slice(0, Math.max(0, room))) {
    open.set(verdict.id, [`  ${theme('muted', cut(waitingGuardText, width - 2))}`]);
  }
  const lines: string[] = [];
  let [from, to] = [0, 0];
  for (const verdict of verdicts) {
    const isChosen = verdict.id === chosen;
    if (isChosen) from = lines.length;
    const again = verdict.status === 'fail' && passedBefore.includes(verdict.id);
    lines.push(headLine(verdict, again, isChosen, width, paint, theme), ...(open.get(verdict.id) ?? []));
    if (isChosen) to = lines.length;
  }
  return { lines, from, to };
}

function headLine(
  verdict: Verdict,
  again: boolean,
  chosen: boolean,
  width: number,
  paint: Paint,
  theme: Theme,
): string {
  const { symbol, style } = markOf(verdict.status);
  const weight = String(verdict.weight).padStart(3);
  const note = again ? ' passed before' : '';
  const title = fitTo(printableLine(verdict.title), Math.max(1, width - 2 - note.length - weight.length - 1));
  return `${paint(style, symbol)} ${chosen ? theme('chosen', title) : title}${theme('warn', note)} ${theme('muted', weight)}`;
}

/** One line: why, or else what is. */
function shortDetail(verdict: Verdict, width: number): string[] {
  const details = verdictDetails(verdict);
  return details.slice(-1).map(({ text }) => `  ${cut(text.replaceAll('\n', ' '), width - 2)}`);
}

function fullDetails(verdict: Verdict, width: number, theme: Theme): string[] {
  return verdictDetails(verdict).flatMap(({ label, text }) =>
    wrapText(text, width - 11).map(
      (line, index) => `  ${theme('muted', (index === 0 ? label : '').padEnd(8))} ${line}`,
    ),
  );
}
