import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import type { User } from '../api.ts';
import { badRequest, isApiError, tooLarge, tooManyRequests } from '../errors/status.ts';
import type { Upgrade } from '../upgrade.ts';
import { type Hold, type MemoryBudget, processBudget } from './memory-budget.ts';
import { type RequestInfo, requestInfo } from './request-info.ts';

export type ServerRequest = IncomingMessage | Http2ServerRequest;
export type ServerReply = ServerResponse | Http2ServerResponse;

/** kube-apiserver's limit of a request body. */
const bodyLimit = 3 * 1024 * 1024;

/** Answers beyond so many bytes go out piece by piece, as the client reads them. */
const largeAnswer = 256 * 1024;
const pieceSize = 64 * 1024;

/** One for all: what is made where none is given, with its stack, costs more than the rest of a request. */
const requestOver = new Error('the request is over');

/**
 * One request on its way through the filters to a handler, and its answer. HTTP/1.1 and HTTP/2 alike.
 *
 * Large because everything that handlers may do with a connection goes through it, so that all of it is counted and ends
 * with the client.
 */
export class Exchange {
  readonly info: RequestInfo;
  readonly request: ServerRequest;
  readonly reply: ServerReply;
  readonly headers: IncomingHttpHeaders;
  /** Set by authentication, replaced by impersonation. */
  user: User = { name: '', groups: [] };
  #over = false;
  #controller: AbortController | undefined;
  readonly #warnings: string[] = [];

  readonly upgrade: Upgrade | undefined;
  readonly #budget: MemoryBudget;

  constructor(request: ServerRequest, reply: ServerReply, upgrade?: Upgrade, budget: MemoryBudget = processBudget) {
    this.upgrade = upgrade;
    this.#budget = budget;
    this.request = request;
    this.reply = reply;
    this.headers = request.headers;
    this.info = requestInfo(request.method ?? 'GET', request.url ?? '/');
    reply.on('close', () => this.abort());
    reply.setHeader('Audit-Id', randomUUID());
    reply.setHeader('Cache-Control', 'no-cache, private');
  }

  /** Aborts when the client has gone, the request's time is over or the server stops. Made for those who ask for it. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#over) this.#controller.abort(requestOver);
    }
    return this.#controller.signal;
  }

  /** Ends everything that goes on for this request. */
  abort(): void {
    this.#over = true;
    this.#controller?.abort(requestOver);
  }

  /** Adds a Warning header (199 and up are for people; Kubernetes uses 299); duplicates are dropped. */
  warn(text: string): void {
    if (!this.#warnings.includes(text)) this.#warnings.push(text);
  }

  /** All values of a header that may come several times, in order. */
  values(name: string): string[] {
    const values: string[] = [];
    const { rawHeaders } = this.request;
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      if (rawHeaders[i]?.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? '');
    }
    return values;
  }

  /** The TLS connection; on HTTP/2 a view of it that allows reading its facts. */
  get socket(): TLSSocket {
    const { request } = this;
    const socket = 'stream' in request ? request.stream.session?.socket : request.socket;
    return socket as TLSSocket;
  }

  /**
   * The whole body.
   * @throws 413 above 3 MiB, 400 if it ends too early, 429 while too much is being received from all clients
   */
  async body(): Promise<Buffer> {
    if (Number(this.headers['content-length'] ?? 0) > bodyLimit) throw this.#tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    const hold = this.#budget.hold(() => this.destroy());
    try {
      for await (const chunk of this.request as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > bodyLimit) throw this.#tooLarge();
        if (!this.#budget.hasRoom(chunk.length)) throw this.#tooMany();
        hold.set(size);
        chunks.push(chunk);
      }
    } catch (error) {
      // The client broke off in the middle.
      throw isApiError(error) ? error : badRequest('unexpected EOF');
    } finally {
      hold.release();
    }
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  }

