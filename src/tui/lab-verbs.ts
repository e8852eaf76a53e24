import { systemClock } from '../kernel/clock.ts';
import { DisconnectedError, errorText } from '../kernel/errors.ts';
import { ownValue } from '../kernel/own.ts';
import type { RemoteLabs } from '../session/remote-labs.ts';
import type { AttemptState } from '../session/types.ts';
import { TypingWatch } from '../session/typing.ts';
import { coachOf, type LabsAccess, type Screen } from './access.ts';
import { Chains } from './chains.ts';
import { keyOf } from './keys.ts';
import { isComing, type Question } from './state.ts';
import type { Store } from './store.ts';

/** What the app asks of the daemon. Failures become what is shown; nothing throws. */
export class LabVerbs {
  readonly #store: Store;
  readonly #access: LabsAccess;
  readonly #screen: Screen;
  /** Ends the following of the lab on screen. */
  #following = new AbortController();
  readonly #chains: Chains;
  /** The shell that was asked for and is not there yet. */
  #coming: AbortController | undefined;
  /** A reset was asked for and is not answered yet. */
  #resetting = false;
  /** Counts what the screen called busy. */
  #turn = 0;

  constructor(store: Store, access: LabsAccess, screen: Screen) {
    this.#store = store;
    this.#access = access;
    this.#screen = screen;
    this.#chains = new Chains(store, access);
  }

