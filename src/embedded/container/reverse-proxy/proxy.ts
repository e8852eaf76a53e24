import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as tlsConnect } from 'node:tls';
import { ownValue } from '../../../kernel/own.ts';
import { isSysError } from '../kernel/errno.ts';
import type { Peer } from '../kernel/network.ts';
import type { Process } from '../kernel/process.ts';
import { resolveHost } from '../kernel/resolver.ts';
import type { Endpoint, Forward, HeaderChanges, Redirect } from './routing.ts';

/** nginx' proxy_connect_timeout in ingress-nginx. */
const connectTimeoutMs = 5000;

const reasons: Readonly<Record<number, string>> = {
  ...{
    301: 'Moved Permanently',
    302: 'Found',
    308: 'Permanent Redirect',
    404: 'Not Found',
    500: 'Internal Server Error',
  },
  ...{ 502: 'Bad Gateway', 503: 'Service Temporarily Unavailable', 504: 'Gateway Time-out' },
};

/** nginx' own page for a status. */
export function statusPage(status: number): string {
  const title = `${status} ${reasons[status] ?? ''}`.trimEnd();
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
}

/** What was answered, for the access log. */
export interface Outcome {
  status: number;
  bytes: number;
  upstream?: { name: string; address: string; status: number | undefined };
}

export function respond(response: ServerResponse, status: number, headers: Record<string, string> = {}): Outcome {
  const page = statusPage(status);
  response.writeHead(status, { 'Content-Type': 'text/html', 'Content-Length': page.length, ...headers });
  response.end(page);
  return { status, bytes: page.length };
}

export function redirect(
  request: IncomingMessage,
  response: ServerResponse,
  action: Redirect,
  scheme: string,
): Outcome {
  const { pathname, search } = new URL(request.url ?? '/', 'http://x');
  const [name = '', port] = (request.headers.host ?? '').split(':');
  const to = action.scheme ?? scheme;
  // A scheme that changes takes its own port with it.
  const number = action.port ?? (action.scheme === undefined && port !== undefined ? Number(port) : undefined);
  const usual = number === undefined || number === (to === 'https' ? 443 : 80);
  const host = `${action.hostname ?? name}${usual ? '' : `:${number}`}`;
  return respond(response, action.status, {
    Location: `${to}://${host}${action.path?.(pathname) ?? pathname}${search}`,
  });
}

/** Where a request goes: see `Backend`. */
export interface Upstream {
  name: string;
  endpoints: readonly Endpoint[];
  secure: boolean;
}

/** Passes a request on to an endpoint of the backend, the next one if that can't be reached, and the answer back. */
export async function forward(
  p: Process,
  request: IncomingMessage,
  response: ServerResponse,
  action: Forward,
  backend: Upstream,
  peer: Peer & { scheme: string },
): Promise<Outcome> {
  if (backend.endpoints.length === 0) return respond(response, 503);
  const first = Math.floor(Math.random() * backend.endpoints.length);
  let last = { endpoint: backend.endpoints[first] as Endpoint, status: 502 };
  for (let i = 0; i < backend.endpoints.length; i++) {
    const endpoint = backend.endpoints[(first + i) % backend.endpoints.length] as Endpoint;
    try {
      const socket = await open(p, endpoint, backend.secure);
      return await pass(request, response, action, { backend, endpoint, socket, peer });
    } catch (error) {
      if (!isSysError(error)) throw error;
      last = { endpoint, status: error.code === 'ETIMEDOUT' ? 504 : 502 };
    }
  }
  const { endpoint, status } = last;
  const upstream = { name: backend.name, address: `${endpoint.address}:${endpoint.port}`, status };
  return { ...respond(response, status), upstream };
}

async function open(p: Process, { address: host, port }: Endpoint, secure: boolean): Promise<Duplex> {
  const [address = '0.0.0.0'] = await resolveHost(p, host);
  const socket = await p.container.network.connect(p, address, port, connectTimeoutMs);
  // nginx asks nobody whose certificate it is.
  return secure ? tlsConnect({ socket, rejectUnauthorized: false }) : socket;
}

interface Hop {
  backend: Upstream;
  endpoint: Endpoint;
  socket: Duplex;
  peer: Peer & { scheme: string };
}

async function pass(request: IncomingMessage, response: ServerResponse, action: Forward, hop: Hop): Promise<Outcome> {
  const { pathname, search } = new URL(request.url ?? '/', 'http://x');
  const path = `${action.rewrite?.(pathname) ?? pathname}${search}`;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = httpRequest(
    {
      method: request.method,
      path,
      headers: upstreamHeaders(request, action, hop),
      createConnection: () => hop.socket,
    },
    resolve,
  );
  outgoing.on('error', reject);
  request.pipe(outgoing);
  const name = { name: hop.backend.name, address: `${hop.endpoint.address}:${hop.endpoint.port}` };
  let answer: IncomingMessage;
  try {
    answer = await promise;
  } catch {
    return { ...respond(response, 502), upstream: { ...name, status: 502 } };
  }
  const status = answer.statusCode ?? 502;
  const headers: Record<string, string | string[]> = {};
  for (const [key, value] of Object.entries(answer.headers)) {
    if (value !== undefined && key !== 'connection' && key !== 'server') headers[key] = value;
  }
  response.writeHead(status, changed(headers, action.responseHeaders));
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await pipeline(answer, response);
  return { status, bytes, upstream: { ...name, status } };
}

function upstreamHeaders(request: IncomingMessage, action: Forward, { peer }: Hop): Record<string, string | string[]> {
  const { host = '', connection: _, ...given } = request.headers;
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(given)) if (value !== undefined) kept[name] = value;
  const forwarded = {
    host: action.hostname ?? host,
    connection: 'close',
    'x-request-id': randomBytes(16).toString('hex'),
    'x-real-ip': peer.address,
    'x-forwarded-for': peer.address,
    'x-forwarded-host': host,
    'x-forwarded-port': peer.scheme === 'https' ? '443' : '80',
    'x-forwarded-proto': peer.scheme,
    'x-forwarded-scheme': peer.scheme,
    'x-scheme': peer.scheme,
  };
  return changed({ ...kept, ...forwarded }, action.requestHeaders);
}

function changed(
  headers: Record<string, string | string[]>,
  { set = [], add = [], remove = [] }: HeaderChanges = {},
): Record<string, string | string[]> {
  const result = { ...headers };
  for (const name of remove) delete result[name.toLowerCase()];
  for (const { name, value } of set) result[name.toLowerCase()] = value;
  for (const { name, value } of add) {
    const before = ownValue(result, name.toLowerCase());
    result[name.toLowerCase()] = before === undefined ? value : `${before},${value}`;
  }
  return result;
}
