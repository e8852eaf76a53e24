/** gRPC over a connection of the simulated network: HTTP/2 is Node's, the frames around messages are here. */
import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { grpcCodes, type Method, RpcError } from '../../etcd/messages.ts';
import { decode, encode } from '../../etcd/wire.ts';

/** One call as its server sees it. */
export interface Call {
  path: string;
  /** The messages of the client. */
  messages: AsyncIterable<Uint8Array>;
  send(message: Uint8Array): void;
  /** Aborts when the client has gone. */
  signal: AbortSignal;
}

/** Messages within a body: a flag, four bytes of length, the message. */
async function* unframed(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      yield rest.subarray(5, end);
      rest = rest.subarray(end);
    }
  }
}

function framed(message: Uint8Array): Uint8Array {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/**
 * Answers HTTP/2 on a connection: calls by `handle`, which ends them with its promise (an RpcError is their status), and
 * other requests by `plain`.
 */
export function serveHttp2(
  socket: Duplex,
  handle: (call: Call) => Promise<void>,
  plain: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): void {
  const session = performServerHandshake(socket);
  session.on('error', () => {});
  session.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    if (!headers['content-type']?.startsWith('application/grpc')) return plain(stream, headers);
    const gone = new AbortController();
    stream.once('close', () => gone.abort());
    let status: RpcError | undefined;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => {
      const message = status && { 'grpc-message': encodeURIComponent(status.message).replaceAll('%20', ' ') };
      stream.sendTrailers({ 'grpc-status': String(status?.code ?? 0), ...message });
    });
    const send = (message: Uint8Array) => void (stream.writable && stream.write(framed(message)));
    handle({
      path: headers[':path'] ?? '',
      messages: unframed(stream.iterator({ destroyOnReturn: false })),
      send,
      signal: gone.signal,
    })
      .catch((error: unknown) => {
        status = error instanceof RpcError ? error : new RpcError(grpcCodes.internal, String(error));
      })
      .finally(() => stream.end());
  });
}

/** A connection to a gRPC server. */
export class GrpcConnection {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  /** Resolves when the server has sent its preface; rejects with the connection's error, or one called EOF. */
  static open(socket: Duplex, authority: string): Promise<GrpcConnection> {
    return new Promise((resolve, reject) => {
      const session = connect(`http://${authority}`, { createConnection: () => socket });
      // A rejected promise stays one: later errors have no one to hear them.
      session.on('error', reject);
      const closed = () => reject(new Error('EOF'));
      session.once('close', closed);
      socket.once('end', closed);
      socket.once('error', reject);
      session.once('remoteSettings', () => resolve(new GrpcConnection(session)));
    });
  }

  /** The one answer to a call. Rejects with an RpcError. */
  async unary<T>(method: Method, request: object, signal?: AbortSignal): Promise<T> {
    for await (const response of this.stream<T>(method, request, signal)) return response;
    throw new RpcError(grpcCodes.internal, 'the server sent no answer');
  }

  /** The answers to a call, for as long as the server sends them. Throws an RpcError. */
  async *stream<T>(method: Method, request: object, signal?: AbortSignal): AsyncGenerator<T> {
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': method.path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const stop = () => stream.close(constants.NGHTTP2_CANCEL);
    signal?.addEventListener('abort', stop, { once: true });
    let status: IncomingHttpHeaders = {};
    stream.on('response', (headers) => {
      status = headers;
    });
    stream.on('trailers', (trailers) => {
      status = trailers;
    });
    stream.end(framed(encode(method.request, request)));
    try {
      for await (const message of unframed(stream)) yield decode<T>(method.response, message);
    } catch (error) {
      if (error instanceof RpcError) throw error;
      throw new RpcError(grpcCodes.unavailable, `error reading from server: ${(error as Error).message}`);
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
    }
    const code = Number(status['grpc-status'] ?? grpcCodes.unavailable);
    if (code !== 0) throw new RpcError(code, decodeURIComponent(String(status['grpc-message'] ?? 'EOF')));
  }

  close(): void {
    this.#session.destroy();
  }
}
