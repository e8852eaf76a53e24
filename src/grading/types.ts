import type { Evidence, VerdictStatus } from '../checks/types.ts';

/** A check's outcome at a moment, mode and gates applied. */
export interface Verdict {
  id: string;
  title: string;
  status: VerdictStatus;
  weight: number;
  guard: boolean;
  expected: string;
  actual: string;
  why: string;
  evidence: Evidence[];
  /** When it last became this status, milliseconds since 1970. */
  since: number;
  /** What the score goes by: the last status that was the learner's doing. `error` changes nothing. */
  scored: 'pass' | 'fail';
}

/** What a grader must know again after a restart: nothing that the cluster itself can say. */
export interface GraderMemory {
  /** Checks that passed once and stay so. */
  latched: string[];
  /** Since when a `hold` check has passed without a break, milliseconds since 1970. */
  heldSince: Record<string, number>;
}

/** Something the learner changed in the cluster. */
export interface Activity {
  time: number;
  change: '+' | '~' | '-';
  kind: string;
  namespace?: string;
  name: string;
  /** Field manager: `kubectl-create`, `kubectl-edit`, ... Empty where the API does not tell (deletions). */
  manager: string;
  /** `rules: get, list pods`, `→ ServiceAccount project-swan/default` */
  detail: string;
}

export interface Score {
  score: number;
  max: number;
  solved: boolean;
}

/** Whether guards earn their points: a check of another kind passes, or there is none. */
export function areGuardsEarning(verdicts: readonly Verdict[]): boolean {
  return verdicts.some((v) => !v.guard && v.scored === 'pass') || verdicts.every((v) => v.guard);
}

/**
 * Adds up the verdicts. Guards hold before anything was done, so they earn their points with the first other check
 * that passes. `hintPrice` lowers the score, never `solved`.
 */
export function scoreOf(verdicts: readonly Verdict[], hintPrice = 0): Score {
  const passing = verdicts.filter((v) => v.scored === 'pass');
  const worked = areGuardsEarning(verdicts);
  const earned = passing.filter((v) => worked || !v.guard).reduce((sum, v) => sum + v.weight, 0);
  const max = verdicts.reduce((sum, v) => sum + v.weight, 0);
  return {
    score: Math.max(0, earned - hintPrice),
    max,
    solved: verdicts.length > 0 && verdicts.every((v) => v.status === 'pass'),
  };
}
