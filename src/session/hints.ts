import { type Hint, type Scenario, tiersOf } from '../scenario/types.ts';
import type { AttemptFold } from './fold.ts';
import type { AttemptState, HintGiven } from './types.ts';

type Taken = Pick<AttemptFold, 'hints' | 'solvedAt'>;

/** A hint as it would be given: `index` is its position in the scenario, from 0, `price` what it costs now. */
export interface NextHint {
  hint: Hint;
  index: number;
  price: number;
}

/** What would be given now: a hint on what is there (`observed`, positions) before the next in turn, each once. */
export function nextHint({ hints }: Scenario, fold: Taken, observed: readonly number[]): NextHint | undefined {
  const inTurn = hints.flatMap((hint, index) => (hint.when ? [] : [index]));
  const index = [...observed, ...inTurn].find((i) => !fold.hints.includes(i));
  const hint = index === undefined ? undefined : hints[index];
  if (!hint || index === undefined) return undefined;
  // After it is solved a hint costs nothing: the score stands.
  return { hint, index, price: fold.solvedAt === undefined ? hint.price : 0 };
}

/** What the learner gets of a hint; `fold` counts it among those taken. */
export function hintGiven({ hint, price }: NextHint, scenario: Scenario, fold: Taken): HintGiven {
  const left = tiersOf(scenario).length - takenHints(scenario, fold).filter(({ when }) => !when).length;
  return { text: hint.text, price, observed: hint.when !== undefined, left };
}

/** The hints of an attempt as they are shown. */
export function hintsShown(scenario: Scenario, fold: Taken & Pick<AttemptFold, 'hintPrice'>): AttemptState['hints'] {
  return {
    taken: takenHints(scenario, fold).map(({ text, price, when }) => ({
      text,
      price,
      ...(when && { observed: true as const }),
    })),
    paid: fold.hintPrice,
    total: tiersOf(scenario).length,
  };
}

function takenHints(scenario: Scenario, fold: Taken): Hint[] {
  return fold.hints.flatMap((index) => scenario.hints[index] ?? []);
}
