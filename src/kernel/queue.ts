/** Values that one side puts in and the other takes out, in order, waiting for them. */
export class Queue<T> implements AsyncIterable<T> {
  readonly #values: T[] = [];
  #waiting: (() => void) | undefined;
  #ended = false;

  push(value: T): void {
    this.#values.push(value);
    this.#waiting?.();
  }

  /** Whoever takes values comes to the end when the ones that are there are gone. */
  end(): void {
    this.#ended = true;
    this.#waiting?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const [value] = this.#values.splice(0, 1);
      if (value !== undefined) yield value;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#waiting = resolve;
        });
        this.#waiting = undefined;
      }
    }
  }
}
