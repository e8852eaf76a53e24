/** ngx_http_gzip_module: which answers are compressed, and their headers then. */

import { createGzip, type Gzip } from 'node:zlib';
import { ownValue } from '../../../../kernel/own.ts';
import type { Exchange } from './exchange.ts';
import { compilePattern } from './patterns.ts';

type Headers = [string, string][];

/** Statuses of answers that are compressed. */
const compressed = new Set([200, 403, 404]);
const DEFAULT_MIN_LENGTH = 20;

const headerOf = (headers: Headers, name: string): string | undefined =>
  headers.find(([key]) => key.toLowerCase() === name)?.[1];

/**
 * The headers of an answer and what compresses it, where `gzip` and the request ask for it. `length`: of the answer;
 * undefined: not known.
 */
export function gzipped(
  x: Exchange,
  status: number,
  headers: Headers,
  length: number | undefined,
): { headers: Headers; gzip?: Gzip } {
  const { scope, request } = x;
  const least = Number(scope.value('gzip_min_length') ?? DEFAULT_MIN_LENGTH);
  const fits =
    scope.flag('gzip', false) &&
    compressed.has(status) &&
    request.method !== 'HEAD' &&
    (length === undefined || length >= least) &&
    headerOf(headers, 'content-encoding') === undefined &&
    isOfType(x, headerOf(headers, 'content-type') ?? '');
  if (!fits) return { headers };
  const varied: Headers = scope.flag('gzip_vary', false) ? [...headers, ['Vary', 'Accept-Encoding']] : headers;
  if (!isWanted(x, headers)) return { headers: varied };
  // The bytes are others now: there are no parts of them, and they are only about the same.
  const own = varied
    .filter(([name]) => name.toLowerCase() !== 'accept-ranges')
    .map(([name, value]): [string, string] => [
      name,
      name.toLowerCase() === 'etag' && !value.startsWith('W/') ? `W/${value}` : value,
    ]);
  const gzip = createGzip({ level: Number(scope.value('gzip_comp_level') ?? 1) });
  return { headers: [...own, ['Content-Encoding', 'gzip']], gzip };
}

function isOfType(x: Exchange, contentType: string): boolean {
  const type = contentType.replace(/;.*/, '').trim().toLowerCase();
  const types = x.scope.args('gzip_types') ?? [];
  return type === 'text/html' || types.includes('*') || types.some((one) => one.toLowerCase() === type);
}

/** Whether the client takes gzip, and nothing of the request or a proxy before us is against it. */
function isWanted(x: Exchange, headers: Headers): boolean {
  const { scope, request } = x;
  if (!accepts(String(request.headers['accept-encoding'] ?? ''))) return false;
  if (request.httpVersion < (scope.value('gzip_http_version') ?? '1.1')) return false;
  const agent = request.headers['user-agent'] ?? '';
  for (const d of scope.all('gzip_disable')) {
    for (const pattern of d.args) {
      if (compilePattern(pattern === 'msie6' ? 'MSIE [4-6]\\.' : pattern, true, d).test(agent)) return false;
    }
  }
  return request.headers.via === undefined || isWantedBehindProxy(x, headers);
}

function accepts(header: string): boolean {
  const weight = (name: string) => {
    const found = header.split(',').find((one) => one.split(';')[0]?.trim().toLowerCase() === name);
    return found === undefined ? undefined : Number(/;\s*q=([\d.]+)/.exec(found)?.[1] ?? 1);
  };
  return (weight('gzip') ?? weight('*') ?? 0) > 0;
}

function isWantedBehindProxy(x: Exchange, headers: Headers): boolean {
  const { scope, request } = x;
  const control = headerOf(headers, 'cache-control') ?? '';
  const expires = headerOf(headers, 'expires');
  const holds: Readonly<Record<string, boolean>> = {
    any: true,
    'no-cache': control.includes('no-cache'),
    'no-store': control.includes('no-store'),
    private: control.includes('private'),
    expired: expires !== undefined && !(Date.parse(expires) > x.now()),
    no_last_modified: headerOf(headers, 'last-modified') === undefined,
    no_etag: headerOf(headers, 'etag') === undefined,
    auth: request.headers.authorization !== undefined,
  };
  return (scope.args('gzip_proxied') ?? []).some((name) => ownValue(holds, name) === true);
}
