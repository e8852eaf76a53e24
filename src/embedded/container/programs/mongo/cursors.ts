import { type Document, Long } from 'bson';
import { numberOf } from './compare.ts';
import { MongoFault } from './fault.ts';

/** Documents of a first answer where a client says nothing else. */
const FIRST_BATCH = 101;

/** The results of one connection that were not fetched yet. */
export class Cursors {
  readonly #open = new Map<number, { ns: string; rest: readonly Document[] }>();
  #last = 0;

  /** The answer to a command that finds documents. */
  first(ns: string, documents: readonly Document[], batchSize: unknown, single = false): Document {
    const size = numberOf(batchSize) ?? FIRST_BATCH;
    const rest = documents.slice(size);
    const open = rest.length > 0 && !single;
    if (open) this.#open.set(++this.#last, { ns, rest });
    return { cursor: { firstBatch: documents.slice(0, size), id: Long.fromNumber(open ? this.#last : 0), ns } };
  }

  /** Throws MongoFault 43. */
  next(id: number, batchSize: unknown): Document {
    const cursor = this.#open.get(id);
    if (!cursor) throw new MongoFault(43, `cursor id ${id} not found`);
    const size = numberOf(batchSize) ?? cursor.rest.length;
    const rest = cursor.rest.slice(size);
    if (rest.length > 0) this.#open.set(id, { ns: cursor.ns, rest });
    else this.#open.delete(id);
    return {
      cursor: { nextBatch: cursor.rest.slice(0, size), id: Long.fromNumber(rest.length > 0 ? id : 0), ns: cursor.ns },
    };
  }

  close(id: number): boolean {
    return this.#open.delete(id);
  }
}
