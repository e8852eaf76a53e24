import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import type { User } from '../api.ts';
import { badRequest, isApiError, tooLarge } from '../registry/status.ts';
import { type RequestInfo, requestInfo } from './request-info.ts';

export type ServerRequest = IncomingMessage | Http2ServerRequest;
export type ServerReply = ServerResponse | Http2ServerResponse;

/** kube-apiserver's limit of a request body. */
const bodyLimit = 3 * 1024 * 1024;

/** Bytes that may wait for a slow client. */
const streamBacklog = 64 * 1024 * 1024;

/** One for all: what is made where none is given, with its stack, costs more than the rest of a request. */
const requestOver = new Error('the request is over');

/** A request to speak something else on this connection (HTTP/1.1 only). */
export interface Upgrade {
  protocol: 'websocket' | 'spdy/3.1';
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  /** The connection is the handler's from now on; no HTTP answer follows. */
  take(): void;
  readonly taken: boolean;
}

/** One request on its way through the filters to a handler, and its answer. HTTP/1.1 and HTTP/2 alike. */
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

  constructor(request: ServerRequest, reply: ServerReply, upgrade?: Upgrade) {
    this.upgrade = upgrade;
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
   * @throws 413 above 3 MiB, 400 if it ends too early
   */
  async body(): Promise<Buffer> {
    if (Number(this.headers['content-length'] ?? 0) > bodyLimit) throw this.#tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of this.request as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > bodyLimit) throw this.#tooLarge();
        chunks.push(chunk);
      }
    } catch (error) {
      // The client broke off in the middle.
      throw isApiError(error) ? error : badRequest('unexpected EOF');
    }
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  }

  #tooLarge() {
    // Read on to the end, or a client that is still sending never reads the answer.
    this.request.resume();
    return tooLarge(`Request entity too large: limit is ${bodyLimit}`);
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

  /** A piece of a stream. A client that doesn't read for long is cut off. */
  write(chunk: string | Uint8Array): void {
    const reply = this.reply as ServerResponse;
    if (reply.destroyed || reply.writableEnded) return;
    reply.write(chunk);
    if (reply.writableLength > streamBacklog) {
      this.abort();
      reply.destroy();
    }
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

  /** The whole answer at once. */
  send(status: number, contentType: string | undefined, body: string | Uint8Array): void {
    const { reply } = this;
    if (reply.headersSent || reply.destroyed) return;
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    this.head(status, { ...(contentType !== undefined && { 'Content-Type': contentType }), 'Content-Length': length });
    (reply as ServerResponse).end(this.info.method === 'HEAD' ? undefined : body);
  }
}

/** A quoted-string of RFC 7230; line ends and other control characters can't be in a header. */
function quoteWarning(text: string): string {
  const safe = text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/[\\"]/g, '\\$&');
  return `"${Buffer.from(safe).toString('latin1')}"`;
}
