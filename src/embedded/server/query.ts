import { badRequest } from '../errors/status.ts';

/**
 * The parameters of a query as Go's url.ParseQuery reads them: what has a broken escape or a semicolon is left out.
 * @param text without the question mark
 */
export function parseGoQuery(text: string): URLSearchParams {
  const pairs = text.split('&').filter((pair) => !pair.includes(';') && !/%(?![0-9a-f]{2})/i.test(pair));
  return new URLSearchParams(pairs.join('&'));
}

/** Values of query parameters, read as kube-apiserver's conversions do; the texts are Go's. */

/** `?x`, `?x=` and `?x=1` are true; only `false` and `0` are not. A missing parameter is false. */
export function parseGoBoolean(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** As `parseGoBoolean`, but tells a missing parameter apart. */
export function parseOptionalBoolean(query: URLSearchParams, name: string): boolean | undefined {
  return query.has(name) ? parseGoBoolean(query, name) : undefined;
}

/**
 * A 64-bit integer; missing is undefined.
 * @throws 400 with strconv's words
 */
export function parseGoInteger(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (!/^[+-]?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing "${value}": invalid syntax`);
  if (BigInt.asIntN(64, BigInt(value.replace('+', ''))) !== BigInt(value.replace('+', ''))) {
    throw badRequest(`strconv.ParseInt: parsing "${value}": value out of range`);
  }
  return Number(value);
}

const unitMilliseconds: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration such as `1m30s`; undefined if it is none. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = /^([+-]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text);
  if (!match) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(amount) * (unitMilliseconds[unit ?? ''] ?? 0);
  }
  return match[1] === '-' ? -total : total;
}
