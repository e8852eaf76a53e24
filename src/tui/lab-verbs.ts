import { systemClock } from '../kernel/clock.ts';
import { DisconnectedError, errorText } from '../kernel/errors.ts';
import { ownValue } from '../kernel/own.ts';
import type { RemoteLabs } from '../session/remote-labs.ts';
import type { Review } from '../session/review.ts';
import type { AttemptState } from '../session/types.ts';
import { signOfWork, TypingWatch } from '../session/typing.ts';
import { coachOf, type LabsAccess, type Screen } from './access.ts';
import { Chains } from './chains.ts';
import { keyOf } from './keys.ts';
import { ShellVerbs } from './shell-verbs.ts';
import type { PageName, Question } from './state.ts';
import type { Store } from './store.ts';
import { Work } from './work.ts';

/** What the app asks of the daemon. Failures become what is shown; nothing throws. */
export class LabVerbs {
  readonly #store: Store;
  readonly #access: LabsAccess;
  /** Ends the following of the lab on screen. */
  #following = new AbortController();
  readonly #chains: Chains;
  readonly #work: Work;
  /** The lab's shell. */
  readonly shells: ShellVerbs;
  /** A reset was asked for and is not answered yet. */
  #resetting = false;

  constructor(store: Store, access: LabsAccess, screen: Screen) {
    this.#store = store;
    this.#access = access;
    this.#chains = new Chains(store, access);
    this.#work = new Work(store);
    this.shells = new ShellVerbs(store, access, screen, this.#work, () => this.#resetting);
  }

  /** Starts a scenario, or goes on with it, and follows it until something else is shown; a `review` has other names. */
  open(scenario: string, review?: Review): void {
    const { dispatch } = this.#store;
    const { signal } = this.#follow();
    dispatch({ type: 'openLab', scenario });
    void this.#work.guarded(async () => {
      const drawn = review
        ? { seed: await this.#access.freshSeed(`${review.pack}/${review.scenario}`, review.seeds) }
        : {};
      for (let lost = false; ; lost = true) {
        let shown = false;
        const onState = (state: AttemptState) => {
          if (signal.aborted) return;
          if (lost && !shown) dispatch({ type: 'notice', text: undefined });
          dispatch({ type: 'lab', state, at: Date.now() });
          this.#access.prompt?.(state);
          this.#chains.refresh();
          shown = true;
        };
        try {
          const labs = await this.#access.labs();
          const started = await labs.start(
            { scenario, provider: 'embedded', resume: true, ...drawn, ...coachOf(this.#access) },
            { onEvent: onState },
          );
          if (signal.aborted) return;
          // The list remembers what is in progress.
          onState(started);
          const typing = this.#watchTyping(labs, started.id);
          return await labs.follow({ id: started.id }, { onEvent: onState, signal }).finally(() => typing.stop());
        } catch (error) {
          if (signal.aborted) return;
          // A daemon that was killed is started again, and goes on where its log ends; not twice without an answer.
          if (!(error instanceof DisconnectedError) || !shown) throw error;
          dispatch({ type: 'notice', text: 'the daemon ended; it is being started again' });
        }
      }
    });
  }

  /** Keys of the app and of shells in its terminal are signs of work. */
  #watchTyping(labs: RemoteLabs, id: string): TypingWatch {
    return new TypingWatch({
      clock: systemClock,
      lastInput: () => this.#access.lastInput?.(),
      isStanding: () => this.#store.get().lab?.standing !== undefined,
      onTyping: () => void signOfWork(labs, id),
    });
  }

  /** A page, by default the last one, with what is in progress; the daemon is started on the way, so that it is warm when it is needed. */
  toPage(notice?: string, page?: PageName): void {
    const { dispatch } = this.#store;
    this.#follow();
    dispatch({ type: 'openPage', ...(page && { page }) });
    if (notice) dispatch({ type: 'notice', text: notice });
    // The daemon first: on its start it takes over what earlier versions left.
    this.#access
      .labs()
      .then((labs) => labs.attempts())
      .then((attempts) => dispatch({ type: 'running', attempts }))
      .then(() => Promise.all([this.#access.progress(), this.#access.due()]))
      .then(([progress, due]) => dispatch({ type: 'progress', progress, due }))
      .catch((error: unknown) => dispatch({ type: 'trouble', trouble: errorText(error) }));
  }

  /** Stops following, and ends the shells. */
  leave(): void {
    this.#following.abort();
    this.shells.close();
  }

  /** The next hint; once there are none left, those that were taken. */
  hint(): void {
    const { lab } = this.#store.get();
    if (!lab) return;
    const show = () => this.#store.dispatch({ type: 'overlay', overlay: { kind: 'hints', scroll: 0 } });
    if (lab.hints.nextPrice === undefined) return show();
    void this.#call(async (labs, id) => {
      await labs.hint({ id });
      this.#show(await labs.attempt({ id }));
      show();
    });
  }

  /** What was asked for of a check: at once what the verdict brings, then the chain that the daemon reads for it. */
  explain(check: string): void {
    this.#store.dispatch({ type: 'overlay', overlay: { kind: 'explain', check, scroll: 0 } });
    void this.#chains.read(check);
  }

  /** Asks about a check once more, for `price` points at most. */
  ask(check: string, price: number): void {
    const { dispatch, get } = this.#store;
    const { overlay } = get();
    if (overlay?.kind !== 'explain' || overlay.check !== check)
      dispatch({ type: 'overlay', overlay: { kind: 'explain', check, scroll: 0 } });
    void this.#call(async (labs, id) => {
      const verdict = await labs.ask({ check, price, id });
      this.#show(await labs.attempt({ id }));
      // By now the learner may be asked about the next step, or look at something else.
      if (verdict) dispatch({ type: 'explained', verdict });
    });
  }

