import { generateKeyPairSync } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { createCertificate, type Issuer } from '../../pki/certificate.ts';

let context: SecureContext | undefined;

/** The certificate of servers that nobody gave one: signed by itself, as kube-controller-manager makes its own. */
export function selfSigned(now: number): SecureContext {
  if (context) return context;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer: Issuer = { subject: { commonName: 'localhost' }, privateKey, publicKey };
  const year = 365 * 24 * 3_600_000;
  const validity = { notBefore: now - 3_600_000, notAfter: now + year };
  const names = ['localhost', '127.0.0.1'];
  const request = { subject: issuer.subject, publicKey, usage: 'server' as const, names, ...validity };
  context = createSecureContext({
    cert: createCertificate(request, issuer),
    key: privateKey.export({ type: 'sec1', format: 'pem' }),
  });
  return context;
}
