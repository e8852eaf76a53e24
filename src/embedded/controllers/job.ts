import type { Job, JobStatus, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { jobs, pods } from '../../kube/resources.ts';
import { selectorMatches } from '../../kube/selectors.ts';
import type { Component, ComponentContext } from '../api.ts';
import { isNotFound } from './failures.ts';
import { controllerClient } from './identity.ts';
import {
  backOff,
  backoffLimitExceeded,
  conditionTrue,
  failurePolicy,
  formatIndexes,
  hasFailed,
  indexOf,
  isFinished,
  isIndexed,
  jobPod,
  parseIndexes,
  pastRestartLimit,
  trackingFinalizer,
  type Verdict,
  withCondition,
} from './job-status.ts';
import { claim, controllerOf, keyOf, ownerIn, splitKey } from './ownership.ts';
import { deletionOrder, isActive, isReady, PodControl, sameJson, slowStart, timestamp } from './pod-control.ts';
import { WorkQueue } from './work-queue.ts';

const burst = 500;

/** Runs Jobs to completion; every finished Pod is counted exactly once (KEP-2307). */
export const jobController: Component = {
  name: 'job',
  start(context) {
    new JobController(context).start();
  },
};

/** What a Job's Pods add up to in one sync. */
interface Tally {
  mine: Stored<Pod>[];
  active: Stored<Pod>[];
  succeeded: Stored<Pod>[];
  failed: Stored<Pod>[];
  /** Failures that podFailurePolicy ignores. */
  ignored: Stored<Pod>[];
  succeededCount: number;
  failedCount: number;
  indexes: Set<number>;
}

class JobController {
  readonly #context: ComponentContext;
  readonly #client: ComponentContext['client'];
  readonly #recorder: ReturnType<ComponentContext['recorder']>;
  readonly #control: PodControl;
  readonly #queue: WorkQueue;

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#client = controllerClient(context, 'job-controller');
    this.#recorder = context.recorder('job-controller');
    this.#control = new PodControl(this.#client, this.#recorder);
    const { clock, signal } = context;
    this.#queue = new WorkQueue({ clock, signal, sync: (key) => this.#sync(key), workers: 5 });
  }

  start(): void {
    const { informers } = this.#context;
    const all = informers.of(jobs);
    const enqueue = (job: Stored<Job>) => this.#queue.add(keyOf(job));
    all.on({
      add: enqueue,
      update: enqueue,
      delete: (job) => {
        for (const pod of informers.of(pods).byOwner(job.metadata.uid)) void this.#releaseOrphan(pod);
      },
    });
    const owner = (pod: Stored<Pod>) => {
      const job = ownerIn(all, 'Job', pod);
      if (job) enqueue(job);
      else if (pod.metadata.finalizers?.includes(trackingFinalizer)) void this.#releaseOrphan(pod);
      else if (!controllerOf(pod)) {
        for (const j of all.list(pod.metadata.namespace)) {
          if (selectorMatches(j.spec?.selector, pod.metadata.labels)) enqueue(j);
        }
      }
    };
    informers.of(pods).on({ add: owner, update: owner, delete: owner });
  }

  async #sync(key: string): Promise<{ after: number } | undefined> {
    const [namespace, name] = splitKey(key);
    const { informers, clock } = this.#context;
    const job = informers.of(jobs).get(namespace, name);
    if (!job?.spec || isFinished(job)) return undefined;
    const now = clock.now();
    const tally = await this.#tally(job);
    const suspended = job.spec.suspend === true;
    const startTime = job.status?.startTime ?? (suspended ? undefined : timestamp(now));
    const verdict = this.#failure(job, tally, startTime, now);

    let failure: unknown;
    let wait = deadlineIn(job, startTime, now);
    let active = tally.active.length;
    const deleting = job.metadata.deletionTimestamp !== undefined;
    try {
      if (verdict || conditionTrue(job.status, 'SuccessCriteriaMet')) {
        await Promise.all(tally.active.map((pod) => this.#control.delete(job, pod)));
        active = 0;
      } else if (!deleting) {
        const managed = await this.#manage(job, tally, now);
        active = managed.active;
        wait = Math.min(wait ?? Number.POSITIVE_INFINITY, managed.wait ?? Number.POSITIVE_INFINITY);
      }
    } catch (error) {
      failure = error;
    }
    const met = verdict ?? (deleting ? undefined : completed(job, tally, active));
    await this.#track(job, tally, met, startTime);
    if (failure) throw failure;
    return wait !== undefined && Number.isFinite(wait) ? { after: Math.max(wait, 1) } : undefined;
  }

  async #tally(job: Stored<Job>): Promise<Tally> {
    const all = this.#context.informers.of(pods).list(job.metadata.namespace);
    const mine = await claim(this.#client, job, jobs, job.spec?.selector, pods, all, {
      finalizers: [trackingFinalizer],
    });
    const uncounted = job.status?.uncountedTerminatedPods;
    const counted = new Set([...(uncounted?.succeeded ?? []), ...(uncounted?.failed ?? [])]);
    const tracked = mine.filter(
      (p) => p.metadata.finalizers?.includes(trackingFinalizer) && !counted.has(p.metadata.uid),
    );
    const succeeded = tracked.filter((p) => p.status?.phase === 'Succeeded');
    const ended = tracked.filter((p) => hasFailed(job, p));
    const ignored = ended.filter((p) => failurePolicy(job, p).action === 'Ignore');
    const failed = ended.filter((p) => !ignored.includes(p));
    const indexes = parseIndexes(job.status?.completedIndexes);
    for (const pod of succeeded) {
      const index = indexOf(pod);
      if (index !== undefined && index < (job.spec?.completions ?? 0)) indexes.add(index);
    }
    const plain = (job.status?.succeeded ?? 0) + (uncounted?.succeeded?.length ?? 0) + succeeded.length;
    return {
      mine,
      active: mine.filter(isActive),
      succeeded,
      failed,
      ignored,
      succeededCount: isIndexed(job) ? indexes.size : plain,
      failedCount: (job.status?.failed ?? 0) + (uncounted?.failed?.length ?? 0) + failed.length,
      indexes,
    };
  }

  /** Why the Job has failed, if it has. */
  #failure(job: Stored<Job>, tally: Tally, startTime: string | undefined, now: number): Verdict | undefined {
    const known = conditionTrue(job.status, 'FailureTarget');
    if (known) return { type: 'FailureTarget', reason: known.reason, message: known.message };
    if (conditionTrue(job.status, 'SuccessCriteriaMet')) return undefined;
    for (const pod of tally.failed) {
      const { action, message } = failurePolicy(job, pod);
      if (action === 'FailJob') return { type: 'FailureTarget', reason: 'PodFailurePolicy', message };
    }
    if (tally.failedCount > (job.spec?.backoffLimit ?? 6) || pastRestartLimit(job, tally.mine))
      return backoffLimitExceeded;
    const left = deadlineIn(job, startTime, now);
    if (left !== undefined && left <= 0 && !job.spec?.suspend) {
      const message = 'Job was active longer than specified deadline';
      return { type: 'FailureTarget', reason: 'DeadlineExceeded', message };
    }
    return undefined;
  }

  /** As many active Pods as are still needed; returns how many there are then, and when to look again (ms). */
  async #manage(job: Stored<Job>, tally: Tally, now: number): Promise<{ active: number; wait?: number }> {
    const { active } = tally;
    const parallelism = job.spec?.parallelism ?? 1;
    const completions = job.spec?.completions;
    if (job.spec?.suspend) {
      await this.#withdraw(job, active);
      return { active: 0 };
    }
    const needed =
      completions === undefined
        ? tally.succeededCount > 0
          ? active.length
          : parallelism
        : Math.max(0, Math.min(parallelism, completions - tally.succeededCount));
    const surplus = isIndexed(job)
      ? surplusIndexes(job, tally, needed)
      : active.sort(deletionOrder(now, () => 0)).slice(0, active.length - needed);
    if (surplus.length > 0) {
      await this.#withdraw(job, surplus);
      return { active: active.length - surplus.length };
    }
    const terminating =
      job.spec?.podReplacementPolicy === 'Failed'
        ? tally.mine.filter((p) => p.metadata.deletionTimestamp && !isActive(p) && p.status?.phase === 'Running').length
        : 0;
    const missing = needed - active.length - terminating;
    if (missing <= 0) return { active: active.length };
    const finished = tally.mine.filter((p) => p.status?.phase === 'Succeeded' || hasFailed(job, p));
    const wait = backOff(finished, now);
    if (wait > 0) return { active: active.length, wait };
    const free = isIndexed(job) ? freeIndexes(job, tally) : [];
    const count = Math.min(missing, burst, isIndexed(job) ? free.length : burst);
    const made = await slowStart(count, (i) => this.#control.create(job, jobPod(job, free[i])));
    return { active: active.length + made };
  }

  /** Deletes Pods without counting them as failed. */
  async #withdraw(job: Stored<Job>, list: readonly Stored<Pod>[]): Promise<void> {
    await Promise.all(
      list.map(async (pod) => {
        await this.#removeFinalizer(pod);
        await this.#control.delete(job, pod);
      }),
    );
  }

  /**
   * Counts finished Pods: their uids go into the status, then their finalizers go, then the counters rise. A crash
   * between two of these steps neither loses nor doubles a Pod.
   */
  async #track(job: Stored<Job>, tally: Tally, met: Verdict | undefined, startTime: string | undefined): Promise<void> {
    const uncounted = job.status?.uncountedTerminatedPods ?? {};
    const uids = (known: readonly string[] | undefined, more: Stored<Pod>[]) => [
      ...new Set([...(known ?? []), ...more.map((p) => p.metadata.uid)]),
    ];
    const pending = {
      succeeded: uids(uncounted.succeeded, isIndexed(job) ? [] : tally.succeeded),
      failed: uids(uncounted.failed, tally.failed),
    };
    let current = await this.#writeStatus(job, met, startTime, {
      ...job.status,
      ...(isIndexed(job) && {
        completedIndexes: formatIndexes(tally.indexes) || undefined,
        succeeded: tally.indexes.size || undefined,
      }),
      uncountedTerminatedPods: listsOf(pending.succeeded, pending.failed),
    });
    const done = new Set([...pending.succeeded, ...pending.failed]);
    const release = [...tally.mine.filter((p) => done.has(p.metadata.uid)), ...tally.ignored, ...tally.succeeded];
    await Promise.all([...new Set(release)].map((pod) => this.#removeFinalizer(pod)));
    if (done.size > 0) {
      current = await this.#writeStatus(current, met, startTime, {
        ...current.status,
        succeeded: (current.status?.succeeded ?? 0) + pending.succeeded.length || undefined,
        failed: (current.status?.failed ?? 0) + pending.failed.length || undefined,
        uncountedTerminatedPods: {},
      });
    }
    if (met) await this.#finish(current, met);
  }

  async #writeStatus(
    job: Stored<Job>,
    met: Verdict | undefined,
    startTime: string | undefined,
    status: JobStatus,
  ): Promise<Stored<Job>> {
    const now = this.#context.clock.now();
    const fresh = this.#podsOf(job);
    const active = fresh.filter(isActive).length;
    let next: JobStatus = {
      ...status,
      active: active || undefined,
      ready: fresh.filter((p) => isActive(p) && isReady(p)).length,
      terminating: fresh.filter(
        (p) => p.metadata.deletionTimestamp && p.status?.phase !== 'Succeeded' && p.status?.phase !== 'Failed',
      ).length,
      ...(startTime !== undefined && { startTime }),
    };
    if (met) next = { ...next, conditions: withCondition(next.conditions, met, 'True', now) };
    else next = this.#suspension(job, next, now);
    if (sameJson(next, job.status)) return job;
    return this.#client.updateStatus(jobs, { ...job, status: next });
  }

  /** The condition Suspended and its events. */
  #suspension(job: Stored<Job>, status: JobStatus, now: number): JobStatus {
    const known = status.conditions?.find((c) => c.type === 'Suspended');
    if (job.spec?.suspend && known?.status !== 'True') {
      this.#recorder.event(job, 'Normal', 'Suspended', 'Job suspended');
      const condition = { type: 'Suspended', reason: 'JobSuspended', message: 'Job suspended' };
      return { ...status, conditions: withCondition(status.conditions, condition, 'True', now) };
    }
    if (!job.spec?.suspend && known?.status === 'True') {
      this.#recorder.event(job, 'Normal', 'Resumed', 'Job resumed');
      const condition = { type: 'Suspended', reason: 'JobResumed', message: 'Job resumed' };
      const conditions = withCondition(status.conditions, condition, 'False', now);
      return { ...status, conditions, startTime: timestamp(now) };
    }
    return status;
  }

  /** The last condition, once every Pod has ended (KEP-3939). */
  async #finish(job: Stored<Job>, met: Verdict): Promise<void> {
    if ((job.status?.terminating ?? 0) > 0 || (job.status?.active ?? 0) > 0) return;
    const now = this.#context.clock.now();
    const complete = met.type === 'SuccessCriteriaMet';
    const condition = { ...met, type: complete ? 'Complete' : 'Failed' };
    await this.#client.updateStatus(jobs, {
      ...job,
      status: {
        ...job.status,
        conditions: withCondition(job.status?.conditions, condition, 'True', now),
        ...(complete && { completionTime: timestamp(now) }),
      },
    });
    if (complete) this.#recorder.event(job, 'Normal', 'Completed', 'Job completed');
    else this.#recorder.event(job, 'Warning', met.reason ?? '', met.message ?? '');
  }

  #podsOf(job: Stored<Job>): Stored<Pod>[] {
    return this.#context.informers.of(pods).byOwner(job.metadata.uid);
  }

  async #removeFinalizer(pod: Stored<Pod>): Promise<void> {
    const { namespace, name, uid, finalizers } = pod.metadata;
    if (!finalizers?.includes(trackingFinalizer)) return;
    const patch = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } };
    await this.#client.patch(pods, namespace, name, 'strategic', patch).catch((error) => {
      if (!isNotFound(error)) throw error;
    });
  }

  /** A Pod whose Job is gone has nobody left to count it. */
  async #releaseOrphan(pod: Stored<Pod>): Promise<void> {
    await this.#removeFinalizer(pod).catch(() => {}); // replaced meanwhile
  }
}

