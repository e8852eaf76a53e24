import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  NonResourceAttributes,
  ObjectMeta,
  ResourceAttributes,
} from '../../kube/api.gen.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';

/** What the spec of an access review of any kind may hold; a self review has neither user nor groups. */
export interface ReviewSpec {
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: NonResourceAttributes;
  user?: string;
  groups?: string[];
}

const spec = field.path('spec');

/** Checks a SubjectAccessReview (`self` false) or SelfSubjectAccessReview. */
export function validateReview(review: ReviewSpec, self: boolean): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = review;
  const errors: FieldError[] = [];
  if (resourceAttributes && nonResourceAttributes) {
    errors.push(
      field.invalid(
        spec.child('nonResourceAttributes'),
        goFields(nonResourceAttributes),
        'cannot be specified in combination with resourceAttributes',
      ),
    );
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    errors.push(
      field.invalid(
        spec.child('resourceAttributes'),
        null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    );
  }
  if (!self && !review.user && !review.groups?.length) {
    errors.push(field.invalid(spec.child('user'), '', 'at least one of user or group must be specified'));
  }
  const at = spec.child('resourceAttributes');
  if (resourceAttributes?.fieldSelector) {
    errors.push(...validateSelector(resourceAttributes.fieldSelector, at.child('fieldSelector')));
  }
  if (resourceAttributes?.labelSelector) {
    errors.push(...validateSelector(resourceAttributes.labelSelector, at.child('labelSelector')));
  }
  return errors;
}

/** A review is no object: it has no name, and no namespace unless it is a local one. */
export function validateReviewMetadata(metadata: ObjectMeta = {}, local = false): FieldError[] {
  const { managedFields: _managed, namespace, ...rest } = metadata;
  const given = local ? rest : { ...rest, ...(namespace && { namespace }) };
  if (Object.values(given).every((value) => value === undefined || value === '')) return [];
  return [field.invalid('metadata', metadata, local ? 'must be empty except for namespace' : 'must be empty')];
}

/** What a LocalSubjectAccessReview has to keep to beyond that. */
export function validateLocalReview(review: ReviewSpec, metadata: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  const namespace = review.resourceAttributes?.namespace ?? '';
  if (review.resourceAttributes && namespace !== (metadata.namespace ?? '')) {
    errors.push(field.invalid('spec.resourceAttributes.namespace', namespace, 'must match metadata.namespace'));
  }
  if (review.nonResourceAttributes) {
    const value = goFields(review.nonResourceAttributes);
    errors.push(field.invalid('spec.nonResourceAttributes', value, 'disallowed on this kind of request'));
  }
  return errors;
}

/** The struct as Go prints it in messages. */
function goFields({ path, verb }: NonResourceAttributes): { Path: string; Verb: string } {
  return { Path: path ?? '', Verb: verb ?? '' };
}

function validateSelector(
  selector: FieldSelectorAttributes | LabelSelectorAttributes,
  at: field.FieldPath,
): FieldError[] {
  const { rawSelector, requirements } = selector;
  const errors: FieldError[] = [];
  if (rawSelector && requirements?.length) {
    errors.push(
      field.invalid(at.child('rawSelector'), rawSelector, 'may not specified at the same time as requirements'),
    );
  }
  if (!rawSelector && !requirements?.length) {
    errors.push(
      field.required(at.child('requirements'), `when ${at} is specified, requirements or rawSelector is required`),
    );
  }
  requirements?.forEach(({ key, operator, values }, i) => {
    const where = at.child('requirements').index(i);
    if (!key) errors.push(field.required(where.child('key'), 'must be specified'));
    if (operator === 'In' || operator === 'NotIn') {
      if (!values?.length) {
        errors.push(field.required(where.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"));
      }
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values?.length) {
        errors.push(
          field.forbidden(where.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      }
    } else errors.push(field.invalid(where.child('operator'), operator, 'not a valid selector operator'));
  });
  return errors;
}
