import type { Duplex } from 'node:stream';

/** Reads exact numbers of bytes from a connection. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #until: <T>(promise: Promise<T>) => Promise<T>;
  #held = Buffer.alloc(0);

  /** `until` waits for a promise as the process does that reads. */
  constructor(socket: Duplex, until: <T>(promise: Promise<T>) => Promise<T>) {
    this.#chunks = socket[Symbol.asyncIterator]();
    this.#until = until;
  }

  /** So many bytes; undefined: the connection ended before, or no message may be so long. */
  async take(count: number): Promise<Buffer | undefined> {
    if (count < 0 || count > MAX_MESSAGE) return undefined;
    while (this.#held.length < count) {
      // A connection that breaks off has ended, like one that is closed.
      const next = await this.#until(this.#chunks.next()).catch(() => undefined);
      if (!next || next.done) return undefined;
      this.#held = Buffer.concat([this.#held, next.value]);
    }
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }
}

const MAX_MESSAGE = 16 * 1024 * 1024;
