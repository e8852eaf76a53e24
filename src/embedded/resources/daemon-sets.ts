import type { DaemonSet, DaemonSetSpec } from '../../kube/api.gen.ts';
import { parseInt64 } from '../../kube/int64.ts';
import { daemonSets } from '../../kube/resources.ts';
import { formatLabelSelector, selectorMatches } from '../../kube/selectors.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { goValue } from './go/value.ts';
import { defaultPodTemplate } from './pod-spec/defaults.ts';
import { validateAlwaysRestart, validatePodTemplate } from './pod-spec/template.ts';
import { workloadWarnings } from './pod-spec/warnings.ts';
import { age, containersAndImages, labelsText } from './printing/common.ts';
import { notOverHundredPercent, plainNumber, validateIntOrPercent } from './validate/int-or-percent.ts';
import { isEmptySelector, isUsableSelector, validateLabelSelector } from './validate/label-selector.ts';
import { nonNegative } from './validate/numbers.ts';

/** Where the API before apps/v1 kept the generation of the template; still written. */
const templateGeneration = 'deprecated.daemonset.template.generation';

function validateUpdateStrategy(spec: DaemonSetSpec, at: field.FieldPath): FieldError[] {
  const strategy = spec.updateStrategy ?? {};
  if (strategy.type === 'OnDelete') return [];
  if (strategy.type !== 'RollingUpdate') {
    return [field.notSupported(at, goValue('DaemonSetUpdateStrategy', strategy), ['RollingUpdate', 'OnDelete'])];
  }
  const where = at.child('rollingUpdate');
  const rolling = strategy.rollingUpdate;
  if (rolling === undefined) return [field.required(where)];
  const errors = [
    ...validateIntOrPercent(where.child('maxUnavailable'), rolling.maxUnavailable),
    ...notOverHundredPercent(where.child('maxUnavailable'), rolling.maxUnavailable),
    ...validateIntOrPercent(where.child('maxSurge'), rolling.maxSurge),
    ...notOverHundredPercent(where.child('maxSurge'), rolling.maxSurge),
  ];
  const unavailable = plainNumber(rolling.maxUnavailable) !== 0;
  const surge = plainNumber(rolling.maxSurge) !== 0;
  if (unavailable && surge) {
    errors.push(
      field.invalid(where.child('maxSurge'), rolling.maxSurge, 'may not be set when maxUnavailable is non-zero'),
    );
  } else if (!unavailable && !surge) {
    errors.push(field.required(where.child('maxUnavailable'), 'cannot be 0 when maxSurge is 0'));
  }
  return errors;
}

function validateSpec({ spec }: DaemonSet): FieldError[] {
  const at = field.path('spec');
  if (spec === undefined) return [field.required(at)];
  const template = spec.template;
  const errors = validateLabelSelector(spec.selector, at.child('selector'));
  if (isUsableSelector(spec.selector) && !selectorMatches(spec.selector, template.metadata?.labels)) {
    errors.push(
      field.invalid(
        at.child('template', 'metadata', 'labels'),
        template.metadata?.labels ?? null,
        '`selector` does not match template `labels`',
      ),
    );
  }
  if (spec.selector && isEmptySelector(spec.selector)) {
    errors.push(field.invalid(at.child('selector'), spec.selector, 'empty selector is invalid for daemonset'));
  }
  errors.push(...validatePodTemplate(template, at.child('template')));
  errors.push(...validateAlwaysRestart(template, at.child('template')));
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    const where = at.child('template', 'spec', 'activeDeadlineSeconds');
    errors.push(field.forbidden(where, 'activeDeadlineSeconds in DaemonSet is not Supported'));
  }
  return [
    ...errors,
    ...nonNegative(at.child('minReadySeconds'), spec.minReadySeconds),
    ...validateUpdateStrategy(spec, at.child('updateStrategy')),
    ...nonNegative(at.child('revisionHistoryLimit'), spec.revisionHistoryLimit),
  ];
}

const counts = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
] as const;

const generationOf = (set: DaemonSet) => parseInt64(set.metadata?.annotations?.[templateGeneration]) ?? 0n;

function setGeneration(set: DaemonSet, generation: bigint): void {
  set.metadata ??= {};
  set.metadata.annotations = { ...set.metadata.annotations, [templateGeneration]: String(generation) };
}

export const daemonSetResource = defineResource<DaemonSet>({
  ...daemonSets,
  strategy: {
    defaults(set) {
      const spec = set.spec;
      if (spec === undefined) return;
      spec.template ??= {};
      defaultPodTemplate(spec.template);
      spec.updateStrategy ??= {};
      const strategy = spec.updateStrategy;
      strategy.type ||= 'RollingUpdate';
      if (strategy.type === 'RollingUpdate') {
        strategy.rollingUpdate ??= {};
        const rolling = strategy.rollingUpdate;
        rolling.maxUnavailable ??= 1;
        rolling.maxSurge ??= 0;
      }
      spec.revisionHistoryLimit ??= 10;
      setGeneration(set, generationOf(set));
    },
    prepareForCreate(set) {
      set.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
      setGeneration(set, generationOf(set) > 0n ? generationOf(set) : 1n);
    },
    prepareForUpdate(set, old, { subresource }) {
      if (subresource === 'status') {
        set.spec = structuredClone(old.spec);
        return;
      }
      set.status = structuredClone(old.status);
      const changed = !field.sameJson(set.spec?.template, old.spec?.template);
      setGeneration(set, generationOf(old) + (changed ? 1n : 0n));
    },
    validate: (set, { subresource }) =>
      subresource === 'status'
        ? counts.flatMap((name) => nonNegative(field.path('status', name), set.status?.[name]))
        : validateSpec(set),
    updateErrorsFirst: true,
    validateUpdate: (set, old, { subresource }) =>
      subresource === 'status' ? [] : field.immutable('spec.selector', set.spec?.selector, old.spec?.selector),
    warnings: (set, old) => workloadWarnings(set, old, (s) => s.spec?.template),
  },
  cells: (set, now) => [
    set.metadata.name,
    set.status?.desiredNumberScheduled ?? 0,
    set.status?.currentNumberScheduled ?? 0,
    set.status?.numberReady ?? 0,
    set.status?.updatedNumberScheduled ?? 0,
    set.status?.numberAvailable ?? 0,
    labelsText(set.spec?.template.spec?.nodeSelector),
    age(set.metadata.creationTimestamp, now),
    ...containersAndImages(set.spec?.template.spec?.containers),
    formatLabelSelector(set.spec?.selector),
  ],
});
