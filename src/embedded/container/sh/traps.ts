import type { Process } from '../kernel/process.ts';
import type { ShellState } from './state.ts';

/** The traps of one shell: signals that have one wait until the command that runs has ended. */
export class Traps {
  readonly #p: Process;
  readonly #state: ShellState;
  readonly #source: (command: string) => Promise<unknown>;
  /** Signals that came and whose traps have not run yet. */
  readonly pending: number[] = [];
  #listeners: (() => void)[] = [];

  /** `source`: runs the text of a trap. */
  constructor(p: Process, state: ShellState, source: (command: string) => Promise<unknown>) {
    this.#p = p;
    this.#state = state;
    this.#source = source;
  }

  /** `signal` 0 is EXIT; undefined as `command`: as it was before there was a trap. */
  set(signal: number, command: string | undefined): void {
    if (command === undefined) this.#state.traps.delete(signal);
    else this.#state.traps.set(signal, command);
    if (signal === 0) return;
    if (command === undefined) this.#p.dispositions.delete(signal);
    else if (command === '') this.#p.dispositions.set(signal, 'ignore');
    else {
      this.#p.dispositions.set(signal, () => {
        this.pending.push(signal);
        for (const listener of this.#listeners.splice(0)) listener();
      });
    }
  }

  /** Runs `listener` when a trapped signal comes; for `wait`, which it interrupts. */
  onSignal(listener: () => void): () => void {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((l) => l !== listener);
    };
  }

  /** Runs those that are due. */
  async run(): Promise<void> {
    for (let signal = this.pending.shift(); signal !== undefined; signal = this.pending.shift()) {
      const command = this.#state.traps.get(signal);
      if (!command) continue;
      const status = this.#state.status;
      await this.#source(command);
      this.#state.status = status;
    }
  }
}
