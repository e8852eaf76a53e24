import type { CronJob, Job } from '../../../kube/api.gen.ts';
import { humanDuration } from '../../../kube/duration.ts';
import type { Stored } from '../../../kube/meta.ts';
import { formatLabelSelector } from '../../../kube/selectors.ts';
import { age, containersAndImages, none } from './common.ts';

const hasCondition = (job: Job, type: string) =>
  job.status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;

/** The first that holds is shown as STATUS. */
const states: readonly [condition: string, text: string][] = [
  ['Complete', 'Complete'],
  ['Failed', 'Failed'],
];

function status(job: Stored<Job>): string {
  const ended = states.find(([condition]) => hasCondition(job, condition));
  if (ended) return ended[1];
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (hasCondition(job, 'Suspended')) return 'Suspended';
  if (hasCondition(job, 'FailureTarget')) return 'FailureTarget';
  if (hasCondition(job, 'SuccessCriteriaMet')) return 'SuccessCriteriaMet';
  return 'Running';
}

function completions(job: Job): string {
  const succeeded = job.status?.succeeded ?? 0;
  if (job.spec?.completions !== undefined) return `${succeeded}/${job.spec.completions}`;
  const parallelism = job.spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

/** From the start to the completion, or now: a failed Job never completed, its time runs on. */
function duration(job: Job, now: number): string {
  const start = job.status?.startTime;
  if (start === undefined) return '';
  const end = job.status?.completionTime;
  const until = end === undefined ? now : Date.parse(end);
  return humanDuration(Math.floor((until - Date.parse(start)) / 1000));
}

export function jobCells(job: Stored<Job>, now: number): unknown[] {
  return [
    job.metadata.name,
    status(job),
    completions(job),
    duration(job, now),
    age(job.metadata.creationTimestamp, now),
    ...containersAndImages(job.spec?.template.spec?.containers),
    formatLabelSelector(job.spec?.selector),
  ];
}

export function cronJobCells(cronJob: Stored<CronJob>, now: number): unknown[] {
  const last = cronJob.status?.lastScheduleTime;
  return [
    cronJob.metadata.name,
    cronJob.spec?.schedule ?? '',
    cronJob.spec?.timeZone ?? none,
    cronJob.spec?.suspend ? 'True' : 'False',
    (cronJob.status?.active ?? []).length,
    last === undefined ? none : age(last, now),
    age(cronJob.metadata.creationTimestamp, now),
    ...containersAndImages(cronJob.spec?.jobTemplate.spec?.template.spec?.containers),
    formatLabelSelector(cronJob.spec?.jobTemplate.spec?.selector),
  ];
}
