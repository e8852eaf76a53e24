import type { Activity } from '../grading/types.ts';
import type { ErrorText } from '../kernel/errors.ts';
import { markdownText, scriptLines, wrapText } from '../present/markdown.ts';
import { clockText, explainText, helpPaid, nextStepText, type Paint, pointsText, priceText } from '../present/text.ts';
import { cut, fitTo, printable, printableLine, widthOf } from '../present/width.ts';
import { levelTexts } from '../session/coach-level.ts';
import type { AttemptState, CheckView } from '../session/types.ts';
import { helpRows, keyOf } from './keys.ts';
import type { AppState, Overlay, Question } from './state.ts';
import type { Theme } from './theme.ts';

/** What the panes hold, as lines of at most `width` columns; pure, so that it is tested without a terminal. */

/** The task, and below it the hints that were taken. */
export function taskLines(lab: AttemptState, width: number, paint: Paint, theme: Theme): string[] {
  const lines = markdownText(lab.task.trim(), width, paint, { wide: 'fold' }).split('\n');
  const titles = hintTitles(lab.hints);
  for (const [index, { text, price }] of lab.hints.taken.entries()) {
    lines.push('', theme('hint', titles[index] ?? '') + theme('muted', `  ${priceText(price)}`));
    lines.push(...markdownText(text.trim(), width, paint, { wide: 'fold' }).split('\n'));
  }
  return lines.flatMap((line) => hang(line, width));
}

/** Whether a chain of evidence is about the verdict as it is now. */
export function isOf(traced: CheckView, { status, why, level }: CheckView): boolean {
  return traced.status === status && traced.why === why && traced.level === level;
}

/** What stands above each hint that was taken: those in turn are counted, the others are about what was there. */
function hintTitles({ taken, total }: AttemptState['hints']): string[] {
  let turn = 0;
  return taken.map(({ observed }) => (observed ? 'Hint on what was there' : `Hint ${++turn} of ${total}`));
}

/** What set-up has done and does. */
export function setUpLines(state: AppState, width: number, theme: Theme): string[] {
  const { lab, steps } = state;
  if (lab?.phase === 'resetting') return [theme('warn', '… putting the cluster back as it was at the start')];
  const current = steps.at(-1) ?? (lab ? 'making the cluster' : 'starting');
  const done = steps.length > 0 ? ['cluster', ...steps.slice(0, -1)] : [];
  const text = (step: string) => cut(printableLine(step), Math.max(1, width - 2));
  return [...done.map((step) => `${theme('good', '✔')} ${text(step)}`), `${theme('warn', '…')} ${text(current)}`];
}

/** Why set-up failed and what can be done. */
export function failureLines(failure: ErrorText, width: number, theme: Theme): string[] {
  const keys = `${theme('key', keyOf('reset'))} tries again   ${theme('key', keyOf('list'))} goes back to the list`;
  return [...errorLines(failure, width, theme), '', ...wrapText(keys, width)];
}

export function errorLines({ what, why, next }: ErrorText, width: number, theme: Theme): string[] {
  const lines = [`✘ ${what}`, ...(why ? [`  why   ${why}`] : []), ...(next ? [`  next  ${next}`] : [])];
  return lines.flatMap((line, index) =>
    hang(printable(line), width).map((text) => (index === 0 ? theme('bad', text) : text)),
  );
}

/** What `activityLines` shows of one change. */
function activityCells({ namespace, kind, name, manager, detail }: Activity, home: string) {
  const place = namespace !== undefined && namespace !== home ? `${namespace}/` : '';
  return { what: printableLine(`${kind} ${place}${name}`), manager: printableLine(manager), detail: printable(detail) };
}

const changes: Record<Activity['change'], 'good' | 'warn' | 'bad'> = { '+': 'good', '~': 'warn', '-': 'bad' };

