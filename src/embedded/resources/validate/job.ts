import type { Job, JobSpec, PodTemplateSpec } from '../../../kube/api.gen.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { goValue } from '../go/value.ts';
import { validatePodTemplate } from '../pod-spec/template.ts';
import { validatePodFailurePolicy, validateSuccessPolicy } from './job-policies.ts';
import { isUsableSelector, validateLabelSelector } from './label-selector.ts';
import { nonNegative } from './numbers.ts';

const maxIndexedParallelism = 100_000;
const doesNotMatch = '`selector` does not match template `labels`';

/** The rules that the template of a CronJob has too. */
export function validateJobTemplateSpec(spec: JobSpec, at: field.FieldPath): FieldError[] {
  const errors = validatePlainJobSpec(spec, at);
  if (spec.selector) {
    errors.push(field.invalid(at.child('selector'), spec.selector, '`selector` will be auto-generated'));
  }
  if (spec.manualSelector) errors.push(field.notSupported(at.child('manualSelector'), true, ['nil', 'false']));
  return errors;
}

function validatePlainJobSpec(spec: JobSpec, at: field.FieldPath): FieldError[] {
  return [
    ...nonNegative(at.child('parallelism'), spec.parallelism),
    ...nonNegative(at.child('completions'), spec.completions),
    ...nonNegative(at.child('activeDeadlineSeconds'), spec.activeDeadlineSeconds),
    ...nonNegative(at.child('backoffLimit'), spec.backoffLimit),
    ...nonNegative(at.child('ttlSecondsAfterFinished'), spec.ttlSecondsAfterFinished),
    ...nonNegative(at.child('backoffLimitPerIndex'), spec.backoffLimitPerIndex),
    ...nonNegative(at.child('maxFailedIndexes'), spec.maxFailedIndexes),
    ...validateCompletionMode(spec, at),
    ...(spec.podFailurePolicy ? validatePodFailurePolicy(spec, at.child('podFailurePolicy')) : []),
    ...(spec.successPolicy ? validateSuccessPolicy(spec, at) : []),
    ...validateReplacementPolicy(spec, at.child('podReplacementPolicy')),
    ...validatePodTemplate(spec.template, at.child('template')),
    ...validateRestartPolicy(spec, at.child('template', 'spec', 'restartPolicy')),
  ];
}

