import { modeTexts } from '../session/exam/events.ts';
import type { ExamReport, ReportedTask } from '../session/exam/report.ts';
import type { ExamState, ExamTask } from '../session/exam/types.ts';
import { markdownText } from './markdown.ts';
import { clockText, type Paint, tableText } from './text.ts';
import { printableLine } from './width.ts';

/** `1:42:10 left`, or how long it is over where time ends nothing. */
export function leftText({ left }: Pick<ExamState, 'left'>): string {
  return left >= 0 ? `${clockText(left)} left` : `${clockText(-left)} over time`;
}

/** What somebody sits, in a line. */
export function sittingLine(state: ExamState, paint: Paint): string {
  const { exam, tasks, minutes, mode, seed } = state;
  return [
    `${paint('bold', exam.title)}: ${tasks.length} tasks in ${minutes} minutes, seed ${seed}`,
    paint('dim', `${mode}: ${modeTexts[mode]}`),
  ].join('\n');
}

/** A task with its head: number, weight, time. */
export function examTaskText(task: ExamTask, state: ExamState, paint: Paint, columns = 80): string {
  const { number, weight, flagged, phase, step } = task;
  const head = [
    `Task ${number} of ${state.tasks.length}`,
    `${weight} %`,
    leftText(state),
    ...(flagged ? ['flagged'] : []),
  ];
  const waits = phase === 'waiting' || phase === 'preparing';
  const note = waits ? [`its host is being prepared${step ? `: ${printableLine(step)}` : ''}`] : [];
  const failure = task.failure ? [`its host could not be prepared: ${printableLine(task.failure.what)}`] : [];
  return [
    paint('bold', head.join('  ')),
    ...[...note, ...failure].map((line) => paint('yellow', line)),
    '',
    markdownText(task.task, Math.min(columns, 100), paint),
  ].join('\n');
}

const phaseWords: Record<ExamTask['phase'], string> = {
  waiting: 'waits',
  preparing: 'is prepared',
  ready: 'ready',
  failed: 'failed',
  over: 'over',
};

/** The tasks as a list to jump by, and the time. */
export function examStatusText(state: ExamState, paint: Paint): string {
  const { exam, tasks, current, submitted, result } = state;
  const isScored = tasks.some(({ score }) => score !== undefined);
  const rows = tasks.map(({ number, host, weight, title, phase, flagged, spent, score }) => [
    number === current ? '*' : '',
    String(number),
    flagged ? '⚑' : '',
    host,
    `${weight} %`,
    clockText(spent),
    phaseWords[phase],
    ...(isScored ? [score ? `${score.score}/${score.max}` : ''] : []),
    title,
  ]);
  const heading = ['', 'TASK', 'FLAG', 'HOST', 'WEIGHT', 'TIME', 'STATE', ...(isScored ? ['SCORE'] : []), 'TITLE'];
  const end = submitted
    ? `submitted${submitted.by === 'deadline' ? ', as the time was over' : ''}${result ? `: ${result.score} %, ${passedWord(result)}` : ''}`
    : leftText(state);
  return [`${paint('bold', exam.title)}  ${end}`, '', tableText([heading, ...rows])].join('\n');
}

/** `passed` or `not passed` */
export function passedWord({ passed }: { passed: boolean }): string {
  return passed ? 'passed' : 'not passed';
}

/** What was lost at a task in lines: points of the exam, the check, why. */
export function lostLines({ lost }: Pick<ReportedTask, 'lost'>): string[] {
  return lost.map(({ points, title, why }) => `-${points} %  ${title}${why ? `: ${why}` : ''}`);
}

/** `54:10 of 120 minutes`; what the best result says in mode mastery. */
export function usedText({ startedAt, submittedAt, submittedBy, minutes }: ExamReport): string {
  const end = submittedBy === 'deadline' ? ', until the time was over' : '';
  return `${clockText(submittedAt - startedAt)} of ${minutes} minutes${end}`;
}

/** How a sitting compares with the best one before it; undefined: there is none. */
export function bestText({ best, score }: Pick<ExamReport, 'best' | 'score'>): string | undefined {
  if (!best) return undefined;
  const difference = Math.round((score - best.score) * 100) / 100;
  return difference > 0
    ? `${difference} % better than your best before, ${best.score} % (${best.sitting})`
    : `your best before is ${best.score} % (${best.sitting})`;
}

/** The result of an exam for a terminal. */
export function examReportText(report: ExamReport, paint: Paint): string {
  const { exam, score, passMark, passed, domains, tasks, review } = report;
  const best = bestText(report);
  const taskRows = tasks.map(({ number, weight, points, spent, minutes, flagged, title }) => [
    String(number),
    `${points} of ${weight} %`,
    clockText(spent),
    String(minutes),
    flagged ? '⚑' : '',
    title,
  ]);
  const lost = tasks.flatMap((task) => {
    const lines = lostLines(task).map((line) => `  ${printableLine(line)}`);
    return lines.length > 0 ? [paint('bold', `Task ${task.number}: ${task.title}`), ...lines] : [];
  });
  return [
    `${paint('bold', exam.title)}  ${paint(passed ? 'green' : 'red', `${score} %, ${passedWord(report)}`)} (pass mark ${passMark} %)`,
    `${usedText(report)}, ${report.mode}, seed ${report.seed}`,
    ...(best ? [printableLine(best)] : []),
    '',
    tableText([['DOMAIN', 'SCORE'], ...domains.map((d) => [d.domain || 'other', `${d.score} of ${d.max} %`])]),
    '',
    tableText([['TASK', 'SCORE', 'TIME', 'MINUTES', 'FLAG', 'TITLE'], ...taskRows]),
    ...(lost.length > 0 ? ['', 'What was lost', ...lost] : []),
    ...(review.length > 0 ? ['', 'What to do again', ...review.map((one) => `  ${reviewCommand(one)}`)] : []),
  ].join('\n');
}

/** What starts a scenario again as a lab. */
export function reviewCommand({ scenario }: ExamReport['review'][number]): string {
  const { pack, folder, id } = scenario;
  return printableLine(folder ? `kubedrill start ${id} --pack ${folder}` : `kubedrill start ${pack}/${id}`);
}
