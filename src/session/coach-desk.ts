import type { Verdict } from '../grading/types.ts';
import { UserError } from '../kernel/errors.ts';
import { askedOf, checkView, nextStep } from './coach.ts';
import type { AttemptEventBody } from './events.ts';
import type { AttemptFold } from './fold.ts';
import type { LiveGrading } from './live-grading.ts';
import type { CheckView } from './types.ts';

/** Answers what is asked about the checks of one attempt. */
export class Coach {
  readonly #fold: Readonly<AttemptFold>;
  readonly #grading: LiveGrading;
  readonly #record: (event: AttemptEventBody) => Promise<void>;

  constructor(fold: Readonly<AttemptFold>, grading: LiveGrading, record: (event: AttemptEventBody) => Promise<void>) {
    this.#fold = fold;
    this.#grading = grading;
    this.#record = record;
  }

  /**
   * A check with as much of its chain of evidence as was asked for; undefined: there is no such check, or nothing is judged.
   * It is traced where the chain is asked for only.
   */
  async explain(check: string): Promise<CheckView | undefined> {
    const isTraced = askedOf(this.#fold, check).level === 3;
    const verdict = isTraced ? await this.#grading.explain(check) : this.#verdict(check);
    return verdict && checkView(verdict, this.#fold, isTraced);
  }

  /**
   * Asks about a check once more: one level, or one step of its chain, which is paid at once. Rejects with a UserError if
   * that costs more than `price`.
   */
  async ask(check: string, price: number): Promise<CheckView | undefined> {
    const verdict = this.#verdict(check);
    if (!verdict) return undefined;
    // The chain is read once, also where this step is the first of it.
    const isTraced = nextStep(this.#fold, verdict).level === 3;
    const traced = isTraced ? ((await this.#grading.explain(check)) ?? verdict) : verdict;
    const before = checkView(traced, this.#fold, isTraced);
    if (!before.next) return before;
    if (before.next.price > price) {
      throw new UserError({
        what: `to ask about ${check} costs ${before.next.price} points now, not ${price}`,
        next: 'ask once more',
      });
    }
    await this.#record({ type: 'coach', check, ...before.next });
    return checkView(traced, this.#fold, isTraced);
  }

  /** As it is judged now, without what lies behind. */
  #verdict(check: string): Verdict | undefined {
    return this.#grading.verdicts().find(({ id }) => id === check);
  }
}
