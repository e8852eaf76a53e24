/** The proxy module: hands requests on. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as tlsConnect } from 'node:tls';
import { isSysError } from '../../kernel/errno.ts';
import { errnoText } from './errno.ts';
import type { Exchange } from './exchange.ts';
import type { Outcome } from './files.ts';
import { gzipped } from './gzip.ts';
import { logRequestError } from './logs.ts';
import type { Directive } from './parse.ts';
import { absolute, writeHead } from './replies.ts';
import { askResolver } from './resolver.ts';
import { milliseconds } from './scope.ts';
import { type Target, targetOf } from './target.ts';
import { Peers, splitAddress, type UpstreamPeer } from './upstreams.ts';

const failed = (status: number): Outcome => ({ kind: 'status', status });

/** Answers a request with what the upstream of `d` says. */
export async function proxy(x: Exchange, d: Directive): Promise<Outcome> {
  const source = d.args[0] ?? '';
  const dynamic = source.includes('$');
  const target = targetOf(x.fill(source));
  if (!target) {
    await logRequestError(x, 'error', `invalid URL prefix in "${x.fill(source)}"`);
    return failed(500);
  }
  const usual = target.scheme === 'https' ? 443 : 80;
  const { host, port } = splitAddress(target.authority, usual);
  x.proxied = { host: target.authority, port: String(port) };
  let peers = x.site.upstreams.get(target.authority) ?? x.site.resolved.get(`${host}:${port}`);
  if (!peers) {
    const found = isIP(host) ? [host] : await askResolver(x, host);
    if (!found) return failed(502);
    peers = Peers.of(found, port);
  }
  return tryPeers(x, peers, target, uriFor(x, target, dynamic));
}

/** The URI that is asked for: the location's part replaced by what proxy_pass gives. */
function uriFor(x: Exchange, { uri }: Target, dynamic: boolean): string {
  const args = x.args === '' ? '' : `?${x.args}`;
  if (uri === undefined)
    return x.redirects === 0 && !x.changed && !x.internal ? (x.request.url ?? '/') : `${encode(x.uri)}${args}`;
  if (dynamic) return uri.startsWith('?') ? `/${uri}` : uri;
  const rest = x.locationPattern.startsWith('/') ? x.uri.slice(x.locationPattern.length) : '';
  return `${uri.startsWith('?') ? `/${uri}` : uri}${encode(rest)}${args}`;
}

