import type { CronJob, CronJobStatus, Job, ObjectReference } from '../../../kube/api.gen.ts';
import { CronError, type CronSchedule, parseCron } from '../../../kube/cron.ts';
import type { Stored } from '../../../kube/meta.ts';
import { cronJobs, jobs } from '../../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { sameJson } from '../../errors/field.ts';
import { timestamp } from '../../registry/metadata.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { controllerOf, controllerRef, keyOf, ownerIn, splitKey } from '../ownership.ts';
import { missedStarts, ScheduleError, untilNext } from './cron-job-times.ts';
import { offsetOf, zonedTimestamp } from './cron-schedule.ts';
import { conditionTrue, isFinished } from './job-status.ts';

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** Makes Jobs when CronJobs are due, and keeps their history short. */
export const cronJobController: Component = {
  name: 'cronjob',
  start: (context) => new CronJobController(context).start(),
};

class CronJobController {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #queue: WorkQueue;

  constructor(context: ComponentContext) {
    const { clock, signal, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'cronjob-controller');
    this.#recorder = context.recorder('cronjob-controller');
    this.#queue = new WorkQueue({ clock, signal, report, workers: 5, sync: (key) => this.#sync(key) });
  }

  start(): void {
    const { informers } = this.#context;
    const all = informers.of(cronJobs);
    const enqueue = (cronJob: Stored<CronJob>) => this.#queue.add(keyOf(cronJob));
    all.on({ add: enqueue, update: (cronJob, old) => this.#updated(cronJob, old) });
    const owner = (job: Stored<Job>) => {
      const cronJob = ownerIn(all, 'CronJob', job);
      if (cronJob) enqueue(cronJob);
    };
    informers.of(jobs).on({ add: owner, update: owner, delete: owner });
  }

  /** With another schedule the next start is waited for; what it would have missed so far doesn't count. */
  #updated(cronJob: Stored<CronJob>, old: Stored<CronJob>): void {
    const { spec } = cronJob;
    if (spec?.schedule !== old.spec?.schedule || spec?.timeZone !== old.spec?.timeZone) {
      const schedule = parse(spec?.schedule ?? '');
      const wait = typeof schedule === 'string' ? undefined : untilNext(cronJob, schedule, this.#context.clock.now());
      if (wait !== undefined) {
        this.#queue.addAfter(keyOf(cronJob), wait);
        return;
      }
    }
    this.#queue.add(keyOf(cronJob));
  }

  async #sync(key: string): Promise<{ after: number } | undefined> {
    const { informers, clock } = this.#context;
    const cronJob = informers.of(cronJobs).get(...splitKey(key));
    if (!cronJob?.spec) return undefined;
    const mine = informers.of(jobs).byOwner(cronJob.metadata.uid);
    const status: CronJobStatus = { ...cronJob.status };
    let wait: number | undefined;
    let failure: unknown;
    try {
      await this.#shortenHistory(cronJob, mine, status);
      this.#follow(cronJob, mine, status);
      const schedule = cronJob.metadata.deletionTimestamp ? undefined : this.#schedule(cronJob);
      if (schedule) wait = await this.#run(cronJob, schedule, status, clock.now());
    } catch (error) {
      failure = error;
    }
    if (!status.active?.length) delete status.active;
    if (!sameJson(status, cronJob.status)) await this.#client.updateStatus(cronJobs, { ...cronJob, status });
    if (failure && !isNamespaceTerminating(failure)) throw failure;
    return wait === undefined ? undefined : { after: wait };
  }

  /** Deletes the oldest finished Jobs beyond the limits. */
  async #shortenHistory(cronJob: Stored<CronJob>, mine: readonly Stored<Job>[], status: CronJobStatus): Promise<void> {
    const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec ?? {};
    const limits = { Complete: successfulJobsHistoryLimit, Failed: failedJobsHistoryLimit };
    for (const [type, limit] of Object.entries(limits)) {
      const ended = mine
        .filter((job) => conditionTrue(job.status, type) && !job.metadata.deletionTimestamp)
        .sort(byStart);
      for (const job of ended.slice(0, Math.max(0, ended.length - (limit ?? ended.length)))) {
        await this.#delete(cronJob, job, status);
      }
    }
  }

