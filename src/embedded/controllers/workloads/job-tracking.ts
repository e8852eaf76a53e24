/** Counting what has ended, each Pod exactly once (KEP-2307). */
import type { Job, JobStatus, Pod, UncountedTerminatedPods } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { jobs, pods } from '../../../kube/resources.ts';
import type { ApiClient, EventRecorder } from '../../api.ts';
import { sameJson } from '../../errors/field.ts';
import { timestamp } from '../../registry/metadata.ts';
import { isNotFound } from '../failures.ts';
import { formatIndexes } from './index-ranges.ts';
import { hasValidIndex } from './job-indexes.ts';
import { hasFailed, indexOf, isTracked, trackingFinalizer } from './job-pods.ts';
import { countsAsFailure } from './job-policies.ts';
import { type JobRun, withCondition } from './job-status.ts';

/** Pods beyond so many are counted in the next round. */
const roundLimit = 500;

export class JobTracker {
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;

  constructor(client: ApiClient, recorder: EventRecorder) {
    this.#client = client;
    this.#recorder = recorder;
  }

  /**
   * Writes what the run found: the uids of ended Pods go into the status, then their finalizers go, then the counters
   * rise and, if all is over, the last condition comes. A crash between two of these steps neither loses nor doubles
   * a Pod. `withdrawn`: uids of Pods that were given up and don't count. `noted` is called once the failures are written.
   */
  async track(run: JobRun, withdrawn: ReadonlySet<string>, noted: () => void): Promise<void> {
    const { job, status } = run;
    status.active = run.active || undefined;
    status.ready = run.ready;
    status.terminating = run.terminating;
    const tracked = new Map(
      run.pods
        .filter((pod) => isTracked(pod) && !withdrawn.has(pod.metadata.uid))
        .map((pod) => [pod.metadata.uid, pod]),
    );
    settle(status, tracked);
    const { release, complete } = this.#collect(run, tracked);
    if (run.verdict)
      status.conditions = withCondition(status.conditions, run.verdict, 'True', run.now) ?? status.conditions;
    let current = await this.#write(job, status);
    noted();
    await Promise.all(release.map((pod) => this.removeFinalizer(pod)));
    for (const { metadata } of release) tracked.delete(metadata.uid);
    settle(status, tracked);
    const finished = complete && finish(run);
    current = await this.#write(current, status);
    if (finished) this.#tell(current, run);
  }

  /** Takes the finalizer off a Pod, whoever may have changed or deleted it meanwhile. */
  async removeFinalizer({ metadata: { namespace, name, uid } }: Stored<Pod>): Promise<void> {
    const patch = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } };
    try {
      await this.#client.patch(pods, namespace, name, 'strategic', patch);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Puts ended Pods into the status; returns whose finalizers can go, and whether that were all. */
  #collect(run: JobRun, tracked: ReadonlyMap<string, Stored<Pod>>): { release: Stored<Pod>[]; complete: boolean } {
    const { job, status, indexes, verdict } = run;
    const completions = job.spec?.completions ?? 0;
    const uncounted = { succeeded: [], failed: [], ...status.uncountedTerminatedPods };
    const [succeeded, failed] = [new Set<string>(uncounted.succeeded), new Set<string>(uncounted.failed)];
    const done = new Set(indexes?.known);
    const ordered = [...tracked.values()];
    if (indexes) ordered.sort((a, b) => (indexOf(a) ?? -1) - (indexOf(b) ?? -1));
    const release: Stored<Pod>[] = [];
    let added = 0;
    for (const pod of ordered) {
      if (added >= roundLimit) break;
      const { uid } = pod.metadata;
      const lost = hasFailed(job, pod);
      if (!this.#isOver(run, pod, lost)) continue;
      release.push(pod);
      if (indexes && !hasValidIndex(pod, completions)) continue;
      if (pod.status?.phase === 'Succeeded' && !failed.has(uid)) {
        if (indexes) done.add(indexOf(pod) ?? 0);
        else succeeded.add(uid);
        added++;
      } else if ((lost || verdict) && countsAsFailure(job, pod)) {
        // Once it is clear how the Job ends, whatever still runs counts as failed.
        failed.add(uid);
        added++;
      }
    }
    status.uncountedTerminatedPods = lists([...succeeded], [...failed]);
    if (indexes) {
      status.succeeded = done.size || undefined;
      status.completedIndexes = formatIndexes(done) || undefined;
      if (indexes.failed) status.failedIndexes = formatIndexes(indexes.failed);
    }
    return { release, complete: added < roundLimit };
  }

  #isOver({ job, indexes, verdict }: JobRun, pod: Stored<Pod>, lost: boolean): boolean {
    if (job.metadata.deletionTimestamp || verdict || pod.status?.phase === 'Succeeded') return true;
    // The failures of an index are written on its last Pod until the next one carries them on.
    return lost && indexes?.waiting.get(indexOf(pod) ?? -1)?.metadata.uid !== pod.metadata.uid;
  }

  async #write(job: Stored<Job>, status: JobStatus): Promise<Stored<Job>> {
    if (sameJson(job.status, status)) return job;
    return this.#client.updateStatus(jobs, { ...job, status: { ...status } });
  }

  #tell(job: Stored<Job>, { verdict }: JobRun): void {
    if (verdict?.type !== 'SuccessCriteriaMet') {
      this.#recorder.event(job, 'Warning', verdict?.reason ?? '', verdict?.message ?? '');
      return;
    }
    if (job.spec?.completions !== undefined && (job.status?.succeeded ?? 0) > job.spec.completions) {
      this.#recorder.event(job, 'Warning', 'TooManySucceededPods', 'Too many succeeded pods');
    }
    this.#recorder.event(job, 'Normal', 'Completed', 'Job completed');
  }
}

/** Counts the uncounted Pods whose finalizer is gone. */
function settle(status: JobStatus, tracked: ReadonlyMap<string, Stored<Pod>>): void {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const left = (uids: readonly string[]) => uids.filter((uid) => tracked.has(uid));
  const [succeededLeft, failedLeft] = [left(succeeded), left(failed)];
  status.succeeded = (status.succeeded ?? 0) + succeeded.length - succeededLeft.length || undefined;
  status.failed = (status.failed ?? 0) + failed.length - failedLeft.length || undefined;
  status.uncountedTerminatedPods = lists(succeededLeft, failedLeft);
}

function lists(succeeded: string[], failed: string[]): UncountedTerminatedPods {
  return { ...(failed.length > 0 && { failed }), ...(succeeded.length > 0 && { succeeded }) };
}

/** The last condition, once every Pod has ended and is counted (KEP-3939). Whether it came. */
function finish({ verdict, status, terminating, now }: JobRun): boolean {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  if (!verdict || terminating > 0 || succeeded.length + failed.length > 0) return false;
  const type = verdict.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed';
  const conditions = withCondition(status.conditions, { ...verdict, type }, 'True', now);
  if (!conditions) return false;
  status.conditions = conditions;
  if (type === 'Complete') status.completionTime = timestamp(now);
  return true;
}
