import type { PodTemplateSpec, StatefulSet, StatefulSetSpec } from '../../kube/api.gen.ts';
import { statefulSets } from '../../kube/resources.ts';
import { dnsLabel } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { defaultPodTemplate } from './pod-spec/defaults.ts';
import { validateAlwaysRestart, validatePodTemplate, validateTemplateLabels } from './pod-spec/template.ts';
import { workloadWarnings } from './pod-spec/warnings.ts';
import { age, containersAndImages } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';
import { fractionWarnings, validateClaimSpec } from './validate/claim.ts';
import { notOverHundredPercent, plainNumber, validateIntOrPercent } from './validate/int-or-percent.ts';
import { isUsableSelector } from './validate/label-selector.ts';
import { nonNegative } from './validate/numbers.ts';
import { validateWorkloadSelector } from './validate/workload.ts';

function validatePolicies(spec: StatefulSetSpec, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const management = spec.podManagementPolicy;
  if (!management) errors.push(field.required(at.child('podManagementPolicy')));
  else if (management !== 'OrderedReady' && management !== 'Parallel') {
    const text = "must be 'OrderedReady' or 'Parallel'";
    errors.push(field.invalid(at.child('podManagementPolicy'), management, text));
  }
  errors.push(...validateUpdateStrategy(spec, at.child('updateStrategy')));
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  for (const when of ['whenDeleted', 'whenScaled'] as const) {
    const policy = retention?.[when];
    if (policy !== undefined && policy !== 'Retain' && policy !== 'Delete') {
      const where = at.child('persistentVolumeClaimRetentionPolicy', when);
      errors.push(field.notSupported(where, policy, ['Retain', 'Delete']));
    }
  }
  return errors;
}

function validateUpdateStrategy({ updateStrategy = {} }: StatefulSetSpec, at: field.FieldPath): FieldError[] {
  const rolling = updateStrategy.rollingUpdate;
  const where = at.child('rollingUpdate');
  switch (updateStrategy.type ?? '') {
    case '':
      return [field.required(at)];
    case 'OnDelete':
      return rolling === undefined
        ? []
        : [field.invalid(where, rolling, "only allowed for updateStrategy 'RollingUpdate'")];
    case 'RollingUpdate': {
      const errors = nonNegative(where.child('partition'), rolling?.partition);
      const unavailable = rolling?.maxUnavailable;
      if (unavailable === undefined) return errors;
      const path = where.child('maxUnavailable');
      errors.push(...validateIntOrPercent(path, unavailable));
      if (plainNumber(unavailable) === 0) errors.push(field.invalid(path, unavailable, 'cannot be 0'));
      return [...errors, ...notOverHundredPercent(path, unavailable)];
    }
    default: {
      const value = { Type: updateStrategy.type, RollingUpdate: rolling ?? null };
      return [field.invalid(at, field.raw(field.goJson(value)), "must be 'RollingUpdate' or 'OnDelete'")];
    }
  }
}

function validateSpec({ spec }: StatefulSet): FieldError[] {
  const at = field.path('spec');
  if (spec === undefined) return [field.required(at)];
  const template = spec.template ?? {};
  const where = at.child('template');
  const errors = [
    ...validatePolicies(spec, at),
    ...nonNegative(at.child('replicas'), spec.replicas),
    ...nonNegative(at.child('minReadySeconds'), spec.minReadySeconds),
    ...nonNegative(at.child('ordinals.start'), spec.ordinals?.start),
    ...(spec.serviceName
      ? field.invalidEach(at.child('serviceName'), spec.serviceName, dnsLabel(spec.serviceName))
      : []),
    ...validateWorkloadSelector(spec.selector, at.child('selector'), 'statefulset'),
  ];
  if (!isUsableSelector(spec.selector)) errors.push(field.invalid(at.child('selector'), spec.selector, ''));
  else
    errors.push(
      ...validateTemplateLabels(template, spec.selector, where),
      ...validatePodTemplate(withClaims(spec), where),
    );
  errors.push(...validateAlwaysRestart(template, where));
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    const text = 'activeDeadlineSeconds in StatefulSet is not Supported';
    errors.push(field.forbidden(where.child('spec', 'activeDeadlineSeconds'), text));
  }
  for (const [i, claim] of (spec.volumeClaimTemplates ?? []).entries()) {
    errors.push(...validateClaimSpec(claim.spec ?? {}, at.child('volumeClaimTemplates').index(i).child('spec')));
  }
  return errors;
}

