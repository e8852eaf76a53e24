import { defineResource } from './define.ts';

/** `kubectl auth whoami`: answered by rbac/token-review.ts, never stored. */
export const selfSubjectReviewResource = defineResource({
  group: 'authentication.k8s.io',
  version: 'v1',
  resource: 'selfsubjectreviews',
  review: true,
  strategy: {},
});
