import { createSecureContext, type SecureContext } from 'node:tls';

/** A certificate and its key (PEM) for a host name, `*.domain`, or all names (empty). */
export interface Certificate {
  host: string;
  cert: string;
  key: string;
}

/** By host. A certificate that can't be read is as good as none: the server's own is shown. */
export function contextsOf(certificates: readonly Certificate[]): Map<string, SecureContext> {
  const contexts = new Map<string, SecureContext>();
  for (const { host, cert, key } of certificates) {
    try {
      contexts.set(host, createSecureContext({ cert, key }));
    } catch {
      // No PEM, or the key of another certificate.
    }
  }
  return contexts;
}
