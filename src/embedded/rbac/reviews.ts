/** Answers the reviews of authorization.k8s.io. Nothing is stored. */
import type {
  LocalSubjectAccessReview,
  NonResourceRule,
  ResourceAttributes,
  ResourceRule,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '../../kube/api.gen.ts';
import type { User } from '../api.ts';
import type { FieldError } from '../definition.ts';
import { badRequest, invalid } from '../errors/status.ts';
import { ensureNamespace } from '../registry/core.ts';
import type { CreateHandler } from '../registry/types.ts';
import { aggregate } from './authorizer.ts';
import { type ReviewSpec, validateLocalReview, validateReview, validateReviewMetadata } from './review-validation.ts';
import type { AuthorizationAttributes, Authorizer } from './types.ts';
import { nodeNameOf } from './users.ts';

const group = 'authorization.k8s.io';

/** The handlers of the four reviews, by `group/resource`. */
export function accessReviewHandlers(authorizer: Authorizer): Record<string, CreateHandler> {
  return {
    [`${group}/subjectaccessreviews`]: ({ object }) => {
      const review = object as SubjectAccessReview;
      refuse([...validateReview(review.spec ?? {}, false), ...validateReviewMetadata(review.metadata)]);
      return answer(review, decide(authorizer, userOf(review.spec), review.spec));
    },
    [`${group}/localsubjectaccessreviews`]: ({ object, namespace }) => {
      const review = object as LocalSubjectAccessReview;
      ensureNamespace({ namespaced: true }, review, namespace);
      review.metadata ??= {};
      const spec = review.spec ?? {};
      refuse([
        ...validateReview(spec, false),
        ...validateReviewMetadata(review.metadata, true),
        ...validateLocalReview(spec, review.metadata),
      ]);
      return answer(review, decide(authorizer, userOf(spec), spec));
    },
    [`${group}/selfsubjectaccessreviews`]: ({ object, context }) => {
      const review = object as SelfSubjectAccessReview;
      refuse([...validateReview(review.spec ?? {}, true), ...validateReviewMetadata(review.metadata)]);
      return answer(review, decide(authorizer, context.user, review.spec));
    },
    [`${group}/selfsubjectrulesreviews`]: ({ object, context }) => {
      const { apiVersion, kind, spec } = object as SelfSubjectRulesReview;
      if (!spec?.namespace) throw badRequest('no namespace on request');
      // As recorded: the answer is a new object, what was asked is not repeated.
      return { apiVersion, kind, metadata: {}, spec: {}, status: rulesOf(authorizer, context.user, spec.namespace) };
    },
  };
}

/** The Status of a bad review names no kind, as recorded. */
function refuse(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const failure = invalid({ group, kind: '' }, '', errors);
  delete failure.status.details?.kind;
  throw failure;
}

function answer<T extends { spec: SubjectAccessReviewSpec; status?: SubjectAccessReviewStatus }>(
  review: T,
  status: SubjectAccessReviewStatus,
): T {
  // Empty groups are not written back (omitempty).
  if (review.spec.groups?.length === 0) delete review.spec.groups;
  return { ...review, status };
}

function userOf(spec: SubjectAccessReviewSpec): User {
  return {
    name: spec.user ?? '',
    groups: spec.groups ?? [],
    ...(spec.uid && { uid: spec.uid }),
    ...(spec.extra && { extra: spec.extra }),
  };
}

function decide(authorizer: Authorizer, user: User, spec: ReviewSpec): SubjectAccessReviewStatus {
  const { allowed, reason, evaluationError } = authorizer.authorize(attributesOf(user, spec));
  return { allowed, ...(reason && { reason }), ...(evaluationError && { evaluationError }) };
}

function attributesOf(user: User, spec: ReviewSpec): AuthorizationAttributes {
  const asked = spec.resourceAttributes;
  if (!asked) {
    const { path = '', verb = '' } = spec.nonResourceAttributes ?? {};
    return { user, verb, resourceRequest: false, path };
  }
  return {
    user,
    verb: asked.verb ?? '',
    resourceRequest: true,
    group: asked.group ?? '',
    version: asked.version ?? '',
    resource: asked.resource ?? '',
    subresource: asked.subresource,
    namespace: asked.namespace,
    name: asked.name,
    fieldSelector: selectorText(asked.fieldSelector),
    labelSelector: selectorText(asked.labelSelector),
  };
}

/** A selector in its text form; requirements that have none are left out, which can only deny more. */
function selectorText(selector: ResourceAttributes['fieldSelector'] | ResourceAttributes['labelSelector']) {
  if (!selector) return undefined;
  if (selector.rawSelector) return selector.rawSelector;
  const texts = (selector.requirements ?? []).map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In':
        return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(',')})`;
      case 'NotIn':
        return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${values.join(',')})`;
      case 'Exists':
        return key;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return '';
    }
  });
  return texts.filter((text) => text !== '').join(',');
}

function rulesOf(authorizer: Authorizer, user: User, namespace: string) {
  const { rules, errors } = authorizer.rulesFor(user, namespace);
  const resourceRules: ResourceRule[] = [];
  const nonResourceRules: NonResourceRule[] = [];
  for (const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } of rules) {
    if (resources?.length) {
      resourceRules.push({ verbs, apiGroups, resources, ...(resourceNames?.length && { resourceNames }) });
    }
    if (nonResourceURLs?.length) nonResourceRules.push({ verbs, nonResourceURLs });
  }
  const node = nodeNameOf(user) !== undefined;
  const problems = node ? ['node authorizer does not support user rule resolution', ...errors] : errors;
  return {
    incomplete: node,
    nonResourceRules,
    resourceRules,
    ...(problems.length > 0 && { evaluationError: aggregate(problems) }),
  };
}
