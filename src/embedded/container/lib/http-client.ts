/** HTTP over the simulated network; TLS is real, verified against what the program trusts. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { resolveHost } from '../kernel/resolver.ts';
import { shakeHands } from './tls.ts';

/** Why a request got no response. `kind` decides a tool's words and exit code. */
export class HttpFailure extends Error {
  readonly kind: 'resolve' | 'dns-timeout' | 'refused' | 'timeout' | 'certificate' | 'tls' | 'reset' | 'empty';
  /** For `certificate`: OpenSSL's or Node's code. */
  readonly code: string;

  constructor(kind: HttpFailure['kind'], message: string, code = '') {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

export interface TlsOptions {
  /** PEM of what is trusted; undefined: nothing, as there are no public authorities here. */
  ca?: string;
  insecure?: boolean;
  cert?: string;
  key?: string;
  servername?: string;
}

export interface HttpRequest {
  method: string;
  url: URL;
  /** In order, as given; Host is added if it is missing. */
  headers: [string, string][];
  body?: Uint8Array;
  tls?: TlsOptions;
  /** Address to use instead of resolving the host. */
  address?: string;
  connectTimeoutMs?: number;
}

export interface HttpResponse {
  status: number;
  statusText: string;
  httpVersion: string;
  /** Names as sent. */
  headers: [string, string][];
  header(name: string): string | undefined;
  /** Chunks of the body; throws HttpFailure if the connection breaks. */
  body(): AsyncGenerator<Uint8Array>;
  /** The whole body. */
  bytes(): Promise<Uint8Array>;
  close(): void;
}

/** What happens before the response, for `-v`. */
export interface ConnectEvents {
  resolved?(addresses: string[]): Promise<void>;
  connecting?(address: string, port: number): Promise<void>;
  connected?(address: string, port: number): Promise<void>;
  secured?(socket: TLSSocket): Promise<void>;
}

export interface Connection {
  socket: Duplex;
  address: string;
}

export function portOf(url: URL): number {
  return url.port !== '' ? Number(url.port) : url.protocol === 'https:' ? 443 : 80;
}

/** Resolves and connects, with TLS if the URL says so. Throws HttpFailure. */
export async function openConnection(p: Process, r: HttpRequest, events: ConnectEvents = {}): Promise<Connection> {
  const host = r.url.hostname.replace(/^\[|\]$/g, '');
  const port = portOf(r.url);
  let addresses: string[];
  if (r.address !== undefined) addresses = [r.address];
  else {
    try {
      addresses = await resolveHost(p, host, r.connectTimeoutMs);
    } catch (error) {
      if (!isSysError(error)) throw error;
      throw new HttpFailure('dns-timeout', `Resolving timed out`);
    }
  }
  if (addresses.length === 0) throw new HttpFailure('resolve', `Could not resolve host: ${host}`);
  await events.resolved?.(addresses);
  let failure: HttpFailure | undefined;
  for (const address of addresses) {
    try {
      await events.connecting?.(address, port);
      const socket = await p.container.network.connect(p, address, port, r.connectTimeoutMs);
      await events.connected?.(address, port);
      return {
        socket: r.url.protocol === 'https:' ? await secure(p, socket, host, r.tls ?? {}, events) : socket,
        address,
      };
    } catch (error) {
      if (!isSysError(error)) throw error;
      failure = new HttpFailure(error.code === 'ECONNREFUSED' ? 'refused' : 'timeout', error.message, address);
    }
  }
  throw failure ?? new HttpFailure('resolve', `Could not resolve host: ${host}`);
}

/** How many sets of certificates are kept read. */
const keptContexts = 100;
const contexts = new Map<string, SecureContext>();

/** What a connection trusts and shows. Reading certificates costs as much as a handshake; a loop of curl has the same each time. */
function contextOf({ ca, cert, key }: TlsOptions): SecureContext {
  const name = JSON.stringify([ca, cert, key]);
  const known = contexts.get(name);
  if (known) return known;
  const context = createSecureContext({
    ca: ca ?? [],
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  });
  const [oldest] = contexts.keys();
  if (contexts.size >= keptContexts && oldest !== undefined) contexts.delete(oldest);
  contexts.set(name, context);
  return context;
}

async function secure(
  p: Process,
  socket: Duplex,
  host: string,
  options: TlsOptions,
  events: ConnectEvents,
): Promise<TLSSocket> {
  const servername = options.servername ?? (/^[\d.]+$|:/.test(host) ? undefined : host);
  let secured: TLSSocket;
  try {
    const handshake = { servername, secureContext: contextOf(options), ALPNProtocols: ['http/1.1'] };
    secured = await shakeHands(p, socket, handshake, () => new Error('closed'));
  } catch (error) {
    if (!(error instanceof Error) || error.message === 'killed') throw error;
    socket.destroy();
    throw new HttpFailure('tls', error.message, 'code' in error ? String(error.code) : '');
  }
  if (!options.insecure) {
    const code = secured.authorizationError;
    if (code) {
      secured.destroy();
      throw new HttpFailure('certificate', String(code), String(code));
    }
    const mismatch = checkServerIdentity(servername ?? host, secured.getPeerCertificate());
    if (mismatch) {
      secured.destroy();
      throw new HttpFailure('certificate', mismatch.message, 'ERR_TLS_CERT_ALTNAME_INVALID');
    }
  }
  await events.secured?.(secured);
  return secured;
}

/** Sends a request over an open connection. Throws HttpFailure. */
export async function exchange(p: Process, r: HttpRequest, connection: Connection): Promise<HttpResponse> {
  const headers: [string, string][] = [...r.headers];
  if (!headers.some(([name]) => name.toLowerCase() === 'host')) headers.unshift(['Host', r.url.host]);
  if (r.body && !headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))) {
    headers.push(['Content-Length', String(r.body.length)]);
  }
  let response: IncomingMessage;
  try {
    response = await p.block<IncomingMessage>((resolve, reject) => {
      const outgoing = httpRequest({
        createConnection: () => connection.socket,
        method: r.method,
        path: `${r.url.pathname}${r.url.search}`,
        headers: headers.flat(),
        setHost: false,
      });
      outgoing.once('response', resolve);
      outgoing.on('error', reject);
      outgoing.end(r.body);
      return () => {
        outgoing.destroy();
        connection.socket.destroy();
      };
    });
  } catch (error) {
    if (!(error instanceof Error) || error.message === 'killed') throw error;
    const code = 'code' in error ? String(error.code) : '';
    throw new HttpFailure(code === 'ECONNRESET' ? 'empty' : 'reset', error.message, code);
  }
  return wrap(p, response, connection);
}

function wrap(p: Process, response: IncomingMessage, connection: Connection): HttpResponse {
  const raw = response.rawHeaders;
  const headers: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) headers.push([raw[i] ?? '', raw[i + 1] ?? '']);
  const close = () => {
    response.destroy();
    connection.socket.destroy();
  };
  async function* body(): AsyncGenerator<Uint8Array> {
    const iterator = response[Symbol.asyncIterator]();
    try {
      for (;;) {
        let next: IteratorResult<Uint8Array>;
        try {
          next = await p.until(iterator.next());
        } catch (error) {
          if (!(error instanceof Error) || error.message === 'killed') throw error;
          throw new HttpFailure('reset', error.message);
        }
        if (next.done) return;
        const turn = p.step(2 + (next.value.length >> 8));
        if (turn) await turn;
        yield next.value;
      }
    } finally {
      close();
    }
  }
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    httpVersion: response.httpVersion,
    headers,
    header: (name) => headers.find(([n]) => n.toLowerCase() === name.toLowerCase())?.[1],
    body,
    bytes: async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body()) {
        p.charge(chunk.length);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    },
    close,
  };
}
