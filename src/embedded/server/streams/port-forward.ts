import type { Duplex } from 'node:stream';
import { SpdyConnection, type SpdyStream } from './spdy.ts';

/**
 * The server's side of portforward.k8s.io: for each connection the client opens an error stream and a data stream
 * with the same requestid. `connect` reaches the port; why it fails is written to the error stream.
 * Resolves when the client has gone.
 */
export function runPortForward(transport: Duplex, connect: (port: number) => Promise<Duplex>): Promise<void> {
  const pairs = new Map<string, { error?: SpdyStream; data?: SpdyStream }>();
  const connection = new SpdyConnection(transport, (stream) => {
    const { requestid = '', streamtype } = stream.headers;
    const pair = pairs.get(requestid) ?? {};
    pairs.set(requestid, pair);
    if (streamtype === 'error') pair.error = stream;
    else pair.data = stream;
    if (!pair.error || !pair.data) return;
    pairs.delete(requestid);
    void forwardOne(pair.error, pair.data, connect);
  });
  return connection.closed;
}

async function forwardOne(
  error: SpdyStream,
  data: SpdyStream,
  connect: (port: number) => Promise<Duplex>,
): Promise<void> {
  const port = Number(data.headers.port);
  error.resume();
  let target: Duplex;
  try {
    target = await connect(port);
  } catch (reason) {
    error.end(reason instanceof Error ? reason.message : String(reason));
    data.end();
    data.resume();
    return;
  }
  const end = () => {
    target.destroy();
    if (!data.writableEnded) data.end();
    if (!error.writableEnded) error.end();
  };
  target.on('error', end);
  target.on('close', end);
  data.on('close', () => target.destroy());
  data.pipe(target);
  target.pipe(data);
  target.on('end', () => error.end());
}
