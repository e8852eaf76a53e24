import type { LabelSelector, PodTemplateSpec } from '../../../kube/api.gen.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { validateAnnotations } from '../validate/annotations.ts';
import { isEmptySelector, isUsableSelector, validateLabels } from '../validate/label-selector.ts';
import { validatePodSpec } from './validate.ts';

/** ValidatePodTemplateSpec: metadata and spec of the Pods to be. */
export function validatePodTemplate(template: PodTemplateSpec | undefined, at: field.FieldPath): FieldError[] {
  const metadata = template?.metadata;
  const errors = [
    ...validateLabels(metadata?.labels, at.child('labels')),
    ...validateAnnotations(metadata?.annotations, at.child('annotations')),
    ...validatePodSpec(template?.spec ?? { containers: [] }, at.child('spec')),
  ];
  if ((template?.spec?.ephemeralContainers ?? []).length > 0) {
    errors.push(
      field.forbidden(at.child('spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template'),
    );
  }
  return errors;
}

const doesNotMatch = '`selector` does not match template `labels`';

/** The template's labels must be ones that the selector selects. */
export function validateTemplateLabels(
  template: PodTemplateSpec,
  selector: LabelSelector | undefined,
  at: field.FieldPath,
): FieldError[] {
  if (selector && isEmptySelector(selector)) return [];
  const labels = template.metadata?.labels;
  if (selectorMatches(selector, labels)) return [];
  return [field.invalid(at.child('metadata', 'labels'), labels ?? null, doesNotMatch)];
}

/** The template of a ReplicationController, ReplicaSet or Deployment: its Pods run for ever. */
export function validateReplicaTemplate(
  template: PodTemplateSpec,
  selector: LabelSelector | undefined,
  at: field.FieldPath,
): FieldError[] {
  if (!isUsableSelector(selector)) {
    return [field.invalid(field.path('spec', 'selector'), selector, 'invalid label selector')];
  }
  const errors = [...validateTemplateLabels(template, selector, at), ...validatePodTemplate(template, at)];
  errors.push(...validateAlwaysRestart(template, at));
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(
      field.forbidden(
        at.child('spec', 'activeDeadlineSeconds'),
        'activeDeadlineSeconds in ReplicaSet is not Supported',
      ),
    );
  }
  return errors;
}

export function validateAlwaysRestart(template: PodTemplateSpec, at: field.FieldPath): FieldError[] {
  const policy = template.spec?.restartPolicy ?? '';
  return policy === 'Always' ? [] : [field.notSupported(at.child('spec', 'restartPolicy'), policy, ['Always'])];
}