function listsOf(succeeded: string[], failed: string[]): NonNullable<JobStatus['uncountedTerminatedPods']> {
  return { ...(failed.length > 0 && { failed }), ...(succeeded.length > 0 && { succeeded }) };
}

/** What is left of activeDeadlineSeconds (ms), negative when it is over. */
function deadlineIn(job: Job, startTime: string | undefined, now: number): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds;
  if (seconds === undefined || startTime === undefined || job.spec?.suspend) return undefined;
  return Date.parse(startTime) + seconds * 1000 - now;
}

function completed(job: Job, tally: Tally, active: number): Verdict | undefined {
  const known = conditionTrue(job.status, 'SuccessCriteriaMet');
  const completions = job.spec?.completions;
  const enough =
    completions === undefined
      ? tally.succeededCount > 0 && active === 0
      : tally.succeededCount >= completions && (active === 0 || completions === 0);
  if (!known && !enough) return undefined;
  return {
    type: 'SuccessCriteriaMet',
    reason: known?.reason ?? 'CompletionsReached',
    message: known?.message ?? 'Reached expected number of succeeded pods',
  };
}

/** Indexes without a succeeded or active Pod, lowest first. */
function freeIndexes(job: Job, tally: Tally): number[] {
  const taken = new Set(tally.active.map(indexOf));
  const all = Array.from({ length: job.spec?.completions ?? 0 }, (_, i) => i);
  return all.filter((i) => !tally.indexes.has(i) && !taken.has(i));
}

/** Active Pods of indexes that are done, out of range or there twice, and the highest beyond what is needed. */
function surplusIndexes(job: Job, tally: Tally, needed: number): Stored<Pod>[] {
  const seen = new Set<number>();
  const surplus: Stored<Pod>[] = [];
  const kept: Stored<Pod>[] = [];
  for (const pod of tally.active) {
    const index = indexOf(pod);
    const useless =
      index === undefined || index >= (job.spec?.completions ?? 0) || tally.indexes.has(index) || seen.has(index);
    if (useless) surplus.push(pod);
    else {
      seen.add(index);
      kept.push(pod);
    }
  }
  const highestFirst = kept.sort((a, b) => (indexOf(b) ?? 0) - (indexOf(a) ?? 0));
  return [...surplus, ...highestFirst.slice(0, Math.max(0, kept.length - needed))];
}
