import type { Duplex } from 'node:stream';

/**
 * A connection that is let go before its end, as by a request that is aborted before it has it, says so by an error that
 * would end the process if nobody heard it; who uses it hears of it in other ways.
 */
export function quiet<T extends Duplex>(connection: T): T {
  return connection.on('error', () => undefined);
}
