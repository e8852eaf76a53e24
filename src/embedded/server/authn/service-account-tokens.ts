import type { Clock } from '../../../kernel/clock.ts';
import type { Secret } from '../../../kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../../kube/meta.ts';
import { nodes, pods, secrets, serviceAccounts } from '../../../kube/resources.ts';
import type { User } from '../../api.ts';
import type { ObjectReader } from '../../definition.ts';
import { quote } from '../../errors/field.ts';
import type { SigningKey } from '../../pki/pki.ts';
import { authenticatedGroup, serviceAccountGroups, serviceAccountUserName } from '../../rbac/users.ts';
import type { Authentication } from './authentication.ts';
import { verifyToken } from './jwt.ts';

/** `iss` of the tokens and, as nothing else is configured, the API server's own audience. */
export const serviceAccountIssuer = 'https://kubernetes.default.svc.cluster.local';

/** `iss` of the tokens in Secrets of type kubernetes.io/service-account-token. */
export const legacyIssuer = 'kubernetes/serviceaccount';

/** An object that a token's life hangs on. */
export interface Reference {
  name: string;
  uid: string;
}

/** Claims of a token that TokenRequest makes (KEP-1205; node and jti: KEP-4193). */
export interface TokenClaims {
  aud: string[];
  exp: number;
  iat: number;
  iss: string;
  jti: string;
  'kubernetes.io': {
    namespace: string;
    node?: Reference;
    pod?: Reference;
    secret?: Reference;
    serviceaccount: Reference;
    warnafter?: number;
  };
  nbf: number;
  sub: string;
}

export interface TokenAuthenticator {
  /** The user of a token for this API server. */
  authenticate(token: string): Authentication;
  /** As TokenReview asks: `audiences` are the ones that will do (none: the API server's own); those that fit are returned. */
  review(token: string, audiences: readonly string[]): { user: User; audiences: string[] } | { error: string };
}

const noToken = 'invalid bearer token';

/** Checks signature, times, audience, and that all that the token is bound to is still there. */
export function createTokenAuthenticator(key: SigningKey, reader: ObjectReader, clock: Clock): TokenAuthenticator {
  /** Checking a signature is the dear part; a token says the same every time. */
  const verified = new Map<string, Record<string, unknown>>();
  const claimsOf = (token: string): Record<string, unknown> | undefined => {
    const known = verified.get(token);
    if (known) return known;
    const claims = verifyToken(token, key);
    if (!claims) return undefined;
    if (verified.size >= 1000) verified.clear();
    verified.set(token, claims);
    return claims;
  };

  const review: TokenAuthenticator['review'] = (token, wanted) => {
    const audiences = wanted.length > 0 ? wanted : [serviceAccountIssuer];
    const claims = claimsOf(token);
    if (!claims) return { error: noToken };
    if (claims.iss === legacyIssuer) return reviewLegacy(claims, token, audiences, reader);
    if (claims.iss !== serviceAccountIssuer) return { error: noToken };
    return reviewBound(claims as unknown as TokenClaims, audiences, reader, clock);
  };

  return {
    review,
    authenticate(token) {
      const result = review(token, []);
      return 'user' in result ? { user: result.user } : result;
    },
  };
}

const failed = (why: string) => ({ error: `[${noToken}, ${why}]` });

function fitting(own: readonly string[], wanted: readonly string[]): string[] | { error: string } {
  const common = own.filter((audience) => wanted.includes(audience));
  if (common.length > 0) return common;
  const list = (audiences: readonly string[]) => `[${audiences.map(quote).join(' ')}]`;
  return failed(`token audiences ${list(own)} is invalid for the target audiences ${list(wanted)}`);
}

function reviewBound(
  claims: TokenClaims,
  audiences: readonly string[],
  reader: ObjectReader,
  clock: Clock,
): ReturnType<TokenAuthenticator['review']> {
  const common = fitting(claims.aud, audiences);
  if ('error' in common) return common;
  const now = clock.now() / 1000;
  if (now > claims.exp) return failed('service account token has expired');
  // A second of grace: `nbf` is in whole seconds.
  if (now + 1 < claims.nbf) return failed('service account token is not valid yet');
  const { namespace, serviceaccount, pod, node, secret } = claims['kubernetes.io'];
  const account = reader.read(serviceAccounts, namespace, serviceaccount.name);
  if (!account) return failed(`serviceaccounts ${quote(serviceaccount.name)} not found`);
  if (account.metadata.uid !== serviceaccount.uid) {
    return failed(`service account UID (${account.metadata.uid}) does not match claim (${serviceaccount.uid})`);
  }
  const bound: [Resource, string | undefined, Reference | undefined][] = [
    [pods, namespace, pod],
    [secrets, namespace, secret],
    // Bound to a Pod, the node is only reported (KEP-4193), not checked.
    [nodes, undefined, pod ? undefined : node],
  ];
  for (const [resource, where, reference] of bound) {
    if (reference && !exists(reader, resource, where, reference)) {
      return failed('service account token has been invalidated');
    }
  }
  const extra: Record<string, string[]> = {
    'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
    ...(node && {
      'authentication.kubernetes.io/node-name': [node.name],
      'authentication.kubernetes.io/node-uid': [node.uid],
    }),
    ...(pod && {
      'authentication.kubernetes.io/pod-name': [pod.name],
      'authentication.kubernetes.io/pod-uid': [pod.uid],
    }),
  };
  return {
    user: { ...serviceAccountUser(namespace, serviceaccount.name, serviceaccount.uid), extra },
    audiences: common,
  };
}

function exists(reader: ObjectReader, r: Resource, namespace: string | undefined, reference: Reference): boolean {
  const found: Stored<KubeObject> | undefined = reader.read(r, namespace, reference.name);
  return found?.metadata.uid === reference.uid;
}

/** Tokens of Secrets have no end and no audience; they are good while the Secret holds them. */
function reviewLegacy(
  claims: Record<string, unknown>,
  token: string,
  audiences: readonly string[],
  reader: ObjectReader,
): ReturnType<TokenAuthenticator['review']> {
  const claim = (name: string) => String(claims[`kubernetes.io/serviceaccount/${name}`] ?? '');
  const [namespace, name, uid] = [claim('namespace'), claim('service-account.name'), claim('service-account.uid')];
  const common = fitting([serviceAccountIssuer], audiences);
  if ('error' in common) return common;
  const secret: Stored<Secret> | undefined = reader.read(secrets, namespace, claim('secret.name'));
  if (!secret || Buffer.from(secret.data?.token ?? '', 'base64').toString() !== token) {
    return failed('service account token has been invalidated');
  }
  const account = reader.read(serviceAccounts, namespace, name);
  if (!account) return failed(`serviceaccounts ${quote(name)} not found`);
  if (account.metadata.uid !== uid) {
    return failed(`service account UID (${account.metadata.uid}) does not match claim (${uid})`);
  }
  return { user: serviceAccountUser(namespace, name, uid), audiences: common };
}

function serviceAccountUser(namespace: string, name: string, uid: string): User {
  const groups = [...serviceAccountGroups(namespace), authenticatedGroup];
  return { name: serviceAccountUserName(namespace, name), uid, groups };
}
