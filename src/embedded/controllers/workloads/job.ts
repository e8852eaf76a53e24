import type { Job, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { jobs, pods } from '../../../kube/resources.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { timestamp } from '../../registry/metadata.ts';
import { isNamespaceTerminating } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { claim, controllerOf, keyOf, ownerIn, splitKey } from '../ownership.ts';
import { deletionOrder, isReady, PodControl, slowStart } from '../pod-control.ts';
import { dueIndexes, failureAnnotations, hasValidIndex, type Indexes, pendingIndexes } from './job-indexes.ts';
import {
  backOff,
  type Failures,
  indexOf,
  isTerminating,
  isTracked,
  jobPod,
  replacesOnlyFailed,
  trackingFinalizer,
} from './job-pods.ts';
import {
  completionsReached,
  deadlineIn,
  isComplete,
  isFinished,
  isSuspended,
  type JobRun,
  observe,
  verdictOf,
  withCondition,
} from './job-status.ts';
import { JobTracker } from './job-tracking.ts';

/** Pods made or deleted in one sync at most. */
const burst = 500;
const manager = 'kubernetes.io/job-controller';

/** Runs Jobs to completion. */
export const jobController: Component = {
  name: 'job',
  start: (context) => new JobController(context).start(),
};

class JobController {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #control: PodControl;
  readonly #tracker: JobTracker;
  readonly #queue: WorkQueue;
  /** Pods whose Job will not count them any more. */
  readonly #orphans: WorkQueue;
  /** By uid of the Job. As in kube-controller-manager they are forgotten when it ends. */
  readonly #failures = new Map<string, Failures>();

  constructor(context: ComponentContext) {
    const { clock, signal, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'job-controller');
    this.#recorder = context.recorder('job-controller');
    this.#control = new PodControl(this.#client, this.#recorder);
    this.#tracker = new JobTracker(this.#client, this.#recorder);
    this.#queue = new WorkQueue({ clock, signal, report, workers: 5, sync: (key) => this.#sync(key) });
    this.#orphans = new WorkQueue({ clock, signal, report, sync: (key) => this.#releaseOrphan(key) });
  }

  start(): void {
    const { informers } = this.#context;
    const all = informers.of(jobs);
    const enqueue = (job: Stored<Job>) => this.#queue.add(keyOf(job));
    const orphans = (job: Stored<Job>) => {
      for (const pod of informers.of(pods).byOwner(job.metadata.uid)) this.#orphans.add(keyOf(pod));
    };
    all.on({
      add: enqueue,
      update: (job) => (isFinished(job) ? orphans(job) : enqueue(job)),
      delete: (job) => {
        this.#failures.delete(job.metadata.uid);
        orphans(job);
      },
    });
    const owner = (pod: Stored<Pod>) => {
      const job = ownerIn(all, 'Job', pod);
      if (job) enqueue(job);
      if (isTracked(pod) && (!job || isFinished(job))) this.#orphans.add(keyOf(pod));
      if (controllerOf(pod)) return;
      for (const other of all.list(pod.metadata.namespace)) {
        if (selectorMatches(other.spec?.selector, pod.metadata.labels)) enqueue(other);
      }
    };
    informers.of(pods).on({
      add: owner,
      update: (pod, old) => {
        if (controllerOf(old)?.uid !== controllerOf(pod)?.uid) owner(old);
        owner(pod);
      },
      delete: owner,
    });
  }

  async #sync(key: string): Promise<{ after: number } | undefined> {
    const [namespace, name] = splitKey(key);
    const { informers, clock } = this.#context;
    const job = informers.of(jobs).get(namespace, name);
    if (!job?.spec || isFinished(job) || (job.spec.managedBy ?? manager) !== manager) return undefined;

    const mine = await claim(this.#client, job, jobs, job.spec.selector, pods, informers.of(pods).list(namespace), {
      finalizers: [trackingFinalizer],
    });
    const run = observe(job, mine, this.#failures.get(job.metadata.uid), clock.now());
    run.verdict = verdictOf(run);

    const withdrawn = new Set<string>();
    let failure: unknown;
    let wait = deadlineIn(run);
    try {
      if (run.verdict) await this.#stop(run);
      else if (!job.metadata.deletionTimestamp) wait = earliest(wait, await this.#manage(run, withdrawn));
    } catch (error) {
      failure = error;
      // While Pods run on that should not, nothing is decided.
      run.verdict = undefined;
    }
    if (!run.verdict && !failure && isComplete(run)) run.verdict = completionsReached;
    else if (!run.verdict && !job.metadata.deletionTimestamp) this.#noteSuspension(run);

    await this.#tracker.track(run, withdrawn, () => this.#remember(run));
    if (failure && !isNamespaceTerminating(failure)) throw failure;
    return wait !== undefined && wait > 0 ? { after: wait } : undefined;
  }

  #remember({ job, failures }: JobRun): void {
    if (failures) this.#failures.set(job.metadata.uid, failures);
    else this.#failures.delete(job.metadata.uid);
  }

  /** It is clear how the Job ends: what still runs is deleted, and counts. */
  async #stop(run: JobRun): Promise<void> {
    await Promise.all(run.activePods.map((pod) => this.#delete(run, pod)));
  }

  async #delete(run: JobRun, pod: Stored<Pod>): Promise<void> {
    await this.#control.delete(run.job, pod);
    run.active--;
    run.terminating++;
    if (isReady(pod)) run.ready--;
  }

  /** Sees to it that as many Pods run as are needed. Returns when to look again (ms), if that is known. */
  async #manage(run: JobRun, withdrawn: Set<string>): Promise<number | undefined> {
    const needed = isSuspended(run.job) ? 0 : neededPods(run);
    const surplus = surplusPods(run, needed).slice(0, burst);
    if (surplus.length > 0 || isSuspended(run.job)) {
      await Promise.all(
        surplus.map(async (pod) => {
          // Given up by the Job itself, it is no failure.
          await this.#tracker.removeFinalizer(pod);
          withdrawn.add(pod.metadata.uid);
          await this.#delete(run, pod);
        }),
      );
      return undefined;
    }
    const inTheWay = replacesOnlyFailed(run.job) ? run.terminating : 0;
    const missing = Math.min(needed - run.active - inTheWay, burst);
    return missing > 0 ? this.#create(run, missing) : undefined;
  }

  async #create(run: JobRun, missing: number): Promise<number | undefined> {
    const { job, indexes, now } = run;
    const perIndex = job.spec?.backoffLimitPerIndex !== undefined;
    const wait = perIndex ? 0 : backOff(run.failures, now);
    if (wait > 0) return wait;
    let wanted: (number | undefined)[] = new Array(missing).fill(undefined);
    if (indexes) {
      const { due, wait: indexWait } = dueIndexes(this.#pending(run, indexes, missing), indexes, now);
      if (indexWait > 0) return indexWait;
      wanted = due;
    }
    await slowStart(wanted.length, async (i) => {
      const index = wanted[i];
      const pod = jobPod(job, index);
      if (perIndex && index !== undefined) {
        const annotations = failureAnnotations(job, indexes?.waiting.get(index));
        pod.metadata = { ...pod.metadata, annotations: { ...pod.metadata?.annotations, ...annotations } };
      }
      await this.#control.create(job, pod);
      run.active++;
    });
    return undefined;
  }

  #pending({ job, pods: all, activePods }: JobRun, indexes: Indexes, count: number): number[] {
    const taken = replacesOnlyFailed(job) ? [...activePods, ...all.filter(isTerminating)] : activePods;
    return pendingIndexes(indexes, taken, count, job.spec?.completions ?? 0);
  }

  /** The condition Suspended, its events, and the clock that starts anew when the Job is resumed. */
  #noteSuspension({ job, status, now }: JobRun): void {
    const suspended = isSuspended(job);
    const verdict = suspended
      ? { type: 'Suspended', reason: 'JobSuspended', message: 'Job suspended' }
      : { type: 'Suspended', reason: 'JobResumed', message: 'Job resumed' };
    const conditions = withCondition(status.conditions, verdict, suspended ? 'True' : 'False', now);
    if (!conditions) return;
    status.conditions = conditions;
    if (!suspended) status.startTime = timestamp(now);
    this.#recorder.event(job, 'Normal', suspended ? 'Suspended' : 'Resumed', verdict.message);
  }

  async #releaseOrphan(key: string): Promise<void> {
    const { informers } = this.#context;
    const pod = informers.of(pods).get(...splitKey(key));
    if (!pod || !isTracked(pod)) return;
    const job = ownerIn(informers.of(jobs), 'Job', pod);
    if (!job || isFinished(job)) await this.#tracker.removeFinalizer(pod);
  }
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** How many Pods should run. */
function neededPods({ job, active, succeeded }: JobRun): number {
  const { completions, parallelism = 1 } = job.spec ?? {};
  // Without completions the first success means that no more are started.
  if (completions === undefined) return succeeded > 0 ? active : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

/** Active Pods beyond `needed`; of an Indexed Job also those whose index is done, taken twice or too high. */
function surplusPods({ job, indexes, activePods, now }: JobRun, needed: number): Stored<Pod>[] {
  const order = deletionOrder(now, () => 0);
  const useless = new Set<Stored<Pod>>();
  if (indexes) {
    const seen = new Set<number>();
    for (const pod of [...activePods].sort(order).reverse()) {
      const index = indexOf(pod) ?? 0;
      const valid = hasValidIndex(pod, job.spec?.completions ?? 0) && !indexes.succeeded.has(index);
      if (valid && !indexes.failed?.has(index) && !seen.has(index)) seen.add(index);
      else useless.add(pod);
    }
  }
  const rest = activePods.filter((pod) => !useless.has(pod)).sort(order);
  return [...useless, ...rest.slice(0, Math.max(0, rest.length - needed))];
}
