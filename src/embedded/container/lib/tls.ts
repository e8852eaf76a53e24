/** TLS as programs in containers begin it. */
import type { Duplex } from 'node:stream';
import { type SecureContext, type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { Process } from '../kernel/process.ts';

export interface Handshake {
  /** Undefined for an address. */
  servername: string | undefined;
  secureContext: SecureContext;
  ALPNProtocols?: string[];
}

/**
 * Shakes hands over a connection; resolves with the secured one. No certificate is refused: whoever asks looks at it and
 * tells what is wrong in their own words. Rejects with Node's error, or with what `closed` makes when the other end has
 * gone meanwhile; the connection is left to the caller then.
 */
export function shakeHands(p: Process, socket: Duplex, handshake: Handshake, closed: () => Error): Promise<TLSSocket> {
  return p.block<TLSSocket>((resolve, reject) => {
    const tls = tlsConnect({
      socket,
      ...handshake,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    tls.once('secureConnect', () => resolve(tls));
    // One may follow another, and later ones show where it is read and written.
    tls.on('error', reject);
    socket.once('close', () => reject(closed()));
    return () => tls.destroy();
  });
}
