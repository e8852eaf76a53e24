import { defineResource } from './define.ts';

/** `Who is this token?`: answered by rbac/token-review.ts, never stored. */
export const tokenReviewResource = defineResource({
  group: 'authentication.k8s.io',
  version: 'v1',
  resource: 'tokenreviews',
  review: true,
  strategy: {},
});
