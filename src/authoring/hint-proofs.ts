import type { Scenario } from '../scenario/types.ts';
import type { Proof } from './proof.ts';

/** A hint on what is there: it must be given after a mistake, and neither before anything was done nor once all is. */
export interface HintProof {
  /** Counted from 1 as all hints of the scenario. */
  hint: number;
  ok: boolean;
  /** The mistakes after which it is given. */
  mistakes: string[];
  problems: string[];
}

/** What the runs of a scenario say of its hints on what is there. */
export function hintProofs(
  scenario: Scenario,
  untouched: Proof,
  solutions: readonly (Proof & { name: string })[],
  mistakes: readonly (Proof & { name: string })[],
): HintProof[] {
  return scenario.hints.flatMap(({ when }, index) => {
    if (!when) return [];
    const hint = index + 1;
    const given = (proof: Proof) => proof.hints?.includes(hint) ?? false;
    const reached = mistakes.filter(given).map((mistake) => mistake.name);
    const problems = [
      ...(given(untouched) ? ['what it waits for holds before anything was done'] : []),
      ...solutions.filter(given).map((solution) => `what it waits for holds after the solution ${solution.name}`),
      ...(reached.length === 0 ? ['no mistake makes what it waits for hold'] : []),
    ];
    return [{ hint, ok: problems.length === 0, mistakes: reached, problems }];
  });
}