  report(): void {
    void this.#call(async (_, id) => {
      const text = await this.#access.report(id);
      this.#store.dispatch({ type: 'overlay', overlay: { kind: 'report', text, scroll: 0 } });
    });
  }

  debrief(): void {
    const { lab } = this.#store.get();
    if (!lab?.wasSolved && !lab?.sawSolution)
      return this.#work.say(`the debrief comes after solving; ${keyOf('solution')} gives up`);
    void this.#call(async (labs, id) => {
      const text = await labs.debrief({ id });
      this.#store.dispatch({ type: 'overlay', overlay: { kind: 'debrief', text, scroll: 0 } });
    });
  }

  /** What was asked and answered with yes. */
  confirmed(question: Question, scenario: string, check?: string): void {
    if (question === 'stop') return this.#end(scenario);
    if (question === 'hint') return this.hint();
    if (question === 'explain') {
      const view = this.#store.get().lab?.verdicts.find((v) => v.id === check);
      if (!view) return this.#work.say('there is no check to explain yet');
      this.explain(view.id);
      return this.ask(view.id, view.next?.price ?? 0);
    }
    void this.#call(
      async (labs, id) => {
        if (question === 'reset') return this.#reset(labs, id);
        const solutions = await labs.solution({ id });
        this.#store.dispatch({ type: 'overlay', overlay: { kind: 'solution', solutions, scroll: 0 } });
      },
      question === 'reset' ? 'resetting' : undefined,
    );
  }

  async #reset(labs: RemoteLabs, id: string): Promise<void> {
    this.#resetting = true;
    const state = await labs.reset({ id }).finally(() => {
      this.#resetting = false;
    });
    this.#show(state);
  }

  #end(scenario: string): void {
    const id = ownValue(this.#store.get().running, scenario)?.id;
    // It ended elsewhere while the question was asked; without an id another one would be ended.
    if (id === undefined) return this.toPage(`${scenario} has ended already`);
    this.#following.abort();
    void this.#work.guarded(async () => {
      await (await this.#access.labs()).stop({ id });
      this.toPage(`${scenario} has ended, its cluster is gone`);
    }, 'ending');
  }

  /** One call about the lab on screen. */
  #call(work: (labs: RemoteLabs, id: string) => Promise<void>, busy?: string): Promise<void> {
    const { lab } = this.#store.get();
    if (!lab) return Promise.resolve();
    return this.#work.guarded(async () => work(await this.#access.labs(), lab.id), busy);
  }

  #follow(): AbortController {
    this.#following.abort();
    this.#following = new AbortController();
    return this.#following;
  }

  #show(state: AttemptState): void {
    this.#store.dispatch({ type: 'lab', state, at: Date.now() });
  }
}
