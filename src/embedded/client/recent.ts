/** As client-go's caches of events. */
const size = 4096;

/** A map in the order in which its entries were set last, that forgets the oldest when they are too many. */
export class Recent<V> extends Map<string, V> {
  override set(key: string, value: V): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > size) {
      for (const oldest of this.keys()) {
        this.delete(oldest);
        break;
      }
    }
    return this;
  }
}

/** The same for what means nothing any more when it has not been set for a while: then it is forgotten, too. */
export class Passing<V extends { at: number }> extends Recent<V> {
  readonly #ms: number;

  /** @param ms how long after its `at` an entry means something, on the clock that `at` is from */
  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  override set(key: string, value: V): this {
    super.set(key, value);
    for (const [oldest, { at }] of this) {
      if (value.at - at <= this.#ms) break;
      this.delete(oldest);
    }
    return this;
  }
}
