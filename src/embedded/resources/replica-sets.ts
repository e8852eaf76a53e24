import type { ReplicaSet } from '../../kube/api.gen.ts';
import { replicaSets } from '../../kube/resources.ts';
import { formatLabelSelector } from '../../kube/selectors.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { defaultPodTemplate } from './pod-spec/defaults.ts';
import { validateReplicaTemplate } from './pod-spec/template.ts';
import { workloadWarnings } from './pod-spec/warnings.ts';
import { age, containersAndImages } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';
import { nonNegative } from './validate/numbers.ts';
import { validateWorkloadSelector } from './validate/workload.ts';

function validateSpec({ spec }: ReplicaSet): FieldError[] {
  const at = field.path('spec');
  return [
    ...nonNegative(at.child('replicas'), spec?.replicas),
    ...nonNegative(at.child('minReadySeconds'), spec?.minReadySeconds),
    // Kubernetes' own slip: its ReplicaSet message says deployment too.
    ...validateWorkloadSelector(spec?.selector, at.child('selector'), 'deployment'),
    ...validateReplicaTemplate(spec?.template ?? {}, spec?.selector, at.child('template')),
  ];
}

export function validateReplicaCounts(status: ReplicaSet['status'], at: field.FieldPath): FieldError[] {
  const all = status?.replicas ?? 0;
  const errors = [
    ...nonNegative(at.child('replicas'), status?.replicas),
    ...nonNegative(at.child('fullyLabeledReplicas'), status?.fullyLabeledReplicas),
    ...nonNegative(at.child('readyReplicas'), status?.readyReplicas),
    ...nonNegative(at.child('availableReplicas'), status?.availableReplicas),
    ...nonNegative(at.child('observedGeneration'), status?.observedGeneration),
  ];
  const tooMany = 'cannot be greater than status.replicas';
  for (const name of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    const count = status?.[name] ?? 0;
    if (count > all) errors.push(field.invalid(at.child(name), count, tooMany));
  }
  if ((status?.availableReplicas ?? 0) > (status?.readyReplicas ?? 0)) {
    errors.push(
      field.invalid(at.child('availableReplicas'), status?.availableReplicas, 'cannot be greater than readyReplicas'),
    );
  }
  return errors;
}

export const replicaSetResource = defineResource<ReplicaSet>({
  ...replicaSets,
  strategy: {
    defaults(set) {
      if (set.spec === undefined) return;
      set.spec.template ??= {};
      defaultPodTemplate(set.spec.template);
      set.spec.replicas ??= 1;
    },
    prepareForCreate(set) {
      set.status = { replicas: 0 };
    },
    prepareForUpdate: keepOtherPart,
    validate: (set, { subresource }) =>
      subresource === 'status' ? validateReplicaCounts(set.status, field.path('status')) : validateSpec(set),
    validateUpdate: (set, old, { subresource }) =>
      subresource === 'status' ? [] : field.immutable('spec.selector', set.spec?.selector, old.spec?.selector),
    warnings: (set, old) => workloadWarnings(set, old, (s) => s.spec?.template),
  },
  cells: (set, now) => [
    set.metadata.name,
    set.spec?.replicas ?? 0,
    set.status?.replicas ?? 0,
    set.status?.readyReplicas ?? 0,
    age(set.metadata.creationTimestamp, now),
    ...containersAndImages(set.spec?.template?.spec?.containers),
    formatLabelSelector(set.spec?.selector),
  ],
});
