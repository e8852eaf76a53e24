/** The parts of the control plane that can be away: each runs as long as a process of its static Pod does. */

/** A part: what starts it, and which other ones it can't do without. */
export interface Part {
  name: string;
  needs: readonly string[];
  /** Runs until `signal` aborts; resolves when it has started. */
  start?(signal: AbortSignal): Promise<void>;
  /** Resolves when it is over, after its signal was aborted. */
  stopped?(): Promise<void>;
}

interface State {
  part: Part;
  /** The processes that do its work. */
  processes: Set<string>;
  /** It runs although no process does: none was there yet, or all of them died with the node. */
  retained: boolean;
  running: AbortController | undefined;
}

/**
 * Holds every part in the state that its processes say. Parts begin retained: as if their processes were about to come,
 * which the first one of them ends.
 */
export class ControlPlaneParts {
  readonly #states: Map<string, State>;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: readonly Part[]) {
    this.#states = new Map(
      parts.map((part) => [part.name, { part, processes: new Set(), retained: true, running: undefined }]),
    );
  }

  /** A part that nothing holds waits for its first process. Before `start` only. */
  release(name: string): void {
    const state = this.#states.get(name);
    if (state) state.retained = false;
  }

  /** Starts what is to run, and ends what of the rest ran already; resolves when all is so. */
  async start(): Promise<void> {
    await this.#settle();
    for (const { part, running } of this.#states.values()) if (!running) await part.stopped?.();
  }

  /** A process of a part has come or gone. Resolves with whether all that the part needs is there. */
  async report(name: string, process: string, runs: boolean): Promise<boolean> {
    const state = this.#states.get(name);
    if (!state || this.#closed) return true;
    state.retained = false;
    if (runs) state.processes.add(process);
    else state.processes.delete(process);
    await this.#settle();
    return state.part.needs.every((need) => this.#isOn(need));
  }

  /** All processes died at once, with the machine; they will be started again. */
  lost(): void {
    for (const state of this.#states.values()) {
      if (state.processes.size > 0) state.retained = true;
      state.processes.clear();
    }
  }

  /** Ends all parts; nothing is started any more. */
  async close(): Promise<void> {
    this.#closed = true;
    const states = [...this.#states.values()];
    for (const { running } of states) running?.abort();
    for (const { part } of states) await part.stopped?.();
  }

  #isOn(name: string): boolean {
    const state = this.#states.get(name);
    if (!state) return true;
    return (state.retained || state.processes.size > 0) && state.part.needs.every((need) => this.#isOn(need));
  }

  /** One change after the other: what starts may take a moment. */
  #settle(): Promise<void> {
    this.#work = this.#work.then(async () => {
      for (const state of this.#states.values()) {
        const on = this.#isOn(state.part.name) && !this.#closed;
        if (on && !state.running) {
          state.running = new AbortController();
          await state.part.start?.(state.running.signal);
        } else if (!on && state.running) {
          state.running.abort();
          state.running = undefined;
          await state.part.stopped?.();
        }
      }
    });
    return this.#work;
  }
}
