import type { CronJob, CronJobStatus, Job, ObjectReference } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { cronJobs, jobs } from '../../kube/resources.ts';
import type { Component, ComponentContext } from '../api.ts';
import { parseSchedule, type Schedule } from './cron-schedule.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from './failures.ts';
import { controllerClient } from './identity.ts';
import { conditionTrue } from './job-status.ts';
import { controllerRef, keyOf, ownerIn, splitKey } from './ownership.ts';
import { sameJson, timestamp } from './pod-control.ts';
import { WorkQueue } from './work-queue.ts';

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
/** The controller looks a moment after the minute, as kube-controller-manager does. */
const lateMs = 100;
/** More missed starts than this are told of in a warning. */
const tooManyMissed = 100;

/** Makes Jobs when CronJobs are due, and keeps their history short. */
export const cronJobController: Component = {
  name: 'cronjob',
  start(context) {
    new CronJobController(context).start();
  },
};

class CronJobController {
  readonly #context: ComponentContext;
  readonly #client: ComponentContext['client'];
  readonly #recorder: ReturnType<ComponentContext['recorder']>;
  readonly #queue: WorkQueue;

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#client = controllerClient(context, 'cronjob-controller');
    this.#recorder = context.recorder('cronjob-controller');
    const { clock, signal } = context;
    this.#queue = new WorkQueue({ clock, signal, sync: (key) => this.#sync(key), workers: 2 });
  }

  start(): void {
    const { informers } = this.#context;
    const all = informers.of(cronJobs);
    const enqueue = (cron: Stored<CronJob>) => this.#queue.add(keyOf(cron));
    all.on({ add: enqueue, update: enqueue });
    const owner = (job: Stored<Job>) => {
      const cron = ownerIn(all, 'CronJob', job);
      if (cron) enqueue(cron);
    };
    informers.of(jobs).on({ add: owner, update: owner, delete: owner });
  }

  async #sync(key: string): Promise<{ after: number } | undefined> {
    const cron = this.#context.informers.of(cronJobs).get(...splitKey(key));
    if (!cron?.spec || cron.metadata.deletionTimestamp) return undefined;
    const mine = this.#context.informers.of(jobs).byOwner(cron.metadata.uid);
    await this.#cleanHistory(cron, mine);
    const noted = this.#noteFinished(cron, mine);
    if (cron.spec.suspend) {
      await this.#write(cron, noted);
      return undefined;
    }
    const schedule = this.#schedule(cron);
    if (!schedule) {
      await this.#write(cron, noted);
      return undefined;
    }
    const now = this.#context.clock.now();
    const due = this.#due(cron, schedule, now);
    const status = due === undefined ? noted : await this.#run(cron, mine, noted, due, now);
    await this.#write(cron, status);
    const next = schedule.next(now);
    return next === undefined ? undefined : { after: next + lateMs - now };
  }

  /** The schedule, or undefined after the event that says what is wrong with it. */
  #schedule(cron: Stored<CronJob>): Schedule | undefined {
    const text = cron.spec?.schedule ?? '';
    const zone = cron.spec?.timeZone;
    let schedule: Schedule;
    try {
      schedule = parseSchedule(text, zone);
    } catch (error) {
      const reason = error instanceof RangeError ? 'UnknownTimeZone' : 'UnparseableSchedule';
      const what =
        error instanceof RangeError ? `invalid timeZone: ${zone}` : `unparseable schedule: ${JSON.stringify(text)}`;
      this.#recorder.event(cron, 'Warning', reason, `${what} : ${(error as Error).message}`);
      return undefined;
    }
    const now = this.#context.clock.now();
    const first = schedule.next(now);
    if (first !== undefined && schedule.next(first) !== undefined) return schedule;
    // As Kubernetes words it for a day that never comes.
    const text2 = `invalid schedule: ${text} : time difference between two schedules is less than 1 second`;
    this.#recorder.event(cron, 'Warning', 'InvalidSchedule', text2);
    return undefined;
  }

  /** The latest moment at which a Job should have been made and was not. */
  #due(cron: Stored<CronJob>, schedule: Schedule, now: number): number | undefined {
    const created = Date.parse(cron.metadata.creationTimestamp);
    let earliest = cron.status?.lastScheduleTime ? Date.parse(cron.status.lastScheduleTime) : created;
    const deadline = cron.spec?.startingDeadlineSeconds;
    if (deadline !== undefined) earliest = Math.max(earliest, now - deadline * 1000);
    let due: number | undefined;
    let missed = 0;
    for (let at = schedule.next(earliest); at !== undefined && at <= now; at = schedule.next(at)) {
      due = at;
      missed++;
      if (missed > tooManyMissed) {
        // Far behind: jump to the last start before now.
        const step = (schedule.next(at) ?? now) - at;
        due = at + Math.floor((now - at) / step) * step;
        const hint = 'Set or decrease .spec.startingDeadlineSeconds or check clock skew';
        this.#recorder.event(cron, 'Warning', 'TooManyMissedTimes', `too many missed start times. ${hint}`);
        break;
      }
    }
    return due;
  }

  async #run(
    cron: Stored<CronJob>,
    mine: Stored<Job>[],
    status: CronJobStatus,
    due: number,
    now: number,
  ): Promise<CronJobStatus> {
    const deadline = cron.spec?.startingDeadlineSeconds;
    if (deadline !== undefined && due + deadline * 1000 < now) {
      const text = `Missed scheduled time to start a job: ${new Date(due).toUTCString()}`;
      this.#recorder.event(cron, 'Warning', 'MissSchedule', text);
      return status;
    }
    const name = `${cron.metadata.name}-${Math.floor(due / 60_000)}`;
    const made = mine.some((j) => j.metadata.name === name);
    const active = status.active ?? [];
    if (made || (status.lastScheduleTime && Date.parse(status.lastScheduleTime) >= due)) return status;
    if (cron.spec?.concurrencyPolicy === 'Forbid' && active.length > 0) {
      const text = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      this.#recorder.event(cron, 'Normal', 'JobAlreadyActive', text);
      return status;
    }
    let left = active;
    if (cron.spec?.concurrencyPolicy === 'Replace') {
      for (const ref of active) {
        const job = mine.find((j) => j.metadata.uid === ref.uid);
        if (job) await this.#delete(cron, job);
      }
      left = [];
    }
    const job = await this.#create(cron, name, due);
    if (!job) return status;
    return { ...status, active: [...left, referenceTo(job)], lastScheduleTime: timestamp(due) };
  }

  async #create(cron: Stored<CronJob>, name: string, due: number): Promise<Stored<Job> | undefined> {
    const template = structuredClone(cron.spec?.jobTemplate ?? {});
    const zone = cron.spec?.timeZone;
    const { namespace } = cron.metadata;
    try {
      const job = await this.#client.create(jobs, {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: {
          name,
          namespace,
          ...(template.metadata?.labels && { labels: template.metadata.labels }),
          annotations: { ...template.metadata?.annotations, [scheduledAnnotation]: zoned(due, zone) },
          ownerReferences: [controllerRef(cron, cronJobs)],
        },
        ...(template.spec && { spec: template.spec }),
      });
      this.#recorder.event(cron, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
      return job;
    } catch (error) {
      if (isAlreadyExists(error)) return this.#context.informers.of(jobs).get(namespace, name);
      if (isNamespaceTerminating(error)) return undefined;
      this.#recorder.event(cron, 'Warning', 'FailedCreate', `Error creating job: ${(error as Error).message}`);
      throw error;
    }
  }

  /** Active Jobs that ended leave the status, with an event each. */
  #noteFinished(cron: Stored<CronJob>, mine: readonly Stored<Job>[]): CronJobStatus {
    const status: CronJobStatus = { ...cron.status };
    let active = [...(status.active ?? [])];
    for (const job of mine) {
      const ended = conditionTrue(job.status, 'Complete') ?? conditionTrue(job.status, 'Failed');
      const known = active.some((ref) => ref.uid === job.metadata.uid);
      if (!known && !ended && !job.metadata.deletionTimestamp) active.push(referenceTo(job));
      if (!known || !ended) continue;
      active = active.filter((ref) => ref.uid !== job.metadata.uid);
      const text = `Saw completed job: ${job.metadata.name}, condition: ${ended.type}`;
      this.#recorder.event(cron, 'Normal', 'SawCompletedJob', text);
      const time = job.status?.completionTime;
      if (ended.type === 'Complete' && time && (!status.lastSuccessfulTime || time > status.lastSuccessfulTime)) {
        status.lastSuccessfulTime = time;
      }
    }
    const gone = active.filter((ref) => !mine.some((j) => j.metadata.uid === ref.uid));
    for (const ref of gone) {
      this.#recorder.event(cron, 'Normal', 'MissingJob', `Active job went missing: ${ref.name}`);
    }
    active = active.filter((ref) => !gone.includes(ref));
    return { ...status, active: active.length > 0 ? active : undefined };
  }

  async #cleanHistory(cron: Stored<CronJob>, mine: readonly Stored<Job>[]): Promise<void> {
    const limits = [
      ['Complete', cron.spec?.successfulJobsHistoryLimit],
      ['Failed', cron.spec?.failedJobsHistoryLimit],
    ] as const;
    for (const [type, limit] of limits) {
      if (limit === undefined) continue;
      const ended = mine.filter((j) => conditionTrue(j.status, type) && !j.metadata.deletionTimestamp);
      ended.sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1) || 0);
      for (const job of ended.slice(0, Math.max(0, ended.length - limit))) await this.#delete(cron, job);
    }
  }

  async #delete(cron: Stored<CronJob>, job: Stored<Job>): Promise<void> {
    const { namespace, name } = job.metadata;
    try {
      await this.#client.delete(jobs, namespace, name, { propagationPolicy: 'Background' });
      this.#recorder.event(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
    } catch (error) {
      if (isNotFound(error)) return;
      this.#recorder.event(cron, 'Warning', 'FailedDelete', `Deleted job: ${(error as Error).message}`);
      throw error;
    }
  }

  async #write(cron: Stored<CronJob>, status: CronJobStatus): Promise<void> {
    if (!sameJson(status, cron.status)) await this.#client.updateStatus(cronJobs, { ...cron, status });
  }
}

function referenceTo({ metadata }: Stored<Job>): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion: 'batch/v1', kind: 'Job', name, namespace, resourceVersion, uid };
}

/** RFC 3339 with the offset of the CronJob's time zone. */
function zoned(ms: number, zone: string | undefined): string {
  if (!zone) return timestamp(ms);
  const offset = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    .formatToParts(ms)
    .find((p) => p.type === 'timeZoneName')
    ?.value.replace('GMT', '');
  if (!offset) return timestamp(ms);
  const sign = offset.startsWith('-') ? -1 : 1;
  const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number);
  return `${timestamp(ms + sign * (hours * 60 + minutes) * 60_000).slice(0, 19)}${offset}`;
}
