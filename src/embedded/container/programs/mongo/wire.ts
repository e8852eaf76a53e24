/** MongoDB's wire protocol: OP_MSG with one section of kind 0, documents as BSON. */
import type { Duplex } from 'node:stream';
import { type Document, deserialize, serialize } from 'bson';
import { ByteReader } from '../../database/sockets.ts';
import type { Process } from '../../kernel/process.ts';

const OP_MSG = 2013;
const HEADER_BYTES = 16;
/** `GET `, as the length of a message. */
const HTTP_GET = Buffer.from('GET ').readInt32LE();

interface MongoMessage {
  id: number;
  document: Document;
}

export class MongoMessages {
  readonly #p: Process;
  readonly #socket: Duplex;
  readonly #reader: ByteReader;
  #nextId = 0;

  constructor(p: Process, socket: Duplex) {
    this.#p = p;
    this.#socket = socket;
    this.#reader = new ByteReader(socket, (promise) => p.until(promise));
  }

  /** The next message; `http`: a browser came; undefined: the connection has ended, or speaks something else. */
  async read(): Promise<MongoMessage | 'http' | undefined> {
    const header = await this.#reader.take(HEADER_BYTES);
    if (!header) return undefined;
    const length = header.readInt32LE();
    if (length === HTTP_GET) return 'http';
    const body = await this.#reader.take(length - HEADER_BYTES);
    // Four bytes of flags and the section's kind go before the document.
    if (!body || body.length < 10 || header.readInt32LE(12) !== OP_MSG || body[4] !== 0) return undefined;
    const turn = this.#p.step(20 + (body.length >> 6));
    if (turn) await turn;
    try {
      return { id: header.readInt32LE(4), document: deserialize(body.subarray(5)) };
    } catch {
      // No BSON: as the server does, the connection is closed.
      return undefined;
    }
  }

  /** Sends a document, as an answer to the message `to`. */
  send(document: Document, to = 0): void {
    const bytes = serialize(document);
    const head = Buffer.alloc(HEADER_BYTES + 5);
    head.writeInt32LE(head.length + bytes.length);
    head.writeInt32LE(++this.#nextId, 4);
    head.writeInt32LE(to, 8);
    head.writeInt32LE(OP_MSG, 12);
    this.#socket.write(Buffer.concat([head, bytes]));
  }

  /** Says something that is no message, and ends the connection. */
  end(last = ''): void {
    this.#socket.end(last);
  }
}
