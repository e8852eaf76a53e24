/** Built-in variables of a request: ngx_http_variables.c, and those of the modules that are here. */

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ownValue } from '../../../../kernel/own.ts';
import type { Peer } from '../../kernel/network.ts';
import { formatDate } from '../date.ts';

/** What variables are made from: a request, and what was answered so far. */
interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  peer: Peer;
  port: number;
  secure: boolean;
  uri: string;
  args: string;
  serial: number;
  connection: number;
  startedAt: number;
  status: number;
  bodyBytes: number;
  headBytes: number;
  requestLength: number;
  serverAddress: string;
  tls: { protocol: string; cipher: string; name: string };
  proxied: { host: string; port: string };
  upstream: readonly { address: string; status: string; ms: number; connectMs: number; bytes: number }[];
  upstreamHeaders: Readonly<Record<string, string>>;
  server: { names: readonly { text: string }[] };
  site: {
    hostname: string;
    version: string;
    counters: { active: number; writing: number };
    workerPid(): number;
  };
  now(): number;
  filename(): string;
  root(): string;
  user(): string;
}

type Read = (x: Exchange) => string;

const header = (x: Exchange, name: string): string => {
  const value = ownValue(x.request.headers, name);
  return value === undefined ? '' : Array.isArray(value) ? value.join(', ') : value;
};

/** Without port, lower case; the server's own name if the request has none. */
function hostOf(x: Exchange): string {
  const host = header(x, 'host').replace(/:\d*$/, '').toLowerCase();
  return host === '' ? (x.server.names[0]?.text ?? '') : host;
}

const seconds = (ms: number) => (ms / 1000).toFixed(3);

const variables: Readonly<Record<string, Read>> = {
  args: (x) => x.args,
  query_string: (x) => x.args,
  is_args: (x) => (x.args === '' ? '' : '?'),
  uri: (x) => x.uri,
  document_uri: (x) => x.uri,
  request_uri: (x) => x.request.url ?? '/',
  request: (x) => `${x.request.method} ${x.request.url} HTTP/${x.request.httpVersion}`,
  request_method: (x) => x.request.method ?? 'GET',
  request_id: (x) => createHash('md5').update(`${x.serial} ${x.startedAt} ${x.site.hostname}`).digest('hex'),
  request_time: (x) => seconds(x.now() - x.startedAt),
  request_length: (x) => String(x.requestLength),
  request_filename: (x) => x.filename(),
  request_body: () => '',
  request_completion: (x) => (x.request.complete ? 'OK' : ''),
  document_root: (x) => x.root(),
  realpath_root: (x) => x.root(),
  host: hostOf,
  hostname: (x) => x.site.hostname,
  http_host: (x) => header(x, 'host'),
  server_name: (x) => x.server.names[0]?.text.replace('$hostname', x.site.hostname) ?? '',
  server_addr: (x) => x.serverAddress,
  server_port: (x) => String(x.port),
  server_protocol: (x) => `HTTP/${x.request.httpVersion}`,
  scheme: (x) => (x.secure ? 'https' : 'http'),
  https: (x) => (x.secure ? 'on' : ''),
  ssl_protocol: (x) => (x.secure ? x.tls.protocol : ''),
  ssl_cipher: (x) => (x.secure ? x.tls.cipher : ''),
  ssl_server_name: (x) => (x.secure ? x.tls.name : ''),
  remote_addr: (x) => x.peer.address,
  remote_port: (x) => String(x.peer.port),
  remote_user: (x) => x.user(),
  binary_remote_addr: (x) => x.peer.address,
  content_type: (x) => header(x, 'content-type'),
  content_length: (x) => header(x, 'content-length'),
  status: (x) => String(x.status || '000'),
  body_bytes_sent: (x) => String(x.bodyBytes),
  bytes_sent: (x) => String(x.bodyBytes + x.headBytes),
  connection: (x) => String(x.connection),
  connection_requests: () => '1',
  connections_active: (x) => String(x.site.counters.active),
  connections_reading: () => '0',
  connections_writing: (x) => String(x.site.counters.writing),
  connections_waiting: (x) => String(Math.max(0, x.site.counters.active - x.site.counters.writing)),
  msec: (x) => seconds(x.now()),
  time_local: (x) => formatDate(x.now(), '%d/%b/%Y:%H:%M:%S +0000'),
  time_iso8601: (x) => formatDate(x.now(), '%Y-%m-%dT%H:%M:%S+00:00'),
  date_gmt: (x) => formatDate(x.now(), '%A, %d-%b-%Y %H:%M:%S GMT'),
  date_local: (x) => formatDate(x.now(), '%A, %d-%b-%Y %H:%M:%S GMT'),
  nginx_version: (x) => x.site.version,
  pid: (x) => String(x.site.workerPid()),
  pipe: () => '.',
  limit_rate: () => '0',
  proxy_host: (x) => x.proxied.host,
  proxy_port: (x) => x.proxied.port,
  proxy_add_x_forwarded_for: (x) => {
    const before = header(x, 'x-forwarded-for');
    return before === '' ? x.peer.address : `${before}, ${x.peer.address}`;
  },
  upstream_addr: (x) => x.upstream.map((u) => u.address).join(', '),
  upstream_status: (x) => x.upstream.map((u) => u.status).join(', '),
  upstream_response_time: (x) => x.upstream.map((u) => seconds(u.ms)).join(', '),
  upstream_connect_time: (x) => x.upstream.map((u) => seconds(u.connectMs)).join(', '),
  upstream_header_time: (x) => x.upstream.map((u) => seconds(u.ms)).join(', '),
  upstream_response_length: (x) => x.upstream.map((u) => u.bytes).join(', '),
  upstream_cache_status: () => '',
  gzip_ratio: () => '',
};

/** Names that begin so have a value for whatever follows. */
const families: Readonly<Record<string, (x: Exchange, rest: string) => string>> = {
  arg_: (x, name) => {
    for (const pair of x.args.split('&')) {
      const [key = '', ...value] = pair.split('=');
      if (key.toLowerCase() === name) return value.join('=');
    }
    return '';
  },
  http_: (x, name) => header(x, name.replaceAll('_', '-')),
  cookie_: (x, name) => {
    for (const pair of header(x, 'cookie').split(/;\s*/)) {
      const [key = '', ...value] = pair.split('=');
      if (key.toLowerCase() === name) return value.join('=');
    }
    return '';
  },
  sent_http_: (x, name) => String(x.response.getHeader(name.replaceAll('_', '-')) ?? ''),
  upstream_http_: (x, name) => ownValue(x.upstreamHeaders, name.replaceAll('_', '-')) ?? '',
};

const familyOf = (name: string) => Object.keys(families).find((prefix) => name.startsWith(prefix));

export const knownVariable = (name: string): boolean => Object.hasOwn(variables, name) || familyOf(name) !== undefined;

/** The value of a built-in variable. */
export function builtIn(x: Exchange, name: string): string {
  if (Object.hasOwn(variables, name)) return variables[name]?.(x) ?? '';
  const family = familyOf(name);
  return family === undefined ? '' : (families[family]?.(x, name.slice(family.length)) ?? '');
}
