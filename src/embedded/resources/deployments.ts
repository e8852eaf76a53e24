import type { Deployment, DeploymentSpec } from '../../kube/api.gen.ts';
import { deployments } from '../../kube/resources.ts';
import { formatLabelSelector } from '../../kube/selectors.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { goValue } from './go/value.ts';
import { defaultPodTemplate } from './pod-spec/defaults.ts';
import { validateReplicaTemplate } from './pod-spec/template.ts';
import { workloadWarnings } from './pod-spec/warnings.ts';
import { age, containersAndImages } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';
import { notOverHundredPercent, plainNumber, validateIntOrPercent } from './validate/int-or-percent.ts';
import { nonNegative } from './validate/numbers.ts';
import { validateWorkloadSelector } from './validate/workload.ts';

function validateStrategy(spec: DeploymentSpec, at: field.FieldPath): FieldError[] {
  const strategy = spec.strategy ?? {};
  const rolling = strategy.rollingUpdate;
  switch (strategy.type) {
    case 'Recreate':
      return rolling === undefined
        ? []
        : [field.forbidden(at.child('rollingUpdate'), "may not be specified when strategy `type` is 'Recreate'")];
    case 'RollingUpdate': {
      const where = at.child('rollingUpdate');
      if (rolling === undefined) return [field.required(where, 'this should be defaulted and never be nil')];
      const errors = [
        ...validateIntOrPercent(where.child('maxUnavailable'), rolling.maxUnavailable),
        ...validateIntOrPercent(where.child('maxSurge'), rolling.maxSurge),
      ];
      if (plainNumber(rolling.maxUnavailable) === 0 && plainNumber(rolling.maxSurge) === 0) {
        const text = 'may not be 0 when `maxSurge` is 0';
        errors.push(field.invalid(where.child('maxUnavailable'), rolling.maxUnavailable, text));
      }
      return [...errors, ...notOverHundredPercent(where.child('maxUnavailable'), rolling.maxUnavailable)];
    }
    default:
      return [field.notSupported(at, goValue('DeploymentStrategy', strategy), ['Recreate', 'RollingUpdate'])];
  }
}

function validateSpec({ spec }: Deployment): FieldError[] {
  const at = field.path('spec');
  if (spec === undefined) return [field.required(at)];
  const minReady = spec.minReadySeconds ?? 0;
  const deadline = spec.progressDeadlineSeconds;
  return [
    ...nonNegative(at.child('replicas'), spec.replicas),
    ...validateWorkloadSelector(spec.selector, at.child('selector'), 'deployment'),
    ...validateReplicaTemplate(spec.template, spec.selector, at.child('template')),
    ...validateStrategy(spec, at.child('strategy')),
    ...nonNegative(at.child('minReadySeconds'), spec.minReadySeconds),
    ...nonNegative(at.child('revisionHistoryLimit'), spec.revisionHistoryLimit),
    ...nonNegative(at.child('progressDeadlineSeconds'), deadline),
    ...(deadline !== undefined && deadline <= minReady
      ? [field.invalid(at.child('progressDeadlineSeconds'), deadline, 'must be greater than minReadySeconds')]
      : []),
  ];
}

const counts = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
] as const;

function validateStatus({ status }: Deployment): FieldError[] {
  const at = field.path('status');
  const errors = counts.flatMap((name) => nonNegative(at.child(name), status?.[name]));
  const tooMany = 'cannot be greater than status.replicas';
  for (const name of ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    const count = status?.[name] ?? 0;
    if (count > (status?.replicas ?? 0)) errors.push(field.invalid(at.child(name), count, tooMany));
  }
  if ((status?.availableReplicas ?? 0) > (status?.readyReplicas ?? 0)) {
    const text = 'cannot be greater than readyReplicas';
    errors.push(field.invalid(at.child('availableReplicas'), status?.availableReplicas, text));
  }
  return errors;
}

export const deploymentResource = defineResource<Deployment>({
  ...deployments,
  strategy: {
    defaults(deployment) {
      const spec = deployment.spec;
      if (spec === undefined) return;
      spec.template ??= {};
      defaultPodTemplate(spec.template);
      spec.replicas ??= 1;
      spec.strategy ??= {};
      const strategy = spec.strategy;
      strategy.type ||= 'RollingUpdate';
      if (strategy.type === 'RollingUpdate') {
        strategy.rollingUpdate ??= {};
        const rolling = strategy.rollingUpdate;
        rolling.maxUnavailable ??= '25%';
        rolling.maxSurge ??= '25%';
      }
      spec.revisionHistoryLimit ??= 10;
      spec.progressDeadlineSeconds ??= 600;
    },
    prepareForCreate(deployment) {
      deployment.status = {};
    },
    prepareForUpdate(deployment, old, context) {
      keepOtherPart(deployment, old, context);
      // Of the metadata only labels are closed to /status.
      if (context.subresource === 'status' && deployment.metadata) deployment.metadata.labels = old.metadata.labels;
    },
    validate: (deployment, { subresource }) =>
      subresource === 'status' ? validateStatus(deployment) : validateSpec(deployment),
    validateUpdate: (deployment, old, { subresource }) =>
      subresource === 'status' ? [] : field.immutable('spec.selector', deployment.spec?.selector, old.spec?.selector),
    warnings: (deployment, old) => workloadWarnings(deployment, old, (d) => d.spec?.template),
  },
  cells: (deployment, now) => [
    deployment.metadata.name,
    `${deployment.status?.readyReplicas ?? 0}/${deployment.spec?.replicas ?? 0}`,
    deployment.status?.updatedReplicas ?? 0,
    deployment.status?.availableReplicas ?? 0,
    age(deployment.metadata.creationTimestamp, now),
    ...containersAndImages(deployment.spec?.template.spec?.containers),
    formatLabelSelector(deployment.spec?.selector),
  ],
});
