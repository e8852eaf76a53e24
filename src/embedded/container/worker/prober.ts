/** GETs as a kubelet's prober makes them, beside the server that answers: no byte of them crosses threads. */
import { Agent, type ClientRequest, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, connect as tlsConnect } from 'node:tls';
import { quiet } from '../../../kernel/quiet.ts';
import type { ProbeRequest, ProbeResponse } from '../../container-api.ts';

/**
 * A GET over `socket`, which ends with it; `secured`: TLS is spoken over it already, where it has to be. Rejects in the words
 * of Go's client; aborted, in no particular ones.
 */
export function getOver(
  socket: Duplex,
  { url, headers }: ProbeRequest,
  secured: boolean,
  signal?: AbortSignal,
): Promise<ProbeResponse> {
  const { protocol, host, pathname, search } = new URL(url);
  const connection = protocol === 'https:' && !secured ? secure(quiet(socket)) : quiet(socket);
  return new Promise((resolve, reject) => {
    const agent = new SingleUse(connection);
    const call: ClientRequest = request(
      { method: 'GET', host, path: pathname + search, headers: { Connection: 'close', ...headers }, signal, agent },
      (response) => {
        response.resume();
        response.on('close', () => connection.destroy());
        const { statusCode: status = 0, headers: answered } = response;
        const location = status >= 300 && status < 400 ? answered.location : undefined;
        resolve({ status, ...(location && { location }) });
      },
    );
    call.on('error', (error: NodeJS.ErrnoException) => {
      connection.destroy();
      reject(new Error(inWordsOfGo(error), { cause: error }));
    });
    call.end();
  });
}

function inWordsOfGo(error: NodeJS.ErrnoException & { rawPacket?: Buffer }): string {
  if (error.code === 'ECONNRESET') return 'EOF';
  if (error.code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'http: server gave HTTP response to HTTPS client';
  if (!error.code?.startsWith('HPE_')) return error.message;
  const [line = ''] = String(error.rawPacket ?? '').split(/\r?\n/);
  return `net/http: HTTP/1.x transport connection broken: malformed HTTP response ${JSON.stringify(line)}`;
}

let context: SecureContext | undefined;

/** No certificate is trusted or shown. */
function secure(socket: Duplex): Duplex {
  context ??= createSecureContext({ ca: [] });
  return quiet(tlsConnect({ socket, secureContext: context, rejectUnauthorized: false }));
}

/** Gives one request the connection that is already there. */
class SingleUse extends Agent {
  readonly #socket: Duplex;

  constructor(socket: Duplex) {
    super({ keepAlive: false });
    this.#socket = socket;
  }

  override createConnection(): Duplex {
    return this.#socket;
  }
}
