/** What a process waits for, all of which ends with it. */
export class Waits {
  readonly #aborts = new Set<() => void>();

  /**
   * Waits for something: `start` is given the ways to end the wait and returns how to give it up. Rejects with what `ended`
   * makes if the process dies meanwhile.
   */
  wait<T>(
    start: (resolve: (value: T) => void, reject: (error: unknown) => void) => (() => void) | undefined,
    ended: () => Error,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let done = false;
      let cancel: (() => void) | undefined;
      const abort = () => {
        if (!finish()) return;
        cancel?.();
        reject(ended());
      };
      const finish = () => {
        if (done) return false;
        done = true;
        this.#aborts.delete(abort);
        return true;
      };
      this.#aborts.add(abort);
      cancel = start(
        (value) => finish() && resolve(value),
        (error) => finish() && reject(error),
      );
    });
  }

  abortAll(): void {
    for (const abort of [...this.#aborts]) abort();
  }
}
