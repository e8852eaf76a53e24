import type { CronJob } from '../../../kube/api.gen.ts';
import type { CronSchedule } from '../../../kube/cron.ts';
import type { Stored } from '../../../kube/meta.ts';
import { nextRun } from './cron-schedule.ts';

/** The controller looks a moment after the start is due. */
const lateMs = 100;
const manyMissed = 100;

export interface Missed {
  /** Where the search began (ms since 1970). */
  since: number;
  /** The latest start that should have been by now. */
  latest: number | undefined;
  missed: 'none' | 'few' | 'many';
}

/** A schedule whose days never come. The text is kube-controller-manager's. */
export class ScheduleError extends Error {}

/**
 * The starts since the last one (else since the creation). `deadline`: only those that startingDeadlineSeconds still
 * allows. Throws a ScheduleError.
 */
export function missedStarts(
  cronJob: Stored<CronJob>,
  schedule: CronSchedule,
  now: number,
  { deadline }: { deadline: boolean },
): Missed {
  const { status, spec, metadata } = cronJob;
  const next = (after: number) => nextRun(schedule, after, spec?.timeZone);
  let since = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp);
  if (deadline && spec?.startingDeadlineSeconds !== undefined) {
    since = Math.max(since, now - spec.startingDeadlineSeconds * 1000);
  }
  const first = next(since);
  const second = first === undefined ? undefined : next(first);
  if (first === undefined || second === undefined) {
    if (first !== undefined && first > now) return { since, latest: undefined, missed: 'none' };
    throw new ScheduleError('time difference between two schedules is less than 1 second');
  }
  if (now < first) return { since, latest: undefined, missed: 'none' };
  if (now < second) return { since, latest: first, missed: 'none' };
  // Rather than walking through all that was missed: a jump, and the last steps.
  const seconds = Math.round((second - first) / 1000);
  const count = Math.floor(Math.floor((now - first) / 1000) / seconds) + 1;
  let latest: number | undefined;
  for (let at = next(first + (count - 2) * seconds * 1000); at !== undefined && at <= now; at = next(at)) latest = at;
  return { since, latest, missed: count > manyMissed ? 'many' : 'few' };
}

/** In how many ms the next start is due. */
export function untilNext(cronJob: Stored<CronJob>, schedule: CronSchedule, now: number): number | undefined {
  const from = () => {
    try {
      const { since, latest, missed } = missedStarts(cronJob, schedule, now, { deadline: false });
      return latest ?? (missed === 'none' ? since : now);
    } catch (error) {
      if (error instanceof ScheduleError) return now;
      throw error;
    }
  };
  const next = nextRun(schedule, from(), cronJob.spec?.timeZone);
  return next === undefined ? undefined : next + lateMs - now;
}
