import { typeOfCheck } from '../checks/registry.ts';
import type { Check, ClusterView, Need, Outcome } from '../checks/types.ts';
import { TooCostly, withBudget } from '../kernel/budget.ts';
import { type Clock, nextTurn, type Timer } from '../kernel/clock.ts';
import type { Verdict } from './types.ts';
import { initialVerdict } from './verdict.ts';

/** Steps that judging a check once may take: about half a second. */
const mostSteps = 12_000_000;
/** Whatever takes less is judged as often as its cluster changes; a step of what takes more is followed by a pause, milliseconds. */
const cheap = 1_000_000;
const pauseOfStep = 1 / 5_000;
/** When a check that could not be judged is tried again, milliseconds. */
const retry = 1_000;

export type ResourceNeed = Extract<Need, { kind: 'resource' }>;

export interface EvaluationOptions {
  clock: Clock;
  /** The cluster for one judgement; `wakes` gets when the check wants to be judged again, milliseconds. */
  view(wakes: number[]): ClusterView;
  /** Why what the cluster shows of these can't be relied on; undefined: it can. */
  troubleOf(needs: readonly ResourceNeed[]): unknown;
  /** The check type has judged. */
  onOutcome(evaluation: Evaluation): void;
  /** Nothing is being judged any more. */
  onIdle(): void;
}

/** One check, and when it is judged: on each wake-up, one judgement after the other. */
export class Evaluation {
  readonly check: Check;
  /** A check, not a condition. */
  readonly graded: boolean;
  readonly needs: readonly Need[];
  /** The last outcome of the check type itself. */
  outcome: Outcome | undefined;
  verdict: Verdict;
  readonly #options: EvaluationOptions;
  readonly #timers = new Set<Timer>();
  readonly #end = Promise.withResolvers<void>();
  #stopped = false;
  #dirty = false;
  #running = false;
  /** Ends a judgement that waits for an answer which may never come. */
  #interrupt: () => void = () => undefined;
  /** Steps that judging it took last, see `kernel/budget.ts`. */
  #spent = 0;

  constructor(check: Check, graded: boolean, options: EvaluationOptions) {
    this.check = check;
    this.graded = graded;
    this.needs = typeOfCheck(check).needs(check.spec);
    this.verdict = initialVerdict(check, options.clock.now());
    this.#options = options;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Judges it; a wake-up while it is being judged leads to one more round. */
  async wake(): Promise<void> {
    this.#dirty = true;
    if (this.#running) return;
    this.#running = true;
    while (this.#dirty && !this.#stopped) {
      this.#dirty = false;
      // What arrives in the same turn is judged together; other clusters have their turn after what took long.
      if (this.#spent > cheap) await this.#pause(this.#spent * pauseOfStep);
      else await nextTurn();
      this.outcome = await this.#judge();
      if (this.#stopped) break;
      this.#options.onOutcome(this);
    }
    this.#running = false;
    this.#options.onIdle();
  }

  wakeIn(ms: number): void {
    if (this.#stopped) return;
    const timer = this.#options.clock.after(ms, () => {
      this.#timers.delete(timer);
      void this.wake();
    });
    this.#timers.add(timer);
  }

  /** What is being judged is an error: the cluster can't be relied on. */
  interrupt(): void {
    this.#interrupt();
  }

  stop(): void {
    this.#stopped = true;
    this.#end.resolve();
    this.#interrupt();
    this.#cancelTimers();
  }

  async #judge(): Promise<Outcome> {
    const { view, troubleOf } = this.#options;
    const needs = this.needs.filter((n): n is ResourceNeed => n.kind === 'resource' && !n.optional);
    const trouble = troubleOf(needs);
    if (trouble !== undefined) return this.#failed(trouble);
    this.#cancelTimers();
    const interrupted = Promise.withResolvers<Outcome>();
    this.#interrupt = () => interrupted.resolve(this.#failed(troubleOf(needs)));
    const wakes: number[] = [];
    try {
      const outcome = withBudget(
        mostSteps,
        () => typeOfCheck(this.check).evaluate(this.check.spec, view(wakes)),
        (steps) => {
          this.#spent = steps;
        },
      );
      const judged = await Promise.race([outcome, interrupted.promise]);
      // From now on: a probe that takes longer than its period would never end otherwise.
      for (const ms of wakes) this.wakeIn(ms);
      return judged;
    } catch (error) {
      this.wakeIn(retry);
      return this.#failed(error);
    } finally {
      this.#interrupt = () => undefined;
    }
  }

  #failed(error: unknown): Outcome {
    return {
      status: 'error',
      expected: this.outcome?.expected ?? this.check.title,
      actual: error instanceof TooCostly ? 'the check cannot be judged' : 'the cluster cannot be asked',
      why: error instanceof Error ? error.message : String(error),
      evidence: [],
    };
  }

  /** Ends early when it is stopped. */
  async #pause(ms: number): Promise<void> {
    const time = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(ms, () => time.resolve());
    await Promise.race([time.promise, this.#end.promise]);
    timer.cancel();
  }

  #cancelTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
