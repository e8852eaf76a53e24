/** Answers the reviews of authentication.k8s.io: whose token is this, and who am I. */

import type { Clock } from '../../kernel/clock.ts';
import type { SelfSubjectReview, TokenReview, UserInfo } from '../../kube/api.gen.ts';
import type { User } from '../api.ts';
import { badRequest } from '../errors/status.ts';
import type { CreateHandler } from '../registry/types.ts';

/** Looks at a bearer token. `audiences` empty: the API server's own. The audiences of the answer are those that fit. */
export type TokenAuthenticator = (
  token: string,
  audiences: readonly string[],
) => Promise<{ user: User; audiences: readonly string[] } | { error: string }>;

/** The handlers of TokenReview and SelfSubjectReview, by `group/resource`. */
export function authenticationReviewHandlers(options: {
  clock: Clock;
  authenticateToken: TokenAuthenticator;
}): Record<string, CreateHandler> {
  return {
    'authentication.k8s.io/tokenreviews': async ({ object }) => {
      const review = object as TokenReview;
      const token = review.spec?.token;
      if (!token) throw badRequest('token is required for TokenReview in authentication');
      const found = await options.authenticateToken(token, review.spec.audiences ?? []);
      const status =
        'error' in found
          ? { error: found.error, user: {} }
          : { authenticated: true, user: userInfo(found.user), audiences: [...found.audiences] };
      return { ...review, status };
    },
    'authentication.k8s.io/selfsubjectreviews': ({ object, context }) => {
      const { apiVersion, kind } = object as SelfSubjectReview;
      const creationTimestamp = new Date(options.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
      return { apiVersion, kind, metadata: { creationTimestamp }, status: { userInfo: userInfo(context.user) } };
    },
  };
}

function userInfo({ name, uid, groups, extra }: User): UserInfo {
  return {
    username: name,
    ...(uid && { uid }),
    ...(groups.length > 0 && { groups: [...groups] }),
    ...(extra && { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
  };
}
