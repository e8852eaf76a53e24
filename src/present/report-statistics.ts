import type { AttemptReport } from '../session/report.ts';
import { costly } from '../session/statistics.ts';
import { comparisonItems } from './comparison.ts';
import { clockText } from './text.ts';

/** The statistics of a report, a line each; the times are worked time of the last try. */
export function statisticsItems({ statistics, checks, comparison }: AttemptReport): string[] {
  const { times, detours, setbacks, losses } = statistics;
  const title = (id: string) => checks.find((c) => c.id === id)?.title ?? id;
  const reached = [
    ['First change', times.change],
    ['First fix', times.fix],
    ['Solved', times.solved],
  ] as const;
  return [
    ...(comparison ? comparisonItems(comparison) : []),
    ...reached.map(([what, at]) => `${what}: ${at === undefined ? 'none seen' : `after ${clockText(at)} of work`}`),
    ...detours.map((d) => `Detour: ${costly(d)}`),
    ...setbacks.map(
      ({ check, at, lasted }) =>
        `Lost again at ${clockText(at)}: ${title(check)}${lasted === undefined ? '' : `, for ${clockText(lasted)}`}`,
    ),
    ...losses.map((l) => `Exam-day loss: ${costly(l)}. ${l.faster}`),
  ];
}
