import { internalError, isApiError } from '../../errors/status.ts';
import type { ServerReply } from '../exchange.ts';
import { respondError } from '../respond.ts';
import type { Filter } from './chain.ts';

/** Answers every failure with its Status; what is no failure of the API is a fault of ours: told to `report` and a 500. */
export function errorRecovery(report: (error: unknown, path: string) => void): Filter {
  return async (exchange, next) => {
    try {
      await next();
    } catch (error) {
      const { reply, upgrade, info } = exchange;
      if (!isApiError(error)) report(error, `${info.method} ${info.path}`);
      // Of half an answer only its breaking off tells the client.
      if (upgrade?.taken) upgrade.socket.destroy();
      else if (reply.headersSent) endOrDestroy(reply);
      // Unless the client has gone, and nobody reads an answer.
      else if (!exchange.signal.aborted) {
        respondError(
          exchange,
          isApiError(error) ? error : internalError(error instanceof Error ? error.message : String(error)),
        );
      }
    }
  };
}

function endOrDestroy(reply: ServerReply): void {
  if (!reply.writableEnded) reply.destroy();
}
