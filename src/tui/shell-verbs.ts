import { DisconnectedError } from '../kernel/errors.ts';
import type { AttemptState } from '../session/types.ts';
import type { LabsAccess, Screen } from './access.ts';
import { ShellDesk } from './shell-desk.ts';
import { isComing } from './state.ts';
import type { Store } from './store.ts';
import type { Work } from './work.ts';

/** What can be asked of the lab's shell: to come, in a pane where there can be one, and what is about that pane. */
export class ShellVerbs {
  readonly #store: Store;
  readonly #access: LabsAccess;
  readonly #screen: Screen;
  readonly #work: Work;
  readonly #isResetting: () => boolean;
  readonly #desk: ShellDesk;
  /** The shell that was asked for and is not there yet. */
  #coming: AbortController | undefined;
  #closed = false;

  /** `isResetting`: a reset was asked for and is not answered yet. */
  constructor(store: Store, access: LabsAccess, screen: Screen, work: Work, isResetting: () => boolean) {
    this.#store = store;
    this.#access = access;
    this.#screen = screen;
    this.#work = work;
    this.#isResetting = isResetting;
    this.#desk = new ShellDesk(store, access, screen, { onLeft: (id) => this.#judgeAnew(id) });
  }

  /** The learner's shell, as soon as lab and kubectl are there; what is typed until then is for it. */
  open(): void {
    const { lab, busy } = this.#store.get();
    if (this.#coming) return this.#work.say(`${busy ?? 'the shell comes'}; ${this.wayOut()}`);
    if (busy && !this.#isResetting()) return this.#work.say(`${busy}; a moment`);
    if (lab && lab.phase !== 'active' && !isComing(lab)) return this.#work.say('there is no cluster to work on');
    if (lab?.phase === 'active' && this.#desk.has(lab.id)) return this.#desk.enter();
    const coming = new AbortController();
    this.#come(coming);
    const why =
      lab?.phase === 'active' && !this.#isResetting() ? kubectlFirst : 'the shell opens once the lab is ready';
    void this.#work.guarded(() => this.#bring(coming), why);
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

  /** The key that moves the focus; where there is no pane yet it is the shell's. */
  focusKey(at: number): void {
    const { screen, overlay, busy } = this.#store.get();
    if (this.#desk.press(at)) return;
    if (screen.name !== 'lab') return this.#work.say('the shell comes with a lab; Enter starts one');
    if (overlay?.kind === 'confirm' || busy !== undefined) return;
    this.open();
  }

  /** Whether the mouse is for programs in the pane, the other way from now on. */
  mouse(): void {
    const on = this.#desk.switchMouse();
    this.#work.say(
      on ? "the mouse is for programs in the shell's pane; m: no longer" : "the mouse is the terminal's again",
    );
  }

  /** The shell beside the app, in the multiplexer around it. */
  split(): void {
    void this.#work.guarded(async () => {
      const { lab } = this.#store.get();
      if (lab?.phase !== 'active') return this.#work.say('there is no cluster to work on');
      const where = await this.#access.split?.(lab);
      this.#work.say(
        where ? `a split of ${where} has the shell` : 'a split needs tmux, zellij or WezTerm around the app',
      );
    });
  }

  /** Ends all shells. */
  close(): void {
    this.#closed = true;
    this.cancel();
    this.#desk.close();
  }

  async #bring(coming: AbortController): Promise<void> {
    const { signal } = coming;
    const typed = this.#screen.hold(() => this.cancel());
    let isPane = false;
    try {
      const ready = await labReady(this.#store, this.#isResetting, signal);
      if (!ready) return;
      this.#work.busy(kubectlFirst);
      const onStep = (step: string) => {
        if (!signal.aborted) this.#work.busy(step);
      };
      const kubectl = await abortable(this.#access.kubectl(onStep, signal), signal);
      this.#come(undefined);
      this.#work.busy(undefined);
      isPane = await this.#desk.open(ready, kubectl, typed);
      if (isPane) return;
      await this.#screen.lend(() => this.#access.shell(ready, kubectl, typed));
      this.#judgeAnew(ready.id);
    } catch (error) {
      if (!signal.aborted) throw error;
      this.#work.say('no shell was opened');
    } finally {
      if (!isPane) typed.end();
      if (this.#coming === coming) this.#come(undefined);
    }
  }

  #come(coming: AbortController | undefined): void {
    this.#coming = coming;
    this.#work.cancellable = coming !== undefined;
  }

  /** Files in containers don't tell when they change: after the shell all is judged anew, and shown to whoever follows. */
  #judgeAnew(id: string): void {
    // The terminal went, and the app with it: asking now would look like work.
    if (this.#closed || this.#store.get().lab?.phase === 'stopped') return;
    void this.#work.guarded(async () => {
      const labs = await this.#access.labs();
      await labs.check({ id }).then(() => undefined, exceptGone);
    });
  }
}

const kubectlFirst = 'getting kubectl ready';

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
