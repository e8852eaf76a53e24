import { createHash } from 'node:crypto';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { User } from '../../api.ts';
import type { Authentication } from './authentication.ts';

const known = new WeakMap<object, Authentication>();

/**
 * Who a verified client certificate stands for: the common name is the user, the organizations are the groups.
 * `key` is the connection (a TLS socket or an HTTP/2 session): its certificate is read once.
 */
export function authenticateCertificate(key: object, socket: TLSSocket): Authentication {
  if (!known.has(key)) known.set(key, readCertificate(socket));
  return known.get(key);
}

function readCertificate(socket: TLSSocket): Authentication {
  const certificate: PeerCertificate | undefined = socket.getPeerCertificate?.(false);
  if (!certificate?.raw) return undefined;
  if (!socket.authorized) return { error: `x509: ${socket.authorizationError}` };
  const { CN, O } = certificate.subject as { CN?: string | string[]; O?: string | string[] };
  const name = [CN ?? ''].flat()[0] ?? '';
  if (name === '') return undefined;
  const fingerprint = createHash('sha256').update(certificate.raw).digest('hex');
  const user: User = {
    name,
    groups: [O ?? []].flat(),
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  };
  return { user };
}