  /** Jobs that ended or went leave `active`; their ends are noted. */
  #follow(cronJob: Stored<CronJob>, mine: readonly Stored<Job>[], status: CronJobStatus): void {
    for (const job of mine) {
      const { uid, name } = job.metadata;
      const active = status.active?.some((reference) => reference.uid === uid);
      const { completionTime } = job.status ?? {};
      if (!active && !isFinished(job)) {
        const text = `Saw a job that the controller did not create or forgot: ${name}`;
        this.#recorder.event(cronJob, 'Warning', 'UnexpectedJob', text);
      } else if (active && isFinished(job)) {
        const type = conditionTrue(job.status, 'Complete') ? 'Complete' : 'Failed';
        forget(status, uid);
        this.#recorder.event(cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${type}`);
      }
      if (conditionTrue(job.status, 'Complete') && (completionTime ?? '') > (status.lastSuccessfulTime ?? '')) {
        status.lastSuccessfulTime = completionTime;
      }
    }
    for (const { uid = '', name } of [...(status.active ?? [])]) {
      if (mine.some((job) => job.metadata.uid === uid)) continue;
      this.#recorder.event(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${name}`);
      forget(status, uid);
    }
  }

  /** When it runs; undefined if it doesn't, after the event that says why. */
  #schedule(cronJob: Stored<CronJob>): CronSchedule | undefined {
    const { schedule: text = '', timeZone, suspend } = cronJob.spec ?? {};
    if (timeZone !== undefined && !isTimeZone(timeZone)) {
      const message = `invalid timeZone: "${timeZone}": unknown time zone ${timeZone}`;
      this.#recorder.event(cronJob, 'Warning', 'UnknownTimeZone', message);
      return undefined;
    }
    if (suspend) return undefined;
    const schedule = parse(text);
    if (typeof schedule !== 'string') return schedule;
    const message = `unparseable schedule: "${text}" : ${schedule}`;
    this.#recorder.event(cronJob, 'Warning', 'UnparseableSchedule', message);
    return undefined;
  }

  /** Starts the Job that is due, if its policies allow it. Returns when to look again (ms). */
  async #run(
    cronJob: Stored<CronJob>,
    schedule: CronSchedule,
    status: CronJobStatus,
    now: number,
  ): Promise<number | undefined> {
    const { spec } = cronJob;
    let due: number | undefined;
    try {
      const { latest, missed } = missedStarts(cronJob, schedule, now, { deadline: true });
      if (latest !== undefined && missed === 'many') {
        const hint = 'Set or decrease .spec.startingDeadlineSeconds or check clock skew';
        this.#recorder.event(cronJob, 'Warning', 'TooManyMissedTimes', `too many missed start times. ${hint}`);
      }
      due = latest;
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      const message = `invalid schedule: ${spec?.schedule} : ${error.message}`;
      this.#recorder.event(cronJob, 'Warning', 'InvalidSchedule', message);
      return undefined;
    }
    const wait = (current: CronJobStatus) => untilNext({ ...cronJob, status: current }, schedule, now);
    if (due === undefined) return wait(status);
    const name = `${cronJob.metadata.name}-${Math.floor(due / 60_000)}`;
    if (spec?.startingDeadlineSeconds !== undefined && due + spec.startingDeadlineSeconds * 1000 < now) {
      const time = new Date(due).toUTCString().replace('GMT', '+0000');
      this.#recorder.event(cronJob, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${time}`);
      return wait(status);
    }
    const started = status.active?.some((reference) => reference.name === name);
    if (started || status.lastScheduleTime === timestamp(due)) return wait(status);
    if (spec?.concurrencyPolicy === 'Forbid' && status.active?.length) {
      const text = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      this.#recorder.event(cronJob, 'Normal', 'JobAlreadyActive', text);
      return wait(status);
    }
    if (spec?.concurrencyPolicy === 'Replace') await this.#deleteActive(cronJob, status);
    const job = await this.#create(cronJob, name, due);
    if (!job || status.active?.some(({ uid }) => uid === job.metadata.uid)) return wait(status);
    status.active = [...(status.active ?? []), referenceTo(job)];
    status.lastScheduleTime = timestamp(due);
    return wait(status);
  }

  async #deleteActive(cronJob: Stored<CronJob>, status: CronJobStatus): Promise<void> {
    for (const { namespace, name = '' } of [...(status.active ?? [])]) {
      const job = this.#context.informers.of(jobs).get(namespace, name);
      if (job) await this.#delete(cronJob, job, status);
    }
  }

  /** The Job of one start. Undefined: there is one of that name which is not ours. */
  async #create(cronJob: Stored<CronJob>, name: string, due: number): Promise<Stored<Job> | undefined> {
    const { namespace } = cronJob.metadata;
    const { metadata, spec } = cronJob.spec?.jobTemplate ?? {};
    const scheduled = zonedTimestamp(due, cronJob.spec?.timeZone);
    try {
      const job = await this.#client.create(jobs, {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: {
          name,
          namespace,
          ...(metadata?.labels && { labels: metadata.labels }),
          annotations: { ...metadata?.annotations, [scheduledAnnotation]: scheduled },
          ownerReferences: [controllerRef(cronJob, cronJobs)],
        },
        ...(spec && { spec }),
      });
      this.#recorder.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
      return job;
    } catch (error) {
      if (isAlreadyExists(error)) {
        const job = this.#context.informers.of(jobs).get(namespace, name);
        return job && controllerOf(job)?.uid === cronJob.metadata.uid ? job : undefined;
      }
      if (!isNamespaceTerminating(error)) {
        this.#recorder.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${(error as Error).message}`);
      }
      throw error;
    }
  }

  async #delete(cronJob: Stored<CronJob>, { metadata }: Stored<Job>, status: CronJobStatus): Promise<void> {
    const { namespace, name, uid } = metadata;
    try {
      await this.#client.delete(jobs, namespace, name, { propagationPolicy: 'Background', preconditions: { uid } });
    } catch (error) {
      if (isNotFound(error)) return;
      this.#recorder.event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${(error as Error).message}`);
      throw error;
    }
    forget(status, uid);
    this.#recorder.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  }
}

/** The schedule, or what is wrong with it. */
function parse(text: string): CronSchedule | string {
  try {
    return parseCron(text);
  } catch (error) {
    if (error instanceof CronError) return error.message;
    throw error;
  }
}

function isTimeZone(zone: string): boolean {
  try {
    offsetOf(0, zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function forget(status: CronJobStatus, uid: string): void {
  status.active = status.active?.filter((reference) => reference.uid !== uid);
}

/** Oldest first; what has not started counts as youngest. */
function byStart(a: Stored<Job>, b: Stored<Job>): number {
  const [x, y] = [a.status?.startTime ?? '~', b.status?.startTime ?? '~'];
  if (x !== y) return x < y ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function referenceTo({ metadata }: Stored<Job>): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion: 'batch/v1', kind: 'Job', name, namespace, resourceVersion, uid };
}
