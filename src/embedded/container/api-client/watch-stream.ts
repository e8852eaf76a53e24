import type { Obj } from './client.ts';

/** One JSON document a line, as watches send them; the last line may come in pieces. */
export class JsonLines {
  #rest = '';
  readonly #decoder = new TextDecoder();

  push(chunk: Uint8Array): Obj[] {
    const pieces = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = pieces.pop() ?? '';
    return pieces.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Obj);
  }
}
