import type { ReplicationController } from '../../kube/api.gen.ts';
import type { Resource } from '../../kube/meta.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { defaultPodTemplate } from './pod-spec/defaults.ts';
import { validateReplicaTemplate } from './pod-spec/template.ts';
import { workloadWarnings } from './pod-spec/warnings.ts';
import { age, containersAndImages, labelsText } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';
import { nonNegative } from './validate/numbers.ts';

export const replicationControllers: Resource<ReplicationController> = {
  group: '',
  version: 'v1',
  resource: 'replicationcontrollers',
  kind: 'ReplicationController',
  namespaced: true,
};

function validate({ spec }: ReplicationController): FieldError[] {
  const at = field.path('spec');
  const selector = spec?.selector ?? {};
  const errors = nonNegative(at.child('minReadySeconds'), spec?.minReadySeconds);
  if (Object.keys(selector).length === 0) errors.push(field.required(at.child('selector')));
  errors.push(...nonNegative(at.child('replicas'), spec?.replicas));
  if (spec?.template === undefined) return [...errors, field.required(at.child('template'))];
  return [...errors, ...validateReplicaTemplate(spec.template, { matchLabels: selector }, at.child('template'))];
}

const noStatus = { replicas: 0 };

export const replicationControllerResource = defineResource<ReplicationController>({
  ...replicationControllers,
  strategy: {
    defaults(controller) {
      controller.spec ??= {};
      const spec = controller.spec;
      defaultPodTemplate(spec.template);
      const labels = spec.template?.metadata?.labels;
      if (labels !== undefined) {
        if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
        if (Object.keys(controller.metadata?.labels ?? {}).length === 0) {
          controller.metadata ??= {};
          controller.metadata.labels = { ...labels };
        }
      }
      spec.replicas ??= 1;
    },
    prepareForCreate(controller) {
      controller.status = { ...noStatus };
    },
    prepareForUpdate: keepOtherPart,
    validate: (controller, { subresource }) => (subresource === 'status' ? [] : validate(controller)),
    warnings: (controller, old) => workloadWarnings(controller, old, (c) => c.spec?.template),
  },
  fieldSelectors: { 'status.replicas': (controller) => String(controller.status?.replicas ?? 0) },
  cells: (controller, now) => [
    controller.metadata.name,
    controller.spec?.replicas ?? 0,
    controller.status?.replicas ?? 0,
    controller.status?.readyReplicas ?? 0,
    age(controller.metadata.creationTimestamp, now),
    ...containersAndImages(controller.spec?.template?.spec?.containers),
    labelsText(controller.spec?.selector),
  ],
});
