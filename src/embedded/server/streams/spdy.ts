import { Duplex } from 'node:stream';
import { HeaderReader, HeaderWriter, type SpdyHeaders, uint32 } from './spdy-headers.ts';

const frame = { synStream: 1, synReply: 2, reset: 3, ping: 6, goAway: 7 } as const;
const finFlag = 1;
/** Bytes that may wait in one stream before the whole connection waits. Kubernetes' SPDY knows no windows. */
const streamBuffer = 1024 * 1024;

/** One of the streams in a connection; `headers` are those it was opened with. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #connection: SpdyConnection;
  /** Set while the connection waits for the reader. */
  onRead: (() => void) | undefined;

  constructor(connection: SpdyConnection, id: number, headers: SpdyHeaders) {
    super({ allowHalfOpen: true, readableHighWaterMark: streamBuffer });
    this.#connection = connection;
    this.id = id;
    this.headers = headers;
  }

  override _read(): void {
    const go = this.onRead;
    this.onRead = undefined;
    go?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#connection.sendData(this.id, chunk, false, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#connection.sendData(this.id, Buffer.alloc(0), true, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#connection.forget(this.id, !this.writableFinished);
    done(error);
  }
}

/**
 * The server's side of SPDY/3.1 as Kubernetes uses it for exec, attach and port-forward: streams that the client opens,
 * data, half-close, reset, ping. `transport` carries the bytes: a socket, or the messages of a WebSocket (KEP-4006).
 */
export class SpdyConnection {
  readonly #transport: Duplex;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #reader = new HeaderReader();
  readonly #writer = new HeaderWriter();
  /** Resolves when the connection is over, for whatever reason. */
  readonly closed: Promise<void>;

  constructor(transport: Duplex, onStream: (stream: SpdyStream) => void) {
    this.#transport = transport;
    this.#onStream = onStream;
    this.closed = this.#run().finally(() => {
      for (const stream of [...this.#streams.values()]) stream.destroy();
      this.#reader.close();
      this.#writer.close();
      transport.destroy();
    });
  }

  /** Says goodbye and closes once all is sent. */
  close(): void {
    if (this.#transport.writable) {
      this.#transport.end(controlFrame(frame.goAway, 0, Buffer.concat([uint32(0), uint32(0)])));
    }
  }

  sendData(id: number, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void {
    if (!this.#transport.writable) {
      done(new Error('the connection is closed'));
      return;
    }
    const head = Buffer.alloc(8);
    head.writeUInt32BE(id & 0x7fffffff, 0);
    head.writeUInt32BE(data.length, 4);
    head[4] = fin ? finFlag : 0;
    this.#transport.write(Buffer.concat([head, data]), done);
  }

  forget(id: number, reset: boolean): void {
    if (!this.#streams.delete(id) || !reset || !this.#transport.writable) return;
    const cancel = 5;
    this.#transport.write(controlFrame(frame.reset, 0, Buffer.concat([uint32(id), uint32(cancel)])));
  }

  async #run(): Promise<void> {
    let pending: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of this.#transport as AsyncIterable<Buffer>) {
        pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
        while (pending.length >= 8) {
          const length = pending.readUIntBE(5, 3);
          if (pending.length < 8 + length) break;
          await this.#frame(pending.subarray(0, 8), pending.subarray(8, 8 + length));
          pending = pending.subarray(8 + length);
        }
      }
    } catch {
      // A broken connection or frame ends the session; the streams notice it.
    }
  }

  async #frame(head: Buffer, body: Buffer): Promise<void> {
    const fin = ((head[4] ?? 0) & finFlag) !== 0;
    if (((head[0] ?? 0) & 0x80) === 0) return this.#data(head.readUInt32BE(0), body, fin);
    switch (head.readUInt16BE(2)) {
      case frame.synStream:
        return this.#open(body.readUInt32BE(0) & 0x7fffffff, body.subarray(10), fin);
      case frame.reset: {
        const id = body.readUInt32BE(0) & 0x7fffffff;
        const stream = this.#streams.get(id);
        this.#streams.delete(id);
        stream?.destroy();
        return;
      }
      case frame.ping:
        // The client numbers its pings with odd numbers.
        if (body.readUInt32BE(0) % 2 === 1) this.#transport.write(controlFrame(frame.ping, 0, body));
        return;
      default:
        // SETTINGS, WINDOW_UPDATE, HEADERS, GOAWAY: nothing to do.
        return;
    }
  }

  async #open(id: number, block: Buffer, fin: boolean): Promise<void> {
    const stream = new SpdyStream(this, id, await this.#reader.read(block));
    stream.on('error', () => undefined);
    this.#streams.set(id, stream);
    this.#transport.write(controlFrame(frame.synReply, 0, Buffer.concat([uint32(id), await this.#writer.write({})])));
    if (fin) stream.push(null);
    this.#onStream(stream);
  }

  async #data(id: number, body: Buffer, fin: boolean): Promise<void> {
    const stream = this.#streams.get(id);
    if (!stream || stream.readableEnded) return;
    const room = body.length === 0 || stream.push(body);
    if (fin) stream.push(null);
    else if (!room) {
      await new Promise<void>((resolve) => {
        stream.onRead = resolve;
        stream.once('close', resolve);
      });
    }
  }
}

function controlFrame(type: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(body.length, 4);
  head[4] = flags;
  return Buffer.concat([head, body]);
}
