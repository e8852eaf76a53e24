import type { PolicyRule } from '../../kube/api.gen.ts';
import type { User } from '../api.ts';

/** What is asked of an authorizer: one request, on a resource or a path. */
export type AuthorizationAttributes = { user: User; verb: string } & (
  | {
      resourceRequest: true;
      group: string;
      version: string;
      resource: string;
      subresource?: string;
      namespace?: string;
      name?: string;
      /** For list, watch and deletecollection with a selector (KEP-4601). */
      fieldSelector?: string;
      labelSelector?: string;
    }
  | { resourceRequest: false; path: string }
);

export interface Decision {
  allowed: boolean;
  /** `RBAC: allowed by RoleBinding "x/y" of Role "y" to ServiceAccount "z/x"`, or why nothing could be said. */
  reason: string;
  evaluationError?: string;
}

export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): Decision;
  /** Every rule that applies to the user in the namespace (cluster-wide ones included), for SelfSubjectRulesReview and escalation checks. */
  rulesFor(user: User, namespace: string | undefined): { rules: PolicyRule[]; errors: string[] };
}