  /** Starts a scenario, or goes on with it, and follows it until something else is shown. */
  open(scenario: string): void {
    const { dispatch } = this.#store;
    const { signal } = this.#follow();
    dispatch({ type: 'openLab', scenario });
    void this.#guarded(async () => {
      for (let lost = false; ; lost = true) {
        let shown = false;
        const onState = (state: AttemptState) => {
          if (signal.aborted) return;
          if (lost && !shown) dispatch({ type: 'notice', text: undefined });
          dispatch({ type: 'lab', state, at: Date.now() });
          this.#chains.refresh();
          shown = true;
        };
        try {
          const labs = await this.#access.labs();
          const started = await labs.start(
            { scenario, provider: 'embedded', resume: true, ...coachOf(this.#access) },
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
      // That the daemon has gone whoever follows is told.
      onTyping: () => void labs.work({ id }).catch(() => undefined),
    });
  }

  /** The list, with what is in progress; the daemon is started on the way, so that it is warm when it is needed. */
  toList(notice?: string): void {
    const { dispatch } = this.#store;
    this.#follow();
    dispatch({ type: 'openList' });
    if (notice) dispatch({ type: 'notice', text: notice });
    // The daemon first: on its start it takes over what earlier versions left.
    this.#access
      .labs()
      .then((labs) => labs.attempts())
      .then((attempts) => dispatch({ type: 'running', attempts }))
      .then(() => this.#access.progress())
      .then((progress) => dispatch({ type: 'progress', progress }))
      .catch((error: unknown) => dispatch({ type: 'trouble', trouble: errorText(error) }));
  }

  /** Stops following. */
  leave(): void {
    this.cancel();
    this.#following.abort();
  }

  /** The learner's shell, as soon as lab and kubectl are there; what is typed until then is for it. */
  shell(): void {
    const { lab, busy } = this.#store.get();
    if (this.#coming) return this.#say(`${busy ?? 'the shell comes'}; ${this.wayOut()}`);
    if (busy && !this.#resetting) return this.#say(`${busy}; a moment`);
    if (lab && lab.phase !== 'active' && !isComing(lab)) return this.#say('there is no cluster to work on');
    const coming = new AbortController();
    this.#coming = coming;
    const typed = this.#screen.hold(() => this.cancel());
    const { signal } = coming;
    void this.#guarded(
      async () => {
        try {
          const ready = await labReady(this.#store, () => this.#resetting, signal);
          if (!ready) return;
          this.#busy('getting kubectl ready');
          const onStep = (step: string) => {
            if (!signal.aborted) this.#busy(step);
          };
          const kubectl = await abortable(this.#access.kubectl(onStep, signal), signal);
          this.#coming = undefined;
          this.#busy(undefined);
          await this.#screen.lend(() => this.#access.shell(ready, kubectl, typed));
          // The terminal went, and the app with it: asking now would look like work.
          if (this.#following.signal.aborted) return;
          if (this.#store.get().lab?.phase === 'stopped') return;
          // Files in containers don't tell when they change: all is judged anew, and shown to whoever follows.
          const labs = await this.#access.labs();
          void this.#guarded(() => labs.check({ id: ready.id }).then(() => undefined, exceptGone));
        } catch (error) {
          if (!signal.aborted) throw error;
          this.#say('no shell was opened');
        } finally {
          typed.end();
          if (this.#coming === coming) this.#coming = undefined;
        }
      },
      lab?.phase === 'active' && !this.#resetting ? 'getting kubectl ready' : 'the shell opens once the lab is ready',
    );
  }

  /** Ends the wait for the shell; false: nothing under way can be ended. */
  cancel(): boolean {
    this.#coming?.abort(new Error('the learner does not wait'));
    return this.#coming !== undefined;
  }

  /** What can be done while something is under way. */
  wayOut(): string {
    if (this.#coming) return 'Esc cancels';
    return this.#store.get().busy === undefined ? 'Esc goes back' : 'a moment';
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
    void this.#call(async (labs, id) => {
      const verdict = await labs.ask({ check, price, id });
      this.#show(await labs.attempt({ id }));
      this.#store.dispatch({
        type: 'overlay',
        overlay: { kind: 'explain', check, scroll: 0, ...(verdict && { traced: verdict }) },
      });
    });
  }

  debrief(): void {
    const { lab } = this.#store.get();
    if (!lab?.wasSolved && !lab?.sawSolution)
      return this.#say(`the debrief comes after solving; ${keyOf('solution')} gives up`);
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
      if (!view) return this.#say('there is no check to explain yet');
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
    if (id === undefined) return this.toList(`${scenario} has ended already`);
    this.#following.abort();
    void this.#guarded(async () => {
      await (await this.#access.labs()).stop({ id });
      this.toList(`${scenario} has ended, its cluster is gone`);
    }, 'ending');
  }

  /** One call about the lab on screen. */
  #call(work: (labs: RemoteLabs, id: string) => Promise<void>, busy?: string): Promise<void> {
    const { lab } = this.#store.get();
    if (!lab) return Promise.resolve();
    return this.#guarded(async () => work(await this.#access.labs(), lab.id), busy);
  }

  async #guarded(work: () => Promise<void>, busy?: string): Promise<void> {
    if (busy) this.#busy(busy);
    const turn = busy ? ++this.#turn : 0;
    try {
      await work();
    } catch (error) {
      // A failed set-up is on the screen already, as the lab's state.
      const { lab } = this.#store.get();
      const text = errorText(error);
      if (lab?.failure?.what === text.what) return;
      this.#store.dispatch({ type: 'overlay', overlay: { kind: 'problem', ...text, scroll: 0 } });
    } finally {
      // What was begun since then is still under way.
      if (busy && turn === this.#turn) this.#busy(undefined);
    }
  }

  #follow(): AbortController {
    this.#following.abort();
    this.#following = new AbortController();
    return this.#following;
  }

  #show(state: AttemptState): void {
    this.#store.dispatch({ type: 'lab', state, at: Date.now() });
  }

  #busy(text: string | undefined): void {
    this.#store.dispatch({ type: 'busy', text, cancellable: this.#coming !== undefined });
  }

  #say(text: string): void {
    this.#store.dispatch({ type: 'notice', text });
  }
}

/** The lab on screen once it can be worked on; undefined if it comes to nothing. */
function labReady(store: Store, isResetting: () => boolean, signal: AbortSignal): Promise<AttemptState | undefined> {
  return new Promise((resolve, reject) => {
    let begun = false;
    const look = () => {
      const { lab, screen } = store.get();
      begun ||= lab?.phase === 'resetting';
      // A reset that was only just asked for shows in the lab in a moment.
      const isDue = isResetting() && !begun;
      if (screen.name === 'lab' && (isDue || isComing(lab))) return;
      end();
      resolve(lab?.phase === 'active' && lab.cluster ? lab : undefined);
    };
    const onAbort = () => {
      end();
      reject(signal.reason);
    };
    const unsubscribe = store.subscribe(look);
    const end = () => {
      unsubscribe();
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    look();
  });
}

/** Ignores that the daemon has gone, which whoever follows the lab is notified of. */
function exceptGone(error: unknown): void {
  if (!(error instanceof DisconnectedError)) throw error;
}

/** Rejects at once when the signal aborts, whatever becomes of the work. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
