import type { Job } from '../../../../../kube/api.gen.ts';
import { humanDuration } from '../../../../../kube/duration.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import {
  none,
  selectorText,
  timeText,
  unset,
  writeAnnotations,
  writeController,
  writeLabels,
  writeName,
} from './format.ts';
import { writePodTemplate } from './template.ts';

export const describeJob: Describer<Job> = async (w, job, context) => {
  const { metadata, spec, status = {} } = job;
  writeName(w, metadata);
  if (spec?.selector) w.write(0, `Selector:\t${selectorText(spec.selector)}\n`);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
  writeController(w, metadata);
  const line = (label: string, value: unknown) => {
    if (value != null) w.write(0, `${label}:\t${value}\n`);
  };
  line('Parallelism', spec?.parallelism);
  line('Completions', spec?.completions ?? unset);
  line('Completion Mode', spec?.completionMode);
  line('Suspend', spec?.suspend);
  line('Backoff Limit', spec?.backoffLimit);
  line('TTL Seconds After Finished', spec?.ttlSecondsAfterFinished);
  const { startTime, completionTime } = status;
  if (startTime) line('Start Time', timeText(startTime));
  if (completionTime) line('Completed At', timeText(completionTime));
  if (startTime && completionTime)
    line('Duration', humanDuration((Date.parse(completionTime) - Date.parse(startTime)) / 1000));
  if (spec?.activeDeadlineSeconds != null) line('Active Deadline Seconds', `${spec.activeDeadlineSeconds}s`);
  const ready = status.ready == null ? '' : ` (${status.ready} Ready)`;
  line(
    'Pods Statuses',
    `${status.active ?? 0} Active${ready} / ${status.succeeded ?? 0} Succeeded / ${status.failed ?? 0} Failed`,
  );
  if (spec?.completionMode === 'Indexed') line('Completed Indexes', indexesText(status.completedIndexes ?? ''));
  writePodTemplate(w, spec?.template);
  await writeEvents(w, job, context);
};

/** The first 50 characters of `0-2,5`, cut between two numbers. */
function indexesText(indexes: string): string {
  if (indexes === '') return none;
  if (indexes.length <= 50) return indexes;
  return `${indexes.slice(0, indexes.lastIndexOf(',', 50))},...`;
}
