import { clockText, markOf, paintFor, scoreText, standingText, tableText } from '../present/text.ts';
import { printableLine } from '../present/width.ts';
import type { AttemptState } from '../session/types.ts';
import { attemptCommand, attemptId, type CommandFactory } from './command.ts';

export const status: CommandFactory = ({ services, print, json }) =>
  attemptCommand('status', 'show the running attempts, and how the current one stands').action(
    async (options: { attempt?: string; json?: boolean }) => {
      const labs = await services.runningLabs();
      const attempts = labs ? await labs.attempts() : [];
      const wanted = attemptId(services, options);
      // Naming one that is not there is an error; having none is an answer.
      const current = labs && (wanted || attempts.length > 0) ? await labs.attempt({ id: wanted }) : undefined;
      if (options.json) return json({ current: current ? summary(current) : null, attempts: attempts.map(summary) });
      if (!current) return print('no attempt is running; start one with: kubedrill start <scenario>');
      const paint = paintFor(services.stdout);
      if (current.exam?.locked) {
        print(`${paint('bold', current.title)}  task of an exam on ${current.exam.host}`);
        return print('its verdicts come after the exam: kubedrill exam status');
      }
      print(`${paint('bold', current.title)}  ${clockText(current.worked)}  ${phaseText(current)}`);
      for (const v of current.verdicts)
        print(`${paint(markOf(v.status).style, markOf(v.status).symbol)} ${printableLine(v.title)}`);
      print(scoreText(current));
      if (attempts.length > 1) {
        const rows = attempts.map((a) => [
          a.id === current.id ? '*' : '',
          a.id,
          a.exam?.locked ? `exam, ${a.exam.host}` : phaseText(a),
          a.exam?.locked ? '' : `${a.score}/${a.max}`,
          a.exam?.locked ? '' : clockText(a.worked),
        ]);
        print(`\n${tableText([['', 'ATTEMPT', 'PHASE', 'SCORE', 'TIME'], ...rows])}`);
      }
    },
  );

function phaseText(state: AttemptState): string {
  if (state.failure) return printableLine(`failed: ${state.failure.what}`);
  if (state.solved) return 'solved';
  const isPaused = state.phase === 'active' && !state.running;
  return [
    state.phase,
    ...(state.wasSolved ? ['solved before'] : []),
    ...(isPaused ? [`the clock stands${state.standing ? `: ${standingText(state.standing)}` : ''}`] : []),
  ].join(', ');
}

function summary(state: AttemptState) {
  const { id, scenario, phase, exam, score, max, solved, wasSolved, worked, running, standing, failure, cluster } =
    state;
  const place = { attempt: id, scenario: scenario.id, pack: scenario.pack, phase, ...(exam && { exam }) };
  if (exam?.locked) return { ...place, cluster: cluster ?? null };
  return {
    ...place,
    score,
    max,
    solved,
    wasSolved,
    running,
    ...(standing && { standing }),
    seconds: Math.round(worked / 1000),
    cluster: cluster ?? null,
    ...(failure ? { failure } : {}),
    checks: state.verdicts.map((v) => ({ id: v.id, status: v.status, weight: v.weight })),
  };
}
