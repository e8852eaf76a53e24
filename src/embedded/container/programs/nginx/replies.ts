/** Answers that nginx makes itself: its pages, redirects, headers. */
import { pipeline } from 'node:stream/promises';
import type { Gzip } from 'node:zlib';
import type { Exchange } from './exchange.ts';
import { gzipped } from './gzip.ts';
import { typeOf } from './types.ts';

const reasons: Readonly<Record<number, string>> = {
  ...{ 301: 'Moved Permanently', 302: 'Found', 303: 'See Other', 307: 'Temporary Redirect', 308: 'Permanent Redirect' },
  ...{ 400: 'Bad Request', 401: 'Authorization Required', 402: 'Payment Required', 403: 'Forbidden', 404: 'Not Found' },
  ...{ 405: 'Not Allowed', 406: 'Not Acceptable', 408: 'Request Time-out', 409: 'Conflict', 410: 'Gone' },
  ...{ 411: 'Length Required', 412: 'Precondition Failed', 413: 'Request Entity Too Large' },
  ...{ 414: 'Request-URI Too Large', 415: 'Unsupported Media Type', 416: 'Requested Range Not Satisfiable' },
  ...{ 421: 'Misdirected Request', 429: 'Too Many Requests', 497: 'The plain HTTP request was sent to HTTPS port' },
  ...{
    500: 'Internal Server Error',
    501: 'Not Implemented',
    502: 'Bad Gateway',
    503: 'Service Temporarily Unavailable',
  },
  ...{ 504: 'Gateway Time-out', 505: 'HTTP Version Not Supported', 507: 'Insufficient Storage' },
};

/** The words of the status line, where they differ from the page's. */
const lines: Readonly<Record<number, string>> = {
  ...{ 200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 206: 'Partial Content', 304: 'Not Modified' },
  302: 'Moved Temporarily',
  401: 'Unauthorized',
};

export const reasonOf = (status: number): string => lines[status] ?? reasons[status] ?? '';

/** `nginx/1.29.3`, or `nginx` where `server_tokens` is off. */
export const serverToken = (x: Exchange): string =>
  /^off$/i.test(x.scope.value('server_tokens') ?? 'on') ? 'nginx' : `nginx/${x.site.version}`;

