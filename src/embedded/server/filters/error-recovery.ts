import { internalError, isApiError } from '../../registry/status.ts';
import { respondError } from '../respond.ts';
import type { Filter } from './chain.ts';

/** Answers every failure with its Status; what is no failure of the API is a fault of ours: told to `report` and a 500. */
export function errorRecovery(report: (error: unknown, path: string) => void): Filter {
  return async (exchange, next) => {
    try {
      await next();
    } catch (error) {
      // The client has gone: nobody reads an answer.
      if (exchange.signal.aborted || exchange.reply.destroyed) return;
      if (exchange.upgrade?.taken) {
        exchange.upgrade.socket.destroy();
        if (!isApiError(error)) report(error, `${exchange.info.method} ${exchange.info.path}`);
        return;
      }
      if (isApiError(error)) return respondError(exchange, error);
      report(error, `${exchange.info.method} ${exchange.info.path}`);
      respondError(exchange, internalError(error instanceof Error ? error.message : String(error)));
    }
  };
}
