import { type ErrorText, errorText } from '../../kernel/errors.ts';
import type { Scenario } from '../../scenario/types.ts';
import { Attempt } from '../attempt.ts';
import type { Attempts } from '../attempts.ts';
import { keepCluster, type Lifecycle } from '../lifecycle.ts';
import type { ProgressLog } from '../progress.ts';
import type { AttemptState } from '../types.ts';
import { goesOn, type SittingFold } from './fold.ts';
import type { TaskProgress } from './state.ts';

/** What tasks are prepared with. */
export interface Surroundings {
  lifecycle: Lifecycle;
  attempts: Attempts;
  progress: ProgressLog;
}

export interface TaskEvents {
  /** A task is about to be prepared as this attempt. */
  onAttempt(task: number, attempt: string): Promise<void>;
  onReady(task: number): Promise<void>;
  onChange(): void;
}

/** How many are prepared at a time while somebody reads the first task; of real machines one takes all there is. */
const atATime = 3;

const phases: Readonly<Record<AttemptState['phase'], TaskProgress['phase']>> = {
  active: 'ready',
  resetting: 'preparing',
  preparing: 'preparing',
  failed: 'failed',
  stopped: 'over',
};

/** The attempts of a sitting with their clusters: the first one first, then the one that is wanted, then the others. */
export class TaskClusters {
  readonly #fold: Readonly<SittingFold>;
  readonly #scenarios: readonly Scenario[];
  readonly #surroundings: Surroundings;
  readonly #events: TaskEvents;
  /** Those that are being prepared. */
  readonly #making = new Map<number, Promise<void>>();
  /** Those that could not be, and why. */
  readonly #failures = new Map<number, ErrorText>();
  #closed = false;

  constructor(
    fold: Readonly<SittingFold>,
    scenarios: readonly Scenario[],
    surroundings: Surroundings,
    events: TaskEvents,
  ) {
    this.#fold = fold;
    this.#scenarios = scenarios;
    this.#surroundings = surroundings;
    this.#events = events;
  }

  /** Prepares the first task, then the others without being waited for. Rejects if the first can't be prepared. */
  async first(): Promise<void> {
    await this.#begin(0);
    this.#prepareNext();
  }

  /** After a restart: those that the daemon before had are taken up already, the others are prepared anew. */
  resume(): void {
    for (const [task] of this.#fold.tasks.entries()) {
      const found = this.#found(task);
      if (!(found instanceof Attempt)) continue;
      if (found.fold.phase === 'active') void this.#events.onReady(task);
      else this.#follow(task, found);
    }
    this.#prepareNext();
  }

  /** Somebody wants this one: it comes next, also if it has failed before. */
  want(task: number): void {
    this.#failures.delete(task);
    this.#prepareNext();
  }

  /** Those that are there, ready or not. */
  attempts(): Attempt[] {
    return this.#fold.tasks.flatMap((_, task) => {
      const found = this.#found(task);
      return found instanceof Attempt ? [found] : [];
    });
  }

  progress(task: number): TaskProgress {
    const failure = this.#failures.get(task);
    const found = this.#found(task);
    if (!goesOn(this.#fold)) return { phase: 'over' };
    if (!found) {
      if (failure) return { phase: 'failed', failure };
      return { phase: this.#making.has(task) ? 'preparing' : 'waiting' };
    }
    const state = found instanceof Attempt ? found.state() : found.state;
    const { step, cluster, score, max, solved } = state;
    // One that has just failed is not to be tried again before all of it is gone.
    const isGoing = state.phase === 'failed' && this.#making.has(task);
    return {
      phase: isGoing ? 'preparing' : phases[state.phase],
      ...(step !== undefined && { step }),
      ...(state.failure && !isGoing && { failure: state.failure }),
      ...(cluster && { cluster }),
      ...(!state.exam?.locked && { score: { score, max, solved } }),
    };
  }

  /** Prepares no more; what is being prepared is somebody else's to end. */
  close(): void {
    this.#closed = true;
  }

  /** Ends all attempts and their clusters; that of `kept` stays. */
  async end(kept: number | undefined): Promise<void> {
    const { lifecycle } = this.#surroundings;
    this.#closed = true;
    const ended = this.#fold.tasks.map(async (_, task) => {
      const found = this.#found(task);
      if (found instanceof Attempt) await lifecycle.end(found, task === kept ? keepCluster : undefined);
      else if (found) await lifecycle.endAside(found);
    });
    await Promise.all(ended);
    // One whose attempt was not there yet ends itself.
    await Promise.allSettled(this.#making.values());
  }

  #found(task: number) {
    const { attempt } = this.#fold.tasks[task] ?? {};
    return attempt === undefined ? undefined : this.#surroundings.attempts.find(attempt);
  }

  #prepareNext(): void {
    const most = this.#fold.on.provider === 'embedded' ? atATime : 1;
    while (!this.#closed && this.#making.size < most) {
      const next = this.#nextWaiting();
      if (next === undefined) return;
      // Its failure is kept for whoever asks.
      this.#begin(next).catch(() => undefined);
    }
  }

  #nextWaiting(): number | undefined {
    const { current, tasks } = this.#fold;
    const isWaiting = (task: number) => !this.#making.has(task) && !this.#failures.has(task) && !this.#found(task);
    return [current, ...tasks.keys()].find(isWaiting);
  }

  /** Begins an attempt and everything that follows from it; rejects with why it could not. */
  #begin(task: number): Promise<void> {
    const made = this.#make(task)
      .catch((error: unknown) => {
        if (!this.#closed) this.#failures.set(task, errorText(error));
        throw error;
      })
      .finally(() => {
        this.#making.delete(task);
        this.#events.onChange();
        this.#prepareNext();
      });
    this.#making.set(task, made);
    return made;
  }

  async #make(task: number): Promise<void> {
    const { lifecycle, attempts } = this.#surroundings;
    const { id, mode, on } = this.#fold;
    const scenario = this.#scenarios[task];
    const planned = this.#fold.tasks[task];
    if (!scenario || !planned) return;
    const attempt = lifecycle.newId(scenario.id);
    await this.#events.onAttempt(task, attempt);
    const exam = { id, host: planned.host, locked: mode !== 'training' };
    const choice = { id: attempt, scenario, seed: planned.scenario.seed, on, exam };
    await lifecycle.begin(choice, () => this.#events.onChange(), undefined);
    const begun = attempts.find(attempt);
    // The exam ended meanwhile.
    if (!goesOn(this.#fold) && begun instanceof Attempt) await lifecycle.end(begun);
    else await this.#events.onReady(task);
  }

  /** One that the daemon before was preparing, and this one goes on with. */
  #follow(task: number, attempt: Attempt): void {
    const unsubscribe = attempt.onState(({ phase }) => {
      this.#events.onChange();
      if (phase === 'preparing' || phase === 'resetting') return;
      unsubscribe();
      if (phase === 'active') void this.#events.onReady(task);
    });
  }
}