function page(x: Exchange, status: number): string {
  const reason = status === 497 ? '400 Bad Request' : `${status} ${reasons[status] ?? ''}`.trimEnd();
  const more = status === 497 ? '<center>The plain HTTP request was sent to HTTPS port</center>\r\n' : '';
  const title = status === 497 ? '400 The plain HTTP request was sent to HTTPS port' : reason;
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${reason}</h1></center>\r\n${more}<hr><center>${serverToken(x)}</center>\r\n</body>\r\n</html>\r\n`;
}

export interface Reply {
  status: number;
  body?: string | Uint8Array;
  type?: string;
  headers?: Readonly<Record<string, string>>;
}

/** Statuses that `add_header` without `always` applies to. */
const good = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);

/** The headers that the configuration adds. */
export function addedHeaders(x: Exchange, status: number): [string, string][] {
  return x.scope
    .all('add_header')
    .filter((d) => d.args[2] === 'always' || good.has(status))
    .map((d): [string, string] => [d.args[0] ?? '', x.fill(d.args[1] ?? '')])
    .filter(([, value]) => value !== '');
}

/** `Expires` and `Cache-Control` as `expires` asks for them. */
function expiry(x: Exchange, status: number): [string, string][] {
  const given = x.scope.value('expires');
  if (given === undefined || given === 'off' || !good.has(status)) return [];
  const http = (ms: number) => new Date(ms).toUTCString();
  if (given === 'epoch')
    return [
      ['Expires', 'Thu, 01 Jan 1970 00:00:01 GMT'],
      ['Cache-Control', 'no-cache'],
    ];
  if (given === 'max') {
    return [
      ['Expires', 'Thu, 31 Dec 2037 23:55:55 GMT'],
      ['Cache-Control', 'max-age=315360000'],
    ];
  }
  const [, sign = '', n = '0', unit = 's'] = /^(-?)(\d+)([smhdwMy]?)$/.exec(given) ?? [];
  const length: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, M: 2_592_000, y: 31_536_000 };
  const time = Number(n) * (length[unit] ?? 1) * (sign === '-' ? -1 : 1);
  return [
    ['Expires', http(x.now() + time * 1000)],
    ['Cache-Control', time < 0 ? 'no-cache' : `max-age=${time}`],
  ];
}

/** Writes the head of an answer as nginx orders it. `length` undefined: in chunks. */
export function writeHead(x: Exchange, status: number, own: [string, string][], length: number | undefined): void {
  const { request, response } = x;
  const keep = response.shouldKeepAlive && request.headers.connection?.toLowerCase() !== 'close';
  const headers: [string, string][] = [
    ['Server', serverToken(x)],
    ['Date', new Date(x.now()).toUTCString()],
    ...own.slice(0, 1),
    ...(length === undefined ? [] : [['Content-Length', String(length)] satisfies [string, string]]),
    ...own.slice(1),
    ['Connection', keep ? 'keep-alive' : 'close'],
    ...expiry(x, status),
    ...addedHeaders(x, status),
  ];
  x.status = status;
  x.headBytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 20);
  response.sendDate = false;
  response.writeHead(status === 497 ? 400 : status, reasonOf(status === 497 ? 400 : status), headers.flat());
}

/** Sends an answer that is known as a whole. */
export function send(x: Exchange, { status, body = '', type, headers = {} }: Reply): void {
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  const bare = status === 204 || status === 304;
  const shown = type ?? typeOf(x, x.uri);
  const own: [string, string][] = bare ? [] : [['Content-Type', withCharset(x, shown)]];
  const { headers: all, gzip } = gzipped(x, status, [...own, ...Object.entries(headers)], content.length);
  writeHead(x, status, all, bare || gzip ? undefined : content.length);
  if (gzip) {
    x.sent = compress(x, content, gzip);
    return;
  }
  x.bodyBytes = x.request.method === 'HEAD' || bare ? 0 : content.length;
  x.response.end(x.bodyBytes === 0 ? undefined : content);
}

async function compress(x: Exchange, content: Uint8Array, gzip: Gzip): Promise<void> {
  // About what it takes: zlib works on another thread, of which nobody knows.
  await x.site.p.step(content.length >> 5);
  gzip.on('data', (chunk: Buffer) => {
    x.bodyBytes += chunk.length;
  });
  gzip.end(content);
  // The client has gone.
  await pipeline(gzip, x.response).catch(() => x.response.destroy());
}

function withCharset(x: Exchange, type: string): string {
  const charset = x.scope.value('charset') ?? 'off';
  return charset === 'off' || !/^text\/(html|plain|xml)|application\/(javascript|rss\+xml)/.test(type)
    ? type
    : `${type}; charset=${charset}`;
}

/** One of nginx' own pages. A redirection has its `Location` in `headers`. */
export function sendPage(x: Exchange, status: number, headers: Readonly<Record<string, string>> = {}): void {
  send(x, { status, body: page(x, status), type: 'text/html', headers });
}

/** An absolute URL for a `Location` that begins with a slash: with the port that nginx listens on. */
export function absolute(x: Exchange, target: string): string {
  if (!target.startsWith('/') || !x.scope.flag('absolute_redirect', true)) return target;
  const host = x.scope.flag('server_name_in_redirect', false)
    ? (x.server.names[0]?.text ?? '')
    : x.variable('host') || x.serverAddress;
  const usual = x.port === (x.secure ? 443 : 80) || !x.scope.flag('port_in_redirect', true);
  return `${x.secure ? 'https' : 'http'}://${host}${usual ? '' : `:${x.port}`}${target}`;
}
