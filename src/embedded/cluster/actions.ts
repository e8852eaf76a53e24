/** The start of a cluster as a list of actions, each of which can be undone. */

export interface Action {
  /** What is done, for faults. */
  name: string;
  /** What whoever waits for the cluster is told before; undefined: nothing. */
  step?: string;
  run(): void | Promise<void>;
  /** Undoes what was done, also by a `run` that failed half-way. */
  undo?(): void | Promise<void>;
}

/** Runs actions in order and undoes exactly those that were begun, in reverse. */
export class Actions {
  readonly #begun: Pick<Action, 'name' | 'undo'>[] = [];
  readonly #onStep: ((step: string) => void) | undefined;

  constructor(onStep?: (step: string) => void) {
    this.#onStep = onStep;
  }

  /** Rejects with the error of the first action that fails, or of `onStep`; the rest is not begun then. */
  async run(actions: readonly Action[]): Promise<void> {
    for (const action of actions) {
      if (action.step !== undefined) this.#onStep?.(action.step);
      this.#begun.push(action);
      await action.run();
    }
  }

  /** Has something undone that was done before the first action. */
  defer(name: string, undo: () => void | Promise<void>): void {
    this.#begun.push({ name, undo });
  }

  /** Undoes everything; one that fails does not keep the others. Rejects with an AggregateError if any failed. */
  async undo(): Promise<void> {
    const failures: Error[] = [];
    for (const { name, undo } of this.#begun.splice(0).reverse()) {
      try {
        await undo?.();
      } catch (cause) {
        failures.push(new Error(`undoing ${name}: ${(cause as Error).message}`, { cause }));
      }
    }
    if (failures.length === 0) return;
    throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
  }
}
