import type { Clock } from '../../../kernel/clock.ts';
import type { RequestCounters } from '../metrics.ts';
import type { Filter } from './chain.ts';
import { isLongRunning } from './chain.ts';

/** Counts requests and their durations for /metrics. */
export function counting(counters: RequestCounters, clock: Clock): Filter {
  return async (exchange, next) => {
    const start = clock.now();
    try {
      await next();
    } finally {
      const seconds = isLongRunning(exchange) ? undefined : (clock.now() - start) / 1000;
      counters.record(exchange.info, exchange.reply.statusCode, seconds);
    }
  };
}
