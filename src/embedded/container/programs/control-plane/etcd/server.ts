/** What etcd serves on its client addresses: its API by gRPC, `/health` and `/version`. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import { type Header, type MethodName, methods, RpcError, type WatchResponse } from '../../../../etcd/messages.ts';
import { decode, encode } from '../../../../etcd/wire.ts';
import type { EtcdAnswer } from '../../../../node-api.ts';
import type { Process } from '../../../kernel/process.ts';
import { type Call, serveHttp2 } from '../../../lib/grpc.ts';

/** Files of the server's side of TLS, PEM; `clientCa`: clients have to show a certificate of it. */
export interface ServerTls {
  cert: string;
  key: string;
  clientCa?: string;
}

/** How often a watch looks for what has happened. */
const watchEveryMs = 100;
/** Of a snapshot, a message. */
const blobBytes = 64 * 1024;
const preface = 'PRI * HTTP/2';

const byPath = new Map(Object.entries(methods).map(([name, method]) => [method.path, name as MethodName]));

/** Asks for a call's answer. Rejects with an RpcError. */
async function call(p: Process, method: MethodName, request: object): Promise<object> {
  const answer = (await p.until(
    p.container.askNode({ kind: 'etcd', question: { op: 'call', method, request } }),
  )) as EtcdAnswer;
  if (answer.kind === 'error') throw new RpcError(answer.code, answer.message);
  return answer.response;
}

async function handle(p: Process, { path, messages, send, signal }: Call): Promise<void> {
  const name = byPath.get(path);
  if (!name) throw new RpcError(12, `not simulated: ${path}`);
  const method = methods[name];
  for await (const message of messages) {
    const request = decode<object>(method.request, message);
    if (name === 'watch') return await watch(p, request as WatchRequest, send, signal);
    const response = await call(p, name, request);
    if (name !== 'snapshot') return send(encode(method.response, response));
    const { blob, ...rest } = response as { blob: Uint8Array };
    for (let at = 0; at < blob.length; at += blobBytes) {
      const part = blob.subarray(at, at + blobBytes);
      send(encode(method.response, { ...rest, blob: part, remaining_bytes: blob.length - at - part.length }));
    }
    return;
  }
}

interface WatchRequest {
  create_request?: { key: Uint8Array; range_end: Uint8Array; start_revision: number; prev_kv: boolean };
}

async function watch(
  p: Process,
  { create_request: create }: WatchRequest,
  send: Call['send'],
  signal: AbortSignal,
): Promise<void> {
  if (!create) return;
  const tell = (response: Partial<WatchResponse>) => send(encode(methods.watch.response, response));
  const look = (from: number) =>
    call(p, 'watch', { ...create, start_revision: from }) as Promise<{
      header: Header;
      events: WatchResponse['events'];
    }>;
  const { header } = await look(Number.MAX_SAFE_INTEGER);
  tell({ header, created: true });
  let next = create.start_revision || header.revision + 1;
  while (!signal.aborted && !p.status) {
    const { header: now, events } = await look(next);
    const told = create.prev_kv ? events : events.map(({ prev_kv: _, ...event }) => event);
    if (told.length > 0) tell({ header: now, events: told });
    next = Math.max(next, now.revision + 1);
    await p.sleep(watchEveryMs);
  }
}

interface Page {
  status: number;
  type: string;
  body: string;
}

const cors = {
  'access-control-allow-headers': 'accept, content-type, authorization',
  'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE',
  'access-control-allow-origin': '*',
};

function page(path: string): Page {
  if (path === '/health')
    return { status: 200, type: 'text/plain; charset=utf-8', body: '{"health":"true","reason":""}' };
  if (path === '/version') {
    const body = '{"etcdserver":"3.6.6","etcdcluster":"3.6.0","storage":"3.6.0"}';
    return { status: 200, type: 'application/json', body };
  }
  return { status: 404, type: 'text/plain; charset=utf-8', body: '404 page not found\n' };
}

/** Serves on a port of the Pod until the process ends. Throws EADDRINUSE; an Error for certificates that can't be used. */
export function serveClients(p: Process, port: number, tls: ServerTls | undefined): void {
  const http = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { status, type, body } = page((request.url ?? '/').split('?')[0] ?? '/');
    response.writeHead(status, { ...cors, 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
  p.onExit(() => http.close());
  const accept = (socket: Duplex, isHttp2: boolean) => {
    if (!isHttp2) return void http.emit('connection', socket);
    serveHttp2(
      socket,
      (one) => handle(p, one),
      (stream, headers) => {
        const { status, type, body } = page((headers[':path'] ?? '/').split('?')[0] ?? '/');
        stream.respond({ ':status': status, ...cors, 'content-type': type, 'content-length': Buffer.byteLength(body) });
        stream.end(body);
      },
    );
  };
  if (!tls) {
    p.container.network.listen(p, port, (socket) => {
      socket.once('data', (first: Uint8Array) => {
        socket.pause();
        socket.unshift(first);
        accept(socket, Buffer.from(first).toString('latin1').startsWith(preface.slice(0, first.length)));
        socket.resume();
      });
    });
    return;
  }
  const { cert, key, clientCa } = tls;
  const secureContext = createSecureContext({ cert, key, ...(clientCa !== undefined && { ca: clientCa }) });
  p.container.network.listen(p, port, (socket) => {
    const wants = { requestCert: clientCa !== undefined, rejectUnauthorized: clientCa !== undefined };
    const secure = new TLSSocket(socket, {
      ...{ isServer: true, secureContext, ALPNProtocols: ['h2', 'http/1.1'] },
      ...wants,
    });
    secure.on('error', () => secure.destroy());
    secure.once('secure', () => {
      // Node leaves what is not of the right authority to whoever made the socket.
      if (wants.requestCert && verifyError(secure)) return secure.destroy();
      if (secure.alpnProtocol === 'h2') accept(plain(secure), true);
      else accept(secure, false);
    });
  });
}

/** What is said over TLS as a stream of its own: Node's HTTP/2 waits for ever for a server's TLSSocket that it has not made. */
function plain(secure: TLSSocket): Duplex {
  const stream = new Duplex({
    read: () => void secure.resume(),
    write: (chunk, _, done) => void secure.write(chunk, done),
    final: (done) => void secure.end(done),
    destroy: (error, done) => {
      secure.destroy();
      done(error);
    },
  });
  secure.on('data', (chunk) => {
    if (!stream.push(chunk)) secure.pause();
  });
  secure.once('end', () => stream.push(null));
  secure.once('close', () => stream.destroy());
  return stream;
}

/** What is wrong with the certificate that the other end has shown. */
function verifyError(socket: TLSSocket): Error | undefined {
  // The name that Node's own servers read; types know it as a field of later.
  const { ssl } = socket as unknown as { ssl: { verifyError(): Error | null } };
  return ssl.verifyError() ?? undefined;
}
