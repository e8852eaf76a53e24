import type { Clock } from '../../../kernel/clock.ts';
import { badRequest } from '../../errors/status.ts';
import { parseGoDuration } from '../query.ts';
import { type Filter, isLongRunning } from './chain.ts';

/** kube-apiserver's --request-timeout: the longest that a client can ask for. */
const longest = 60_000;

/** `?timeout=`: after it, or after a minute, a request that isn't answered gets a 504. Not for watches and streams. */
export function requestTimeout(clock: Clock): Filter {
  return async (exchange, next) => {
    if (isLongRunning(exchange)) return next();
    const text = exchange.info.query.get('timeout');
    const asked = text ? parseGoDuration(text) : longest;
    if (asked === undefined)
      throw badRequest(`invalid timeout specified in the request URL - ${durationError(text ?? '')}`);
    const limit = Math.min(asked > 0 ? asked : longest, longest);
    const expire = () => {
      // As recorded: the filter writes a Status without kind, and nobody gave it a content type.
      const body = {
        metadata: {},
        status: 'Failure',
        message: 'Timeout: request did not complete within the allotted timeout',
        reason: 'Timeout',
        details: {},
        code: 504,
      };
      exchange.send(504, 'text/plain; charset=utf-8', `${JSON.stringify(body)}\n`);
      exchange.abort();
    };
    if (limit < 1) return expire();
    const timer = clock.after(limit, expire);
    try {
      await next();
    } finally {
      timer.cancel();
    }
  };
}

/** Go's words for what is no duration. */
function durationError(text: string): string {
  return /^[+-]?\d+(\.\d*)?$/.test(text)
    ? `time: missing unit in duration "${text}"`
    : `time: invalid duration "${text}"`;
}
