import { UserError } from '../../kernel/errors.ts';
import type { AttemptFold } from '../fold.ts';
import type { AttemptState } from '../types.ts';

type Locked = Pick<AttemptFold, 'exam' | 'phase'>;

/** Whether an attempt is part of an exam that goes on: nobody is to know how it stands, and nothing helps. */
export function isLocked({ exam, phase }: Locked): boolean {
  return exam?.locked === true && phase !== 'stopped';
}

/** Throws a UserError if that is so. */
export function requireUnlocked(fold: Locked): void {
  if (!isLocked(fold)) return;
  throw new UserError({
    what: 'that comes after the exam',
    why: 'as in the real one there is no help, no reset and no verdict before it is over',
    next: 'kubedrill exam submit, when you are done',
  });
}

/** The state of an attempt with nothing in it that tells how it stands, where that is not to be known. */
export function lockedState(fold: Locked, state: AttemptState): AttemptState {
  if (!isLocked(fold)) return state;
  const { nextPrice: _, ...hints } = state.hints;
  return {
    ...state,
    hints: { ...hints, total: 0 },
    verdicts: [],
    passedBefore: [],
    score: 0,
    solved: false,
    wasSolved: false,
    activities: [],
    // It would stand once the task is solved.
    worked: 0,
    running: false,
  };
}
