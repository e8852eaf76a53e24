import { errorText } from '../kernel/errors.ts';
import type { Store } from './store.ts';

/** What the app does in the background: while it lasts the screen says so, and its failure becomes what is shown. */
export class Work {
  readonly #store: Store;
  /** Counts what the screen called busy. */
  #turn = 0;
  /** What is under way can be ended. */
  cancellable = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Does it; never rejects. */
  async guarded(work: () => Promise<void>, busy?: string): Promise<void> {
    if (busy) this.busy(busy);
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
      if (busy && turn === this.#turn) this.busy(undefined);
    }
  }

  busy(text: string | undefined): void {
    this.#store.dispatch({ type: 'busy', text, cancellable: this.cancellable });
  }

  say(text: string): void {
    this.#store.dispatch({ type: 'notice', text });
  }
}
