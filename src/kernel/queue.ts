/** Values that one side puts in and the other takes out, in order, waiting for them. */
export class Queue<T> implements AsyncIterable<T> {
  readonly #values: { value: T; taken(): void }[] = [];
  #waiting: (() => void) | undefined;
  #ended = false;

  /** Resolves when the value has been taken out, or never will be: who waits for it puts in no more than is taken. */
  push(value: T): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((taken) => {
      this.#values.push({ value, taken });
      this.#waiting?.();
    });
  }

  /** Whoever takes values comes to the end when the ones that are there are gone. */
  end(): void {
    this.#ended = true;
    for (const { taken } of this.#values) taken();
    this.#waiting?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const next = this.#values.shift();
      if (next) {
        next.taken();
        yield next.value;
      } else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#waiting = resolve;
        });
        this.#waiting = undefined;
      }
    }
  }
}
