/** What a ServiceAccount token says of itself; nobody has checked its signature. */
export interface TokenClaims {
  /** `system:serviceaccount:shop:bot` */
  subject?: string;
  audiences: string[];
  /** Milliseconds since 1970; undefined: never. */
  expires?: number;
  namespace?: string;
  account?: { name: string; uid: string };
  /** The Pod that it is bound to: it is worth nothing without it. */
  pod?: { name: string; uid: string };
}

interface Payload {
  sub?: unknown;
  aud?: unknown;
  exp?: unknown;
  'kubernetes.io'?: {
    namespace?: string;
    serviceaccount?: { name: string; uid: string };
    pod?: { name: string; uid: string };
  };
  'kubernetes.io/serviceaccount/namespace'?: string;
  'kubernetes.io/serviceaccount/service-account.name'?: string;
  'kubernetes.io/serviceaccount/service-account.uid'?: string;
}

/** Reads the claims of a JSON Web Token (RFC 7519), of today's bound tokens and of those in Secrets. Undefined if it is none. */
export function readClaims(token: string): TokenClaims | undefined {
  const parts = token.trim().split('.');
  if (parts.length !== 3) return undefined;
  let payload: Payload;
  try {
    payload = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString()) as Payload;
  } catch {
    return undefined;
  }
  const { sub, aud, exp, 'kubernetes.io': bound } = payload;
  const claims: TokenClaims = { audiences: [aud].flat().filter((a) => typeof a === 'string') };
  if (typeof sub === 'string') claims.subject = sub;
  if (typeof exp === 'number') claims.expires = exp * 1_000;
  const namespace = bound?.namespace ?? payload['kubernetes.io/serviceaccount/namespace'];
  if (namespace !== undefined) claims.namespace = namespace;
  const name = payload['kubernetes.io/serviceaccount/service-account.name'];
  const uid = payload['kubernetes.io/serviceaccount/service-account.uid'];
  const account = bound?.serviceaccount ?? (name !== undefined && uid !== undefined ? { name, uid } : undefined);
  if (account) claims.account = account;
  if (bound?.pod) claims.pod = bound.pod;
  return claims;
}
