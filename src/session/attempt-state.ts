import type { Scenario } from '../scenario/types.ts';
import { coachSummary } from './coach.ts';
import { isLocked } from './exam/lock.ts';
import { type AttemptFold, workedTime } from './fold.ts';
import { hintsShown } from './hints.ts';
import type { AttemptState } from './types.ts';

type Described = 'phase' | 'verdicts' | 'score' | 'max' | 'solved' | 'wasSolved' | 'running';

/** What an attempt shows whoever has it, one that runs or one that is set aside; `now` is when its clock is read. */
export function describeAttempt(
  scenario: Scenario,
  fold: Readonly<AttemptFold>,
  now: number,
): Omit<AttemptState, Described> {
  return {
    id: fold.id,
    ...(fold.exam && { exam: { ...fold.exam, locked: isLocked(fold) } }),
    // Under the id that it has now.
    scenario: { ...fold.scenario, id: scenario.id },
    title: scenario.title,
    competencies: scenario.competencies,
    minutes: scenario.minutes,
    task: scenario.task,
    ...(fold.cluster && { cluster: fold.cluster }),
    namespace: scenario.namespaces[0] ?? 'default',
    ...(fold.readyIn !== undefined && { readyIn: fold.readyIn }),
    worked: workedTime(fold, now),
    ...(fold.phase === 'active' && fold.solvedAt === undefined && fold.standing && { standing: fold.standing }),
    hints: hintsShown(scenario, fold),
    coach: coachSummary(fold),
    passedBefore: fold.passed,
    sawSolution: fold.sawSolution,
    activities: fold.activities,
  };
}