const encode = (path: string) => encodeURI(path).replace(/[?#]/g, encodeURIComponent);

async function tryPeers(x: Exchange, peers: Peers, target: Target, path: string): Promise<Outcome> {
  const tried = new Set<UpstreamPeer>();
  const retry = x.scope.args('proxy_next_upstream') ?? ['error', 'timeout'];
  let status = 502;
  for (let left = Number(x.scope.value('proxy_next_upstream_tries') ?? 0) || peers.size; left > 0; left--) {
    const peer = peers.next(tried, x.peer.address, peers.key === '' ? '' : x.fill(peers.key), x.now());
    if (!peer) {
      await logRequestError(
        x,
        'error',
        'no live upstreams while connecting to upstream',
        `${target.scheme}://${target.authority}${path}`,
      );
      if (tried.size === 0)
        x.upstream.push({ address: target.authority, status: '502', ms: 0, connectMs: 0, bytes: 0 });
      return failed(502);
    }
    tried.add(peer);
    const result = await tryPeer(x, peer, target, path, left > 1 ? retry : []);
    if (result.kind !== 'retry') return result;
    ({ status } = result);
    peer.fails = x.now() - peer.failedAt > peer.failTimeoutMs ? 1 : peer.fails + 1;
    peer.failedAt = x.now();
    if (!retry.includes(status === 504 ? 'timeout' : 'error')) break;
  }
  return failed(status);
}

type Tried = Outcome | { kind: 'retry'; status: number };

async function tryPeer(
  x: Exchange,
  peer: UpstreamPeer,
  target: Target,
  path: string,
  retry: readonly string[],
): Promise<Tried> {
  const { p } = x.site;
  const url = `${target.scheme}://${peer.address}:${peer.port}${path}`;
  const entry = { address: `${peer.address}:${peer.port}`, status: '502', ms: 0, connectMs: 0, bytes: 0 };
  x.upstream.push(entry);
  const from = x.now();
  let socket: Duplex;
  try {
    const timeout = milliseconds(x.scope.value('proxy_connect_timeout'), 60_000);
    socket = await p.container.network.connect(p, peer.address, peer.port, timeout);
  } catch (error) {
    if (!isSysError(error)) throw error;
    const late = error.code === 'ETIMEDOUT';
    const text = late ? 'upstream timed out (110: Connection timed out)' : `connect() failed ${errnoText(error)}`;
    await logRequestError(x, 'error', `${text} while connecting to upstream`, url);
    entry.status = late ? '504' : '502';
    return { kind: 'retry', status: late ? 504 : 502 };
  }
  peer.active++;
  entry.connectMs = x.now() - from;
  try {
    const answer = await exchangeWith(x, target, path, socket);
    entry.status = String(answer.statusCode ?? 502);
    entry.ms = x.now() - from;
    if (retry.includes(`http_${answer.statusCode}`)) {
      answer.resume();
      return { kind: 'retry', status: answer.statusCode ?? 502 };
    }
    peer.fails = 0;
    const outcome = await passBack(x, answer, target, entry);
    return outcome;
  } catch (error) {
    if (!(error instanceof Error) || error.message === 'killed') throw error;
    const late = error.message === 'read timeout';
    const text = late
      ? 'upstream timed out (110: Connection timed out) while reading response header from upstream'
      : /ssl|tls|certificate/i.test(error.message)
        ? `SSL_do_handshake() failed (SSL: ${error.message}) while SSL handshaking to upstream`
        : 'upstream prematurely closed connection while reading response header from upstream';
    await logRequestError(x, 'error', text, url);
    entry.status = late ? '504' : '502';
    if (x.response.headersSent) {
      x.response.destroy();
      return { kind: 'done' };
    }
    // What has been sent with a body can't be sent again.
    return x.request.method === 'GET' || x.request.method === 'HEAD'
      ? { kind: 'retry', status: late ? 504 : 502 }
      : failed(502);
  } finally {
    peer.active--;
    socket.destroy();
  }
}

function exchangeWith(x: Exchange, target: Target, path: string, socket: Duplex): Promise<IncomingMessage> {
  const { p } = x.site;
  const limit = milliseconds(x.scope.value('proxy_read_timeout'), 60_000);
  const stream =
    target.scheme === 'https'
      ? tlsConnect({
          socket,
          rejectUnauthorized: false,
          ...(x.scope.flag('proxy_ssl_server_name', false) && { servername: splitAddress(target.authority).host }),
        })
      : socket;
  return p.block<IncomingMessage>((resolve, reject) => {
    const timer = p.container.clock.after(limit, () => reject(new Error('read timeout')));
    const settle = (use: () => void) => {
      timer.cancel();
      use();
    };
    const outgoing: ClientRequest = httpRequest({
      ...{ method: x.scope.value('proxy_method') ?? x.request.method, path, setHost: false },
      headers: requestHeaders(x).flat(),
      createConnection: () => stream,
    });
    outgoing.once('response', (answer) => settle(() => resolve(answer)));
    outgoing.on('error', (error) => settle(() => reject(error)));
    x.request.pipe(outgoing);
    return () => {
      timer.cancel();
      outgoing.destroy();
    };
  });
}

/** What nginx sends on: its own Host and Connection, what proxy_set_header says, the rest as it came. */
function requestHeaders(x: Exchange): [string, string][] {
  const set = new Map<string, string>([
    ['host', x.proxied.host],
    ['connection', 'close'],
  ]);
  const names = new Map<string, string>([
    ['host', 'Host'],
    ['connection', 'Connection'],
  ]);
  for (const { args } of x.scope.all('proxy_set_header')) {
    const [name = '', value = ''] = args;
    set.set(name.toLowerCase(), x.fill(value));
    names.set(name.toLowerCase(), name);
  }
  const headers: [string, string][] = [];
  for (const [name, value] of set) if (value !== '') headers.push([names.get(name) ?? name, value]);
  if (!x.scope.flag('proxy_pass_request_headers', true)) return headers;
  const hop = new Set(['connection', 'keep-alive', 'expect', 'upgrade', 'host']);
  const raw = x.request.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const [name = '', value = ''] = raw.slice(i, i + 2);
    if (!hop.has(name.toLowerCase()) && !set.has(name.toLowerCase())) headers.push([name, value]);
  }
  return headers;
}

/** Headers of an upstream that nginx does not hand back. */
const hidden = new Set(['server', 'date', 'x-pad', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']);

async function passBack(
  x: Exchange,
  answer: IncomingMessage,
  target: Target,
  entry: { bytes: number; ms: number },
): Promise<Outcome> {
  const status = answer.statusCode ?? 502;
  for (const [name, value] of Object.entries(answer.headers)) x.upstreamHeaders[name] = String(value ?? '');
  if (status >= 300 && x.scope.flag('proxy_intercept_errors', false) && x.scope.all('error_page').length > 0) {
    answer.resume();
    return failed(status);
  }
  const hide = new Set(x.scope.all('proxy_hide_header').map((d) => (d.args[0] ?? '').toLowerCase()));
  const headers: [string, string][] = [];
  const raw = answer.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const [name = '', value = ''] = raw.slice(i, i + 2);
    const key = name.toLowerCase();
    if (hidden.has(key) || hide.has(key)) continue;
    headers.push([name, key === 'location' ? redirected(x, value, target) : value]);
  }
  headers.sort(([a], [b]) => Number(b.toLowerCase() === 'content-type') - Number(a.toLowerCase() === 'content-type'));
  const length = answer.headers['content-length'];
  const size = length === undefined ? undefined : Number(length);
  const { headers: all, gzip } = gzipped(x, status, headers, size);
  writeHead(x, status, all, gzip ? undefined : size);
  answer.on('data', (chunk: Buffer) => {
    entry.bytes += chunk.length;
  });
  (gzip ?? answer).on('data', (chunk: Buffer) => {
    if (x.request.method !== 'HEAD') x.bodyBytes += chunk.length;
  });
  if (gzip) await pipeline(answer, gzip, x.response);
  else await pipeline(answer, x.response);
  return { kind: 'done' };
}

/** `proxy_redirect default`, or what it says itself. */
function redirected(x: Exchange, location: string, target: Target): string {
  const rules = x.scope.all('proxy_redirect').map((d) => d.args);
  const standard: readonly [string, string] = [
    `${target.scheme}://${target.authority}${target.uri ?? '/'}`,
    x.locationPattern || '/',
  ];
  for (const [from = 'default', to = ''] of rules.length > 0 ? rules : [['default']]) {
    if (from === 'off') return location;
    const [prefix, replacement] = from === 'default' ? standard : [x.fill(from), x.fill(to)];
    if (location.startsWith(prefix)) return absolute(x, replacement + location.slice(prefix.length));
  }
  return location;
}