function validateCompletionMode(spec: JobSpec, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const mode = spec.completionMode;
  const modes = ['NonIndexed', 'Indexed'];
  if (mode !== undefined && !modes.includes(mode))
    errors.push(field.notSupported(at.child('completionMode'), mode, modes));
  if (mode === 'Indexed') {
    if (spec.completions === undefined) {
      errors.push(field.required(at.child('completions'), `when completion mode is ${mode}`));
    }
    const parallelism = spec.parallelism ?? 0;
    if (parallelism > maxIndexedParallelism) {
      const text = `must be less than or equal to ${maxIndexedParallelism} when completion mode is ${mode}`;
      errors.push(field.invalid(at.child('parallelism'), parallelism, text));
    }
  }
  const perIndex = spec.backoffLimitPerIndex;
  const failed = spec.maxFailedIndexes;
  if (perIndex !== undefined && mode !== 'Indexed') {
    errors.push(field.invalid(at.child('backoffLimitPerIndex'), perIndex, 'requires indexed completion mode'));
  }
  if (failed !== undefined) {
    if (perIndex === undefined) {
      errors.push(field.required(at.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified'));
    }
    if (spec.completions !== undefined && failed > spec.completions) {
      errors.push(field.invalid(at.child('maxFailedIndexes'), failed, 'must be less than or equal to completions'));
    }
  }
  return errors;
}

function validateReplacementPolicy(spec: JobSpec, where: field.FieldPath): FieldError[] {
  const policy = spec.podReplacementPolicy;
  if (policy === undefined) return [];
  if (spec.podFailurePolicy !== undefined) {
    return policy === 'Failed' ? [] : [field.notSupported(where, policy, ['Failed'])];
  }
  const policies = ['Failed', 'TerminatingOrFailed'];
  return policies.includes(policy) ? [] : [field.notSupported(where, policy, policies)];
}

function validateRestartPolicy(spec: JobSpec, where: field.FieldPath): FieldError[] {
  const policy = spec.template.spec?.restartPolicy ?? '';
  if (policy === '' || policy === 'Always') return [field.required(where, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [field.notSupported(where, policy, ['OnFailure', 'Never'])];
  if (spec.podFailurePolicy !== undefined && policy !== 'Never') {
    return [field.invalid(where, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  }
  return [];
}

function validateJobSpec(spec: JobSpec): FieldError[] {
  const at = field.path('spec');
  const errors = validatePlainJobSpec(spec, at);
  if (!spec.selector) errors.push(field.required(at.child('selector')));
  else errors.push(...validateLabelSelector(spec.selector, at.child('selector')));
  const labels = spec.template.metadata?.labels;
  if (isUsableSelector(spec.selector) && !selectorMatches(spec.selector, labels)) {
    errors.push(field.invalid(at.child('template', 'metadata', 'labels'), labels ?? null, doesNotMatch));
  }
  return errors;
}

/** Unless the client took over the selector, it and the template's labels are the ones generated from uid and name. */
function validateGeneratedSelector(job: Job, spec: JobSpec): FieldError[] {
  if (spec.manualSelector || !spec.selector) return [];
  const errors: FieldError[] = [];
  const { uid = '', name = '' } = job.metadata ?? {};
  const expected: [string, string][] = [
    ['batch.kubernetes.io/controller-uid', uid],
    ['controller-uid', uid],
    ['batch.kubernetes.io/job-name', name],
    ['job-name', name],
  ];
  const at = field.path('spec', 'template', 'metadata', 'labels');
  const labels = spec.template.metadata?.labels ?? {};
  for (const [key, value] of expected) {
    if (labels[key] === undefined) errors.push(field.required(at.key(key), `must be '${value}'`));
    else if (labels[key] !== value) errors.push(field.invalid(at.key(key), labels, `must be '${value}'`));
  }
  if (isUsableSelector(spec.selector) && !selectorMatches(spec.selector, Object.fromEntries(expected))) {
    errors.push(field.invalid('spec.selector', spec.selector, '`selector` not auto-generated'));
  }
  return errors;
}

export function validateJob(job: Job): FieldError[] {
  if (job.spec === undefined) return [field.required('spec')];
  return [...validateGeneratedSelector(job, job.spec), ...validateJobSpec(job.spec)];
}

/** While a Job is suspended and has never started, its scheduling directives may still change (KEP-2926). */
function comparableTemplate(job: Job, old: Job): PodTemplateSpec | undefined {
  const before = old.spec?.template;
  const after = job.spec?.template;
  if (!old.spec?.suspend || old.status?.startTime !== undefined || before === undefined || after === undefined) {
    return before;
  }
  const changed = structuredClone(before);
  changed.metadata = { ...changed.metadata, labels: after.metadata?.labels, annotations: after.metadata?.annotations };
  if (changed.spec !== undefined && after.spec !== undefined) {
    changed.spec.nodeSelector = after.spec.nodeSelector;
    changed.spec.tolerations = after.spec.tolerations;
    changed.spec.schedulingGates = after.spec.schedulingGates;
    const nodeAffinity = after.spec.affinity?.nodeAffinity;
    if (nodeAffinity !== undefined || changed.spec.affinity !== undefined) {
      changed.spec.affinity = { ...changed.spec.affinity, nodeAffinity };
    }
  }
  return changed;
}

function validateCompletionsUpdate(spec: JobSpec, old: JobSpec, where: field.FieldPath): FieldError[] {
  // Elastic indexed Jobs (KEP-3715): completions follow parallelism.
  if (spec.completionMode !== 'Indexed' || old.completions === undefined || spec.completions === undefined) {
    return field.immutable(where, spec.completions, old.completions);
  }
  if (spec.completions === old.completions) return [];
  return spec.completions === spec.parallelism
    ? []
    : [field.invalid(where, spec.completions, `can only be modified in tandem with spec.parallelism`)];
}

export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const { spec } = job;
  if (spec === undefined || old.spec === undefined) return [];
  const at = field.path('spec');
  const template = spec.template;
  return [
    // Kubernetes checks the spec twice on updates, and reports what it finds twice.
    ...validateJobSpec(spec),
    ...validateCompletionsUpdate(spec, old.spec, at.child('completions')),
    ...field.immutable(at.child('selector'), spec.selector, old.spec.selector),
    ...(field.sameJson(template, comparableTemplate(job, old))
      ? []
      : [field.invalid(at.child('template'), goValue('PodTemplateSpec', template), 'field is immutable')]),
    ...field.immutable(at.child('completionMode'), spec.completionMode, old.spec.completionMode),
    ...field.immutable(at.child('podFailurePolicy'), spec.podFailurePolicy, old.spec.podFailurePolicy),
    ...field.immutable(at.child('backoffLimitPerIndex'), spec.backoffLimitPerIndex, old.spec.backoffLimitPerIndex),
    ...field.immutable(at.child('managedBy'), spec.managedBy, old.spec.managedBy),
    ...field.immutable(at.child('successPolicy'), spec.successPolicy, old.spec.successPolicy),
  ];
}

export function validateJobStatus(job: Job): FieldError[] {
  const at = field.path('status');
  return (['active', 'succeeded', 'failed', 'ready', 'terminating'] as const).flatMap((name) =>
    nonNegative(at.child(name), job.status?.[name]),
  );
}
