import { sign, verify } from 'node:crypto';
import type { SigningKey } from '../../pki/pki.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A signed JSON Web Token (RFC 7519) with ES256 (RFC 7518, 3.4). */
export function signToken(claims: Record<string, unknown>, key: SigningKey): string {
  const input = `${encode({ alg: 'ES256', kid: key.id })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

/** The claims of a token that this key signed; undefined for anything else. Times are the caller's business. */
export function verifyToken(token: string, key: SigningKey): Record<string, unknown> | undefined {
  const [head = '', payload = '', signature = '', ...rest] = token.split('.');
  if (rest.length > 0) return undefined;
  try {
    const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg?: string };
    // RFC 8725, 3.1: the algorithm is ours to choose, not the token's.
    if (alg !== 'ES256') return undefined;
    const bytes = Buffer.from(signature, 'base64url');
    const options = { key: key.publicKey, dsaEncoding: 'ieee-p1363' as const };
    if (!verify('sha256', Buffer.from(`${head}.${payload}`), options, bytes)) return undefined;
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The public key as a JSON Web Key Set (RFC 7517), for /openid/v1/jwks. */
export function keySet(key: SigningKey): { keys: Record<string, unknown>[] } {
  const { kty, crv, x, y } = key.publicKey.export({ format: 'jwk' });
  return { keys: [{ use: 'sig', kty, kid: key.id, crv, alg: 'ES256', x, y }] };
}
