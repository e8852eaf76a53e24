import { defineResource } from './define.ts';

/** The four reviews of authorization.k8s.io: nothing is stored, rbac/reviews.ts answers the create. */
function review(resource: string) {
  return defineResource({ group: 'authorization.k8s.io', version: 'v1', resource, review: true, strategy: {} });
}

export const subjectAccessReviewResource = review('subjectaccessreviews');
export const selfSubjectAccessReviewResource = review('selfsubjectaccessreviews');
export const selfSubjectRulesReviewResource = review('selfsubjectrulesreviews');
export const localSubjectAccessReviewResource = review('localsubjectaccessreviews');
