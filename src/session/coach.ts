import type { Evidence } from '../checks/types.ts';
import type { Verdict } from '../grading/types.ts';
import type { Asked, CoachLevel } from './coach-level.ts';
import type { AttemptFold } from './fold.ts';
import type { CheckView } from './types.ts';

/**
 * What going up to a level costs: a check's weight divided by this, rounded up. What is could be seen in the cluster as
 * well: that is free.
 */
const divisors: Readonly<Record<CoachLevel, number>> = {
  0: Number.POSITIVE_INFINITY,
  1: Number.POSITIVE_INFINITY,
  2: 10,
  3: 5,
};

type Helped = Pick<AttemptFold, 'coach' | 'hints' | 'hintPrice' | 'solvedAt'>;

/** How far a check was asked about in an attempt; what it began with is free, and then the whole chain. */
export function askedOf({ coach }: Pick<AttemptFold, 'coach'>, check: string): Asked {
  const own = coach.checks.get(check);
  const level = Math.max(coach.base, own?.level ?? 0) as CoachLevel;
  return { level, steps: coach.base === 3 ? Number.POSITIVE_INFINITY : (own?.steps ?? 0) };
}

/** The step that an attempt's next question about a check takes: a level, or one more step of the chain; its price in points. */
export function nextStep(
  fold: Helped,
  { id, weight }: Pick<Verdict, 'id' | 'weight'>,
): { level: CoachLevel; price: number } {
  const { level } = askedOf(fold, id);
  // The chain is paid for once. After it is solved help costs nothing: the score stands.
  if (level === 3) return { level, price: 0 };
  const next = (level + 1) as CoachLevel;
  return { level: next, price: fold.solvedAt === undefined ? Math.ceil(weight / divisors[next]) : 0 };
}

/** Points that all help of an attempt took. */
export function helpPrice({ coach, hintPrice }: Pick<AttemptFold, 'coach' | 'hintPrice'>): number {
  return hintPrice + coach.paid;
}

/** The highest level that an attempt was helped at. */
export function levelUsed({ coach, hints }: Pick<AttemptFold, 'coach' | 'hints'>): CoachLevel {
  const asked = [...coach.checks.values()].map(({ level }) => level);
  return Math.max(coach.base, hints.length > 0 ? 2 : 0, ...asked) as CoachLevel;
}

/** How an attempt was helped: from which level on, up to which, and what that cost beside the hints. */
export function coachSummary(fold: Pick<AttemptFold, 'coach' | 'hints'>): {
  base: CoachLevel;
  used: CoachLevel;
  paid: number;
} {
  const { base, paid } = fold.coach;
  return { base, used: levelUsed(fold), paid };
}

/**
 * A verdict with as much of it as was asked for. What keeps it from being judged is the environment's fault and said in
 * any case. `chain`: the evidence in `verdict` is all that there is to trace, so that its end is known.
 */
export function checkView(verdict: Verdict, fold: Helped, chain = false): CheckView {
  const { level, steps } = askedOf(fold, verdict.id);
  const { status } = verdict;
  if (status === 'error') return { ...verdict, evidence: [], level };
  const units = level === 3 ? unitsOf(verdict.evidence) : [];
  const shown = units.slice(0, steps);
  const view: CheckView = {
    ...verdict,
    expected: level >= 1 ? verdict.expected : '',
    actual: level >= 1 ? verdict.actual : '',
    why: level >= 2 ? verdict.why : '',
    evidence: shown.flat(),
    level,
  };
  const isAll = chain && level === 3 && shown.length === units.length;
  return status === 'pass' || isAll || steps === Number.POSITIVE_INFINITY
    ? view
    : { ...view, next: nextStep(fold, verdict) };
}

/** Evidence as it is shown step by step: the command to look with, then what it shows. */
function unitsOf(evidence: readonly Evidence[]): Evidence[][] {
  const units: Evidence[][] = [];
  let facts: Evidence[] = [];
  for (const link of evidence) {
    if (link.kind !== 'command') {
      facts.push(link);
      continue;
    }
    units.push([link]);
    if (facts.length > 0) units.push(facts);
    facts = [];
  }
  if (facts.length > 0) units.push(facts);
  return units;
}
