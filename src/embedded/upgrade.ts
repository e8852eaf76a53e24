import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A request to speak something else on this connection (HTTP/1.1 only). */
export interface Upgrade {
  protocol: 'websocket' | 'spdy/3.1';
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  /** The connection is the handler's from now on; no HTTP answer follows. */
  take(): void;
  readonly taken: boolean;
}
