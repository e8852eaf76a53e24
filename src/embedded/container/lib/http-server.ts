import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type SecureContext, TLSSocket } from 'node:tls';
import { ownValue } from '../../../kernel/own.ts';
import type { Peer } from '../kernel/network.ts';
import type { Process } from '../kernel/process.ts';
import { selfSigned } from './self-signed.ts';

/** `plain`: a request in the clear on a port where TLS was expected; only where `OwnCertificate` is served. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  peer: Peer,
  plain?: boolean,
) => Promise<void>;

/** The certificate for a name that a client asks for; undefined: the server's own. */
export type Certificates = (servername: string) => SecureContext | undefined;

/** HTTPS where clients are asked for a certificate; whose it is, the handler looks at. */
interface ClientCertificates {
  clientCertificates: true;
}

/** HTTPS with the server's own certificates: that of a name, or with `''` that of clients that name none. */
interface OwnCertificate {
  certificate(servername: string): SecureContext | undefined;
}

/**
 * Serves HTTP, or HTTPS with a certificate of its own or with those that `protocol` gives, on a port of the Pod until the
 * process ends. Throws EADDRINUSE.
 */
export function serveHttp(
  p: Process,
  port: number,
  handler: Handler,
  protocol: 'http' | 'https' | Certificates | ClientCertificates | OwnCertificate = 'http',
): () => void {
  const peers = new WeakMap<object, Peer>();
  const inTheClear = new WeakSet<object>();
  const server: Server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    const peer = peers.get(request.socket) ?? { address: '127.0.0.1', port: 0 };
    // The process that serves pays for it, and may be dead by then.
    Promise.resolve(p.status ? undefined : p.step(300))
      .then(() => handler(request, response, peer, inTheClear.has(request.socket)))
      .catch(() => response.destroy());
  });
  // A client that has said all it will still gets its answer (nc, port-forward).
  Object.assign(server, { httpAllowHalfOpen: true });
  const plain = (socket: Duplex, peer: Peer) => {
    peers.set(socket, peer);
    server.emit('connection', socket);
  };
  const secure = (socket: Duplex, peer: Peer) => {
    const own = typeof protocol === 'object' && 'certificate' in protocol ? protocol : undefined;
    const secureContext = own?.certificate('') ?? selfSigned(p.container.clock.now());
    const secured = new TLSSocket(socket, {
      ...{ isServer: true, secureContext },
      ...(own && { SNICallback: (name, done) => done(null, own.certificate(name) ?? secureContext) }),
      ...(typeof protocol === 'object' && !own && { requestCert: true, rejectUnauthorized: false }),
      ...(typeof protocol === 'function' && {
        SNICallback: (name, done) => done(null, protocol(name) ?? secureContext),
      }),
    });
    // A client that breaks off the handshake.
    secured.on('error', () => secured.destroy());
    plain(secured, peer);
  };
  /** Looks at the first byte: a handshake begins with 22. */
  const peek = (socket: Duplex, peer: Peer) => {
    socket.once('data', (chunk: Uint8Array) => {
      socket.pause();
      socket.unshift(chunk);
      if (chunk[0] !== 22) inTheClear.add(socket);
      (chunk[0] === 22 ? secure : plain)(socket, peer);
      socket.resume();
    });
  };
  const peeks = typeof protocol === 'object' && 'certificate' in protocol;
  const accept = protocol === 'http' ? plain : peeks ? peek : secure;
  // Where the handler looks at who asks, or for whom, there is no way around the handshake.
  const secured = protocol === 'https' || peeks ? plain : undefined;
  const stop = p.container.network.listen(p, port, accept, secured);
  p.onExit(() => server.close());
  return stop;
}

const types: Record<string, string> = {
  ...{ html: 'text/html', htm: 'text/html', css: 'text/css', js: 'application/javascript', json: 'application/json' },
  ...{
    txt: 'text/plain',
    xml: 'text/xml',
    svg: 'image/svg+xml',
    png: 'image/png',
    jpg: 'image/jpeg',
    gif: 'image/gif',
  },
};

/** Content type by a file's extension. */
export function contentType(path: string): string {
  return ownValue(types, /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '') ?? 'application/octet-stream';
}

/** Waits until one of the signals comes; each ends a server. Resolves with the signal's number. */
export function untilSignal(p: Process, ...signals: number[]): Promise<number> {
  return p.block((resolve) => {
    for (const n of signals) p.dispositions.set(n, () => resolve(n));
    return undefined;
  });
}
