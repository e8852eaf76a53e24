import type { Check, Outcome } from '../checks/types.ts';
import { ownValue } from '../kernel/own.ts';
import type { GraderMemory, Verdict } from './types.ts';

/** The verdict on a check that has not been judged yet. */
export function initialVerdict(check: Check, now: number): Verdict {
  const { id, title, weight, guard } = check;
  return {
    id,
    title,
    weight,
    guard,
    status: 'pending',
    expected: '',
    actual: 'not judged yet',
    why: '',
    evidence: [],
    since: now,
    scored: 'fail',
  };
}

/** What a check is reported while one that it comes after does not pass; `earlier` are the verdicts on others. */
export function applyGates(
  check: Pick<Check, 'after'>,
  outcome: Outcome,
  earlier: readonly Pick<Verdict, 'id' | 'title' | 'status'>[],
): Outcome {
  const gate = earlier.find(({ id, status }) => check.after.includes(id) && status !== 'pass');
  if (!gate || outcome.status === 'error') return outcome;
  return {
    ...outcome,
    status: 'fail',
    actual: `comes after "${gate.title}"`,
    why: `it is judged once "${gate.title}" passes`,
  };
}

/** An outcome as the check's mode lets it count. */
export interface Counted {
  outcome: Outcome;
  /** What is to be remembered, if that is something new. */
  memory?: GraderMemory;
  /** Judge again after so many milliseconds. */
  wakeIn?: number;
}

/** `level` takes an outcome as it is, `latch` keeps a pass for good, `hold` asks that it passes for a while. */
export function applyMode(
  { id, mode }: Pick<Check, 'id' | 'mode'>,
  outcome: Outcome,
  memory: GraderMemory,
  now: number,
): Counted {
  if (mode === 'level') return { outcome };
  if (mode === 'latch') {
    if (memory.latched.includes(id)) return { outcome: { ...outcome, status: 'pass' } };
    if (outcome.status !== 'pass') return { outcome };
    return { outcome, memory: { ...memory, latched: [...memory.latched, id] } };
  }
  const since = ownValue(memory.heldSince, id);
  if (outcome.status === 'error') return { outcome };
  if (outcome.status !== 'pass') {
    const { [id]: _, ...heldSince } = memory.heldSince;
    return { outcome, ...(since !== undefined && { memory: { ...memory, heldSince } }) };
  }
  const begun = since === undefined && { memory: { ...memory, heldSince: { ...memory.heldSince, [id]: now } } };
  const left = (since ?? now) + mode.hold - now;
  if (left <= 0) return { outcome, ...begun };
  const why = `it must stay so for ${Math.ceil(left / 1000)} s more`;
  return { outcome: { ...outcome, status: 'pending', why }, ...begun, wakeIn: left };
}

/** The verdict that an outcome, gates and mode applied, makes of the one before. */
export function nextVerdict(check: Check, outcome: Outcome, before: Verdict, now: number): Verdict {
  const { status, expected, actual, evidence } = outcome;
  const why = [check.why && status === 'fail' ? check.why : undefined, outcome.why].filter(Boolean).join('; ');
  const scored = status === 'pass' ? 'pass' : status === 'error' ? before.scored : 'fail';
  const since = before.status === status ? before.since : now;
  return { ...before, status, expected, actual, why, evidence, scored, since };
}