/** What was changed in the cluster, the newest last, in columns; one line each, unless `full` wraps the details. */
export function activityLines(lab: AttemptState, width: number, theme: Theme, full = false): string[] {
  if (lab.activities.length === 0) {
    if (lab.phase !== 'active') return [];
    return wrapText(`Nothing has been changed yet; ${keyOf('shell')} opens a shell.`, width).map((line) =>
      theme('muted', line),
    );
  }
  const rows = lab.activities.map((activity) => ({ ...activity, ...activityCells(activity, lab.namespace) }));
  const widest = (cell: 'what' | 'manager') => Math.max(...rows.map((row) => widthOf(row[cell])));
  const whatWidth = Math.min(widest('what'), Math.floor(width * 0.45));
  const managerWidth = width >= 90 ? Math.min(widest('manager'), 20) : 0;
  const before = 8 + 1 + 1 + 1 + whatWidth + 2 + (managerWidth > 0 ? managerWidth + 2 : 0);
  return rows.flatMap(({ time, change, what, manager, detail }) => {
    const head = [
      `${theme('muted', clockTime(time))} ${theme(changes[change], change)} ${fitTo(what, whatWidth)}`,
      ...(managerWidth > 0 ? [theme('muted', fitTo(manager, managerWidth))] : []),
    ].join('  ');
    const room = Math.max(8, width - before);
    const [first = '', ...rest] = full ? wrapText(detail, room) : [cut(detail.replaceAll('\n', ' '), room)];
    return [`${head}  ${first}`.trimEnd(), ...rest.map((line) => ' '.repeat(before) + line)];
  });
}

function clockTime(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}

const questions: Record<Exclude<Question, 'hint' | 'explain'>, string> = {
  reset: 'Reset the cluster? Your changes are lost.',
  solution: 'Show the solutions? It is remembered.',
  stop: 'End it and delete its cluster?',
};

/** What is asked; `lab` is the one that it is about, where it is on screen, `check` the check. */
export function questionText(question: Question, lab?: AttemptState, check?: string): string {
  if (question === 'hint') return `The next hint costs ${pointsText(lab?.hints.nextPrice ?? 0)}. Take it?`;
  if (question !== 'explain') return questions[question];
  const next = lab?.verdicts.find((v) => v.id === check)?.next;
  return `To be shown ${next ? levelTexts[next.level] : 'more'} costs ${pointsText(next?.price ?? 0)}. Go on?`;
}

