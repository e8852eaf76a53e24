import type { User } from '../../api.ts';
import { anonymousUser, authenticatedGroup, unauthenticatedGroup } from '../../rbac/users.ts';
import type { Exchange } from '../exchange.ts';
import { authenticateCertificate } from './client-certificate.ts';
import type { TokenAuthenticator } from './service-account-tokens.ts';

export interface Authenticator {
  /** The user of a request; undefined if its credentials are no good (401). Without credentials it is anonymous. */
  authenticate(exchange: Exchange): User | undefined;
}

const anonymous: User = { name: anonymousUser, groups: [unauthenticatedGroup] };

/** Client certificates first, then bearer tokens, then anonymous, as kube-apiserver joins them. */
export function createAuthenticator(tokens: TokenAuthenticator): Authenticator {
  return {
    authenticate(exchange) {
      const { request } = exchange;
      const connection = 'stream' in request ? request.stream.session : request.socket;
      const byCertificate = connection && authenticateCertificate(connection, exchange.socket);
      if (byCertificate && 'user' in byCertificate) return authenticated(byCertificate.user);
      const token = bearerToken(exchange.headers.authorization);
      const byToken = token === undefined ? undefined : tokens.authenticate(token);
      if (byToken && 'user' in byToken) return byToken.user;
      return byCertificate || token !== undefined ? undefined : anonymous;
    },
  };
}

/** The token of an Authorization header, if it holds one. */
export function bearerToken(header: string | undefined): string | undefined {
  const [scheme, token] = (header ?? '').trim().split(' ', 2);
  return scheme?.toLowerCase() === 'bearer' && token ? token : undefined;
}

function authenticated(user: User): User {
  const { groups } = user;
  const reported = groups.includes(authenticatedGroup) || groups.includes(unauthenticatedGroup);
  return reported ? user : { ...user, groups: [...groups, authenticatedGroup] };
}
