import type { Job, JobSpec } from '../../kube/api.gen.ts';
import { jobs } from '../../kube/resources.ts';
import { defineResource } from './define.ts';
import { defaultPodTemplate } from './pod-spec/defaults.ts';
import { workloadWarnings } from './pod-spec/warnings.ts';
import { jobCells } from './printing/job.ts';
import { keepOtherPart } from './status-strategy.ts';
import { validateJob, validateJobStatus, validateJobUpdate } from './validate/job.ts';

/** SetDefaults_Job, also for the template of a CronJob where only the Pod template is defaulted. */
function defaults(job: Job): void {
  const spec = job.spec;
  if (spec === undefined) return;
  spec.template ??= {};
  defaultPodTemplate(spec.template);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647;
  takeOverLabels(job);
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
}

/** A Job without labels has those of its Pods. */
function takeOverLabels(job: Job): void {
  const labels = job.spec?.template.metadata?.labels;
  if (labels === undefined || Object.keys(job.metadata?.labels ?? {}).length > 0) return;
  job.metadata ??= {};
  job.metadata.labels = { ...labels };
}

/** As maps are printed in messages. */
const sortedByKey = (labels: Record<string, string>) =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Gives the Job a selector and its Pods the labels for it, from the Job's own uid and name. */
function generateSelector(job: Job, spec: JobSpec): void {
  const uid = job.metadata?.uid ?? '';
  const name = job.metadata?.name ?? '';
  const template = spec.template;
  template.metadata = {
    ...template.metadata,
    labels: sortedByKey({
      ...template.metadata?.labels,
      'controller-uid': uid,
      'batch.kubernetes.io/controller-uid': uid,
      'job-name': name,
      'batch.kubernetes.io/job-name': name,
    }),
  };
  spec.selector = {
    ...spec.selector,
    matchLabels: sortedByKey({ ...spec.selector?.matchLabels, 'batch.kubernetes.io/controller-uid': uid }),
  };
}

function warnings(job: Job, old: Job | undefined): string[] {
  const found: string[] = [];
  const spec = job.spec;
  if (spec?.completionMode === 'Indexed' && (spec.completions ?? 0) > 100_000 && (spec.parallelism ?? 0) > 10_000) {
    found.push(
      'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail',
    );
  }
  return [...found, ...workloadWarnings(job, old, (j) => j.spec?.template)];
}

export const jobResource = defineResource<Job>({
  ...jobs,
  strategy: {
    // Once more after validation: then a Job without labels takes over the generated ones.
    defaults,
    prepareForCreate(job) {
      job.status = {};
      if (job.spec === undefined) return;
      if (job.spec.manualSelector !== true) generateSelector(job, job.spec);
    },
    prepareForUpdate: keepOtherPart,
    validate: (job, { subresource }) => (subresource === 'status' ? validateJobStatus(job) : validateJob(job)),
    validateUpdate: (job, old, { subresource }) => (subresource === 'status' ? [] : validateJobUpdate(job, old)),
    warnings,
    defaultPropagation: 'Orphan',
  },
  fieldSelectors: { 'status.successful': (job) => String(job.status?.succeeded ?? 0) },
  cells: jobCells,
});