/** The template as its Pods will be: each claim template is a volume of that name, instead of one in the template. */
function withClaims({ template = {}, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const names = volumeClaimTemplates.flatMap(({ metadata }) => metadata?.name ?? []);
  const { spec } = template;
  if (!spec || names.length === 0) return template;
  const own = spec.volumes?.filter(({ name }) => !names.includes(name)) ?? [];
  const claims = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...template, spec: { ...spec, volumes: [...own, ...claims] } };
}

/** What an update of the spec may change. */
const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

function validateUpdate(set: StatefulSet, old: StatefulSet): FieldError[] {
  const fixed = (spec: StatefulSet['spec']) =>
    Object.fromEntries(Object.entries(spec ?? {}).filter(([key]) => !(changeable as readonly string[]).includes(key)));
  if (field.sameJson(fixed(set.spec), fixed(old.spec))) return [];
  const names = changeable.map((name) => `'${name}'`);
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return [field.forbidden('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)];
}

const counts = ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const;

function validateStatus({ status }: StatefulSet): FieldError[] {
  const at = field.path('status');
  const errors = [...counts, 'observedGeneration', 'collisionCount'].flatMap((name) =>
    nonNegative(at.child(name), status?.[name as (typeof counts)[number]]),
  );
  for (const name of counts.slice(1)) {
    const count = status?.[name] ?? 0;
    if (count > (status?.replicas ?? 0)) {
      errors.push(field.invalid(at.child(name), count, 'cannot be greater than status.replicas'));
    }
  }
  if ((status?.availableReplicas ?? 0) > (status?.readyReplicas ?? 0)) {
    const text = 'cannot be greater than status.readyReplicas';
    errors.push(field.invalid(at.child('availableReplicas'), status?.availableReplicas, text));
  }
  return errors;
}

function defaults(set: StatefulSet): void {
  const spec = set.spec;
  if (spec === undefined) return;
  spec.template ??= {};
  defaultPodTemplate(spec.template);
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  if (!strategy.type) {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0;
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion ||= 'v1';
    claim.kind ||= 'PersistentVolumeClaim';
    claim.spec ??= {};
    claim.spec.volumeMode ??= 'Filesystem';
    claim.status ??= {};
    claim.status.phase ||= 'Pending';
  }
}

function warnings(set: StatefulSet, old: StatefulSet | undefined): string[] {
  const found = workloadWarnings(set, old, (s) => s.spec?.template);
  if (old !== undefined && field.sameJson(set.spec, old.spec)) return found;
  for (const [i, claim] of (set.spec?.volumeClaimTemplates ?? []).entries()) {
    const at = field.path('spec', 'volumeClaimTemplates').index(i).child('spec', 'resources', 'requests');
    found.push(...fractionWarnings(claim.spec?.resources?.requests, at));
  }
  if ((set.spec?.revisionHistoryLimit ?? 0) < 0) {
    found.push(
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    );
  }
  return found;
}

export const statefulSetResource = defineResource<StatefulSet>({
  ...statefulSets,
  strategy: {
    defaults,
    prepareForCreate(set) {
      set.status = { replicas: 0 };
    },
    prepareForUpdate: keepOtherPart,
    validate: (set, { subresource }) => (subresource === 'status' ? validateStatus(set) : validateSpec(set)),
    validateUpdate: (set, old, { subresource }) => (subresource === 'status' ? [] : validateUpdate(set, old)),
    warnings,
  },
  cells: (set, now) => [
    set.metadata.name,
    `${set.status?.readyReplicas ?? 0}/${set.spec?.replicas ?? 0}`,
    age(set.metadata.creationTimestamp, now),
    ...containersAndImages(set.spec?.template?.spec?.containers),
  ],
});