  #tooLarge() {
    // Read on to the end, or a client that is still sending never reads the answer.
    this.request.resume();
    return tooLarge(`Request entity too large: limit is ${bodyLimit}`);
  }

  #tooMany() {
    this.request.resume();
    return tooManyRequests('Too many requests, please try again later.', 1);
  }

  /** Status line and headers; warnings go with them. */
  head(status: number, headers: Record<string, string | number | string[]>): void {
    const reply = this.reply as ServerResponse;
    if (this.#warnings.length > 0) {
      reply.setHeader(
        'Warning',
        this.#warnings.map((text) => `299 - ${quoteWarning(text)}`),
      );
    }
    reply.writeHead(status, headers);
  }

  /** Sends what is there already: the head of a stream. */
  flush(): void {
    (this.reply as ServerResponse).flushHeaders();
  }

  /** A piece of a stream. False: the client does not keep up; `onceDrained` tells when it has caught up. */
  write(chunk: string | Uint8Array): boolean {
    const reply = this.reply as ServerResponse;
    if (reply.destroyed || reply.writableEnded) return true;
    return reply.write(chunk);
  }

  /** Bytes that the client has still to read. */
  get waiting(): number {
    return this.reply.writableLength;
  }

  onceDrained(listener: () => void): void {
    this.reply.once('drain', listener);
  }

  /** Calls back when the answer is over, whichever way it ended. */
  onceClosed(listener: () => void): void {
    if (this.reply.destroyed) listener();
    else this.reply.once('close', listener);
  }

  /** Cuts the client off: of half an answer only its breaking off tells. */
  destroy(): void {
    this.abort();
    this.reply.destroy();
  }

  /** Copies a stream to its end; a client that goes, or a source that breaks, ends it as well. */
  async pipe(source: Readable): Promise<void> {
    try {
      await pipeline(source, this.reply as ServerResponse, { signal: this.signal });
    } catch {
      source.destroy();
      this.reply.destroy();
    }
  }

  end(): void {
    const reply = this.reply as ServerResponse;
    if (!reply.destroyed && !reply.writableEnded) reply.end();
  }

  /** The whole answer; a large one as fast as the client reads it. */
  send(status: number, contentType: string | undefined, body: string | Uint8Array): void {
    const { reply } = this;
    if (reply.headersSent || reply.destroyed) return;
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    this.head(status, { ...(contentType !== undefined && { 'Content-Type': contentType }), 'Content-Length': length });
    if (this.info.method === 'HEAD') (reply as ServerResponse).end();
    else if (length <= largeAnswer) (reply as ServerResponse).end(body);
    else {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      this.#pump(piecesOf(bytes), (written) => length - written);
    }
  }

  /** An answer that is made while the client reads it; a small one goes at once, with its length. */
  sendParts(status: number, contentType: string, parts: Iterable<Uint8Array>): void {
    const { reply } = this;
    if (reply.headersSent || reply.destroyed) return;
    const pieces = joinedPieces(parts);
    const first = pieces.next();
    const second = first.done ? first : pieces.next();
    if (second.done) return this.send(status, contentType, first.done ? '' : first.value);
    this.head(status, { 'Content-Type': contentType });
    if (this.info.method === 'HEAD') return this.end();
    const all = (function* () {
      yield first.value;
      yield second.value;
      yield* pieces;
    })();
    this.#pump(all, () => 0);
  }

  /** Writes pieces while the client reads; `rest` says how many bytes are kept for those still to come. */
  #pump(pieces: Iterator<Uint8Array>, rest: (written: number) => number): void {
    const hold: Hold = this.#budget.hold(() => this.destroy());
    this.onceClosed(() => hold.release());
    let written = 0;
    const next = () => {
      for (;;) {
        const piece = this.reply.destroyed ? ({ done: true } as const) : pieces.next();
        if (piece.done) return this.end();
        written += piece.value.length;
        const goOn = this.write(piece.value);
        hold.set(rest(written) + this.waiting);
        if (goOn) continue;
        return this.onceDrained(next);
      }
    };
    next();
  }
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceSize) yield bytes.subarray(at, at + pieceSize);
}

/** Small parts together in pieces of up to `largeAnswer`, so that few writes are needed. */
function* joinedPieces(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for (const part of parts) {
    if (size > 0 && size + part.length > largeAnswer) {
      yield Buffer.concat(pending);
      pending = [];
      size = 0;
    }
    pending.push(part);
    size += part.length;
  }
  if (size > 0) yield Buffer.concat(pending);
}

/** A quoted-string of RFC 7230; line ends and other control characters can't be in a header. */
function quoteWarning(text: string): string {
  const safe = text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/[\\"]/g, '\\$&');
  return `"${Buffer.from(safe).toString('latin1')}"`;
}
