import type { CronJob, CronJobSpec } from '../../kube/api.gen.ts';
import { CronError, parseCron } from '../../kube/cron.ts';
import { cronJobs } from '../../kube/resources.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { defaultPodTemplate } from './pod-spec/defaults.ts';
import { templateWarnings } from './pod-spec/warnings.ts';
import { cronJobCells } from './printing/job.ts';
import { keepOtherPart } from './status-strategy.ts';
import { validateJobTemplateSpec } from './validate/job.ts';
import { nonNegative } from './validate/numbers.ts';

/** The controller appends an 11-character suffix to make the names of Jobs, which are labels. */
const maxNameLength = 52;

function validateSchedule(schedule: string, where: field.FieldPath, zone: string | undefined): FieldError[] {
  if (schedule === '') return [field.required(where)];
  const errors: FieldError[] = [];
  if (schedule.includes('TZ')) {
    errors.push(
      zone === undefined
        ? field.invalid(where, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')
        : field.invalid(where, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'),
    );
    return errors;
  }
  try {
    parseCron(schedule);
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    errors.push(field.invalid(where, schedule, error.message));
  }
  return errors;
}

function validateTimeZone(zone: string | undefined, where: field.FieldPath): FieldError[] {
  if (zone === undefined) return [];
  if (zone === '') return [field.invalid(where, zone, 'timeZone must be nil or non-empty string')];
  if (zone.toLowerCase() === 'local') {
    const text = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    return [field.invalid(where, zone, text)];
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return [];
  } catch {
    return [field.invalid(where, zone, `unknown time zone ${zone}`)];
  }
}

function validateSpec(spec: CronJobSpec): FieldError[] {
  const at = field.path('spec');
  const policy = spec.concurrencyPolicy ?? '';
  const policies = ['Allow', 'Forbid', 'Replace'];
  return [
    ...validateSchedule(spec.schedule ?? '', at.child('schedule'), spec.timeZone),
    ...nonNegative(at.child('startingDeadlineSeconds'), spec.startingDeadlineSeconds),
    ...validateTimeZone(spec.timeZone, at.child('timeZone')),
    ...(policy === '' ? [field.required(at.child('concurrencyPolicy'))] : []),
    ...(policy !== '' && !policies.includes(policy)
      ? [field.notSupported(at.child('concurrencyPolicy'), policy, policies)]
      : []),
    ...validateJobTemplateSpec(spec.jobTemplate.spec ?? { template: {} }, at.child('jobTemplate', 'spec')),
    ...nonNegative(at.child('successfulJobsHistoryLimit'), spec.successfulJobsHistoryLimit),
    ...nonNegative(at.child('failedJobsHistoryLimit'), spec.failedJobsHistoryLimit),
  ];
}

function validate(cronJob: CronJob): FieldError[] {
  const errors = cronJob.spec === undefined ? [field.required('spec')] : validateSpec(cronJob.spec);
  const name = cronJob.metadata?.name ?? '';
  if (name.length > maxNameLength) {
    errors.push(field.invalid('metadata.name', name, `must be no more than ${maxNameLength} characters`));
  }
  return errors;
}

function warnings(cronJob: CronJob, old: CronJob | undefined): string[] {
  const found: string[] = [];
  if (cronJob.spec?.schedule?.includes('TZ')) {
    found.push(
      'CRON_TZ or TZ used in spec.schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
    );
  }
  const template = (c: CronJob | undefined) => c?.spec?.jobTemplate.spec?.template;
  const at = field.path('spec', 'jobTemplate', 'spec', 'template');
  return [...found, ...templateWarnings(template(cronJob), template(old), at)];
}

export const cronJobResource = defineResource<CronJob>({
  ...cronJobs,
  strategy: {
    defaults(cronJob) {
      const spec = cronJob.spec;
      if (spec === undefined) return;
      spec.jobTemplate ??= {};
      spec.jobTemplate.metadata ??= {};
      spec.jobTemplate.spec ??= { template: {} };
      spec.jobTemplate.spec.template ??= {};
      defaultPodTemplate(spec.jobTemplate.spec.template);
      spec.concurrencyPolicy ||= 'Allow';
      spec.suspend ??= false;
      spec.successfulJobsHistoryLimit ??= 3;
      spec.failedJobsHistoryLimit ??= 1;
    },
    prepareForCreate(cronJob) {
      cronJob.status = {};
    },
    prepareForUpdate: keepOtherPart,
    validate: (cronJob, { subresource, operation }) => {
      if (subresource === 'status') return [];
      return operation === 'create' ? validate(cronJob) : cronJob.spec ? validateSpec(cronJob.spec) : [];
    },
    warnings,
  },
  cells: cronJobCells,
});
