import { DisconnectedError, errorText } from '../kernel/errors.ts';
import type { LabsAccess } from './access.ts';
import { isOf } from './content.ts';
import type { Store } from './store.ts';

/** Reads the chains of evidence that the app shows. */
export class Chains {
  readonly #store: Store;
  readonly #access: LabsAccess;
  /** Checks whose chains are being read. */
  readonly #reading = new Set<string>();

  constructor(store: Store, access: LabsAccess) {
    this.#store = store;
    this.#access = access;
  }

  /** Reads the chain on screen anew if its verdict has changed. */
  refresh(): void {
    const { overlay, lab } = this.#store.get();
    if (overlay?.kind !== 'explain' || !overlay.traced) return;
    const verdict = lab?.verdicts.find((v) => v.id === overlay.check);
    if (verdict && !isOf(overlay.traced, verdict)) void this.read(overlay.check);
  }

  /** Reads the chain of a check that does not pass, and shows what was asked for of it; one at a time for each check. */
  async read(check: string): Promise<void> {
    const { lab } = this.#store.get();
    const verdict = lab?.verdicts.find((v) => v.id === check);
    if (!lab || !verdict || verdict.status === 'pass' || verdict.level < 3 || this.#reading.has(check)) return;
    this.#reading.add(check);
    try {
      const traced = await (await this.#access.labs()).explain({ check, id: lab.id });
      this.#store.dispatch({ type: 'explained', verdict: traced ?? verdict });
    } catch (error) {
      // The verdict stands as it is. Whoever follows the lab is told that the daemon has gone.
      this.#store.dispatch({ type: 'explained', verdict });
      if (error instanceof DisconnectedError) return;
      const text = `its cause could not be read: ${errorText(error).what}`;
      this.#store.dispatch({ type: 'notice', text });
    } finally {
      this.#reading.delete(check);
    }
  }
}