/** Title and lines of what lies over the lab or the list. */
export function overlayContent(
  overlay: Exclude<Overlay, { kind: 'confirm' }>,
  lab: AttemptState | undefined,
  width: number,
  paint: Paint,
  theme: Theme,
): { title: string; note?: string; lines: string[] } {
  const markdown = (text: string) =>
    markdownText(text, width, paint, { wide: 'fold' })
      .split('\n')
      .flatMap((line) => hang(line, width));
  switch (overlay.kind) {
    case 'keys':
      return { title: 'Keys', lines: keyLines(width, theme) };
    case 'pane':
      if (!lab) return { title: '', lines: [] };
      if (overlay.pane === 'task') return { title: 'Task', lines: taskLines(lab, width, paint, theme) };
      return { title: 'Cluster', lines: activityLines(lab, width, theme, true) };
    case 'hints': {
      const hints: AttemptState['hints'] = lab?.hints ?? { taken: [], paid: 0, total: 0 };
      const { taken, total, nextPrice } = hints;
      const titles = hintTitles(hints);
      const lines = taken
        .map(({ text, price }, index) => [
          `${theme('hint', titles[index] ?? '')}  ${theme('muted', priceText(price))}`,
          '',
          ...markdown(text.trim()),
          '',
        ])
        .reverse()
        .flat();
      const left = total - taken.filter((hint) => !hint.observed).length;
      const which = left === 0 ? 'one more' : left === 1 ? 'the last one' : `the next one, ${left} are left`;
      const end =
        nextPrice === undefined
          ? `${total === 0 ? 'There are no hints here' : 'That was the last hint'}; ${keyOf('solution')} shows the solutions.`
          : `${keyOf('hint')} shows ${which} (${priceText(nextPrice)}).`;
      return { title: 'Hints', lines: [...lines, theme('muted', end)] };
    }
    case 'explain': {
      const index = lab?.verdicts.findIndex((v) => v.id === overlay.check) ?? -1;
      const verdict = lab?.verdicts[index];
      if (!verdict) return { title: 'Explain', lines: ['There is no check to explain yet.'] };
      const { traced } = overlay;
      const isTraced = traced !== undefined && isOf(traced, verdict);
      const view = isTraced ? traced : verdict;
      const lines = explainText(view, paint, width)
        .split('\n')
        .flatMap((line) => hang(line, width));
      const isReading = verdict.level === 3 && !traced && verdict.status !== 'pass';
      const next = nextStepText(view);
      const more = isReading ? '  … looking for the cause' : next ? `  ${keyOf('explain')} shows ${next}` : '';
      return {
        title: 'Explain',
        note: `check ${index + 1} of ${lab?.verdicts.length ?? 0}`,
        lines: [...lines, ...(more ? ['', theme('muted', more)] : [])],
      };
    }
    case 'report':
      return { title: 'Report', lines: markdown(overlay.text) };
    case 'debrief':
      return { title: 'Debrief', lines: markdown(overlay.text) };
    case 'output': {
      const lines = overlay.text.split('\n').flatMap((line) => hang(printable(line.replaceAll('\t', '    ')), width));
      return {
        title: printableLine(overlay.title),
        note: cut(printableLine(overlay.command), Math.floor(width / 2)),
        lines,
      };
    }
    case 'solution': {
      const lines = overlay.solutions.flatMap(({ name, text }, index) => [
        ...(index > 0 ? [''] : []),
        theme('title', name),
        ...scriptLines(printable(text), width),
      ]);
      return { title: 'Solutions', note: 'each of them is enough', lines };
    }
    case 'problem':
      return { title: 'That did not work', lines: errorLines(overlay, width, theme) };
  }
}

function keyLines(width: number, theme: Theme): string[] {
  const rows = helpRows();
  const labelWidth = Math.max(...rows.map((row) => widthOf(row.label)));
  return rows.flatMap(({ label, help }) => {
    const [first = '', ...rest] = wrapText(help, Math.max(10, width - labelWidth - 2));
    const indent = ' '.repeat(labelWidth + 2);
    return [`${theme('key', fitTo(label, labelWidth))}  ${first}`, ...rest.map((line) => indent + line)];
  });
}

/** The line that says how the attempt stands: score and what help took. */
export function scoreNote(lab: AttemptState, theme: Theme): string {
  const paid = helpPaid(lab);
  const score = `${lab.score} of ${lab.max}${paid > 0 ? ` · help -${paid}` : ''}`;
  return lab.solved ? theme('good', `solved · ${score}`) : score;
}

/** What to do now that it is solved. */
export function solvedLines(elapsed: number, width: number, theme: Theme): string[] {
  const line = `Solved in ${clockText(elapsed)}.`;
  const invitation = `${theme('key', keyOf('debrief'))} debrief: why it broke   ${theme('key', keyOf('next'))} next scenario`;
  return ['', theme('good', line), ...wrapText(invitation, width)];
}

/** Wraps a line; what follows is indented as far as its text begins: behind a label with at least two spaces. */
export function hang(line: string, width: number): string[] {
  if (widthOf(line) <= width) return [line];
  const starts = [/^ *(\S+ {2,})?/, /^ */].map((pattern) => pattern.exec(line)?.[0] ?? '');
  const start = starts.find((text) => widthOf(text) <= width / 2) ?? '';
  const indent = ' '.repeat(widthOf(start));
  return wrapText(line.slice(start.length), width - indent.length).map((text, n) => (n === 0 ? start : indent) + text);
}
