import type { CronJob } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { boolOrUnset, none, selectorText, timeText, unset, writeMetadata } from './format.ts';
import { writePodTemplate } from './template.ts';

export const describeCronJob: Describer<CronJob> = async (w, cronJob, context) => {
  const { spec, status } = cronJob;
  const line = (label: string, value: unknown) => w.write(0, `${label}:\t${value ?? unset}\n`);
  writeMetadata(w, cronJob);
  line('Schedule', spec?.schedule);
  line('Concurrency Policy', spec?.concurrencyPolicy);
  line('Suspend', boolOrUnset(spec?.suspend));
  line('Successful Job History Limit', spec?.successfulJobsHistoryLimit);
  line('Failed Job History Limit', spec?.failedJobsHistoryLimit);
  const seconds = (value: number | undefined) => (value == null ? undefined : `${value}s`);
  line('Starting Deadline Seconds', seconds(spec?.startingDeadlineSeconds));
  const job = spec?.jobTemplate.spec;
  line('Selector', job?.selector ? selectorText(job.selector) : undefined);
  line('Parallelism', job?.parallelism);
  line('Completions', job?.completions);
  if (job?.activeDeadlineSeconds != null) line('Active Deadline Seconds', seconds(job.activeDeadlineSeconds));
  writePodTemplate(w, job?.template);
  line('Last Schedule Time', status?.lastScheduleTime ? timeText(status.lastScheduleTime) : undefined);
  line('Active Jobs', (status?.active ?? []).map(({ name }) => name).join(', ') || none);
  await writeEvents(w, cronJob, context);
};
