import type { Deployment, DeploymentStatus, ReplicaSet } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { deployments, replicaSets } from '../../../kube/resources.ts';
import type { ApiClient, ComponentContext } from '../../api.ts';
import { sameJson } from '../pod-control.ts';
import { findNew, revisionAnnotation, revisionOf } from './deployment-revisions.ts';
import {
  calculateStatus,
  conditionOf,
  hasDeadline,
  rolloutStatus,
  stuckAfter,
  withCondition,
} from './deployment-status.ts';

/** Writes the status of Deployments, as `deployment-status.ts` works it out. */
export class RolloutStatus {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;

  constructor(context: ComponentContext, client: ApiClient) {
    this.#context = context;
    this.#client = client;
  }

  /** While it rolls out: progress, and when that will have taken too long. */
  async rollout(d: Stored<Deployment>): Promise<{ after: number } | undefined> {
    const now = this.#context.clock.now();
    const sets = this.#context.informers.of(replicaSets).byOwner(d.metadata.uid);
    const status = rolloutStatus(sets, findNew(d, sets), d, now);
    if (!sameJson(status, d.status)) {
      const written = await this.update(d, status);
      const after = stuckAfter(written, status, now);
      return after === undefined ? undefined : { after };
    }
    const after = stuckAfter(d, status, now);
    return after === undefined ? undefined : { after };
  }

  /** While nothing rolls out. */
  async sync(d: Stored<Deployment>, sets: Stored<ReplicaSet>[], newSet: Stored<ReplicaSet> | undefined) {
    const fresh = sets.map((s) => newestOf(this.#context, s));
    const status = calculateStatus(fresh, newSet && newestOf(this.#context, newSet), d, this.#context.clock.now());
    if (!sameJson(status, d.status)) await this.update(d, status);
    return undefined;
  }

  /** Tells in the condition Progressing that the Deployment was paused or resumed. */
  async pauseConditions(d: Stored<Deployment>): Promise<Stored<Deployment>> {
    if (!hasDeadline(d)) return d;
    const condition = conditionOf(d.status, 'Progressing');
    if (condition?.reason === 'ProgressDeadlineExceeded') return d;
    const paused = condition?.reason === 'DeploymentPaused';
    if (d.spec?.paused && !paused) return this.progress(d, 'DeploymentPaused', 'Deployment is paused', 'Unknown');
    if (!d.spec?.paused && paused) return this.progress(d, 'DeploymentResumed', 'Deployment is resumed', 'Unknown');
    return d;
  }

  /** Writes the condition Progressing. */
  progress(d: Stored<Deployment>, reason: string, message: string, status = 'True'): Promise<Stored<Deployment>> {
    const condition = { type: 'Progressing', status, reason, message };
    return this.update(d, withCondition(d.status ?? {}, condition, this.#context.clock.now()));
  }

  /** The annotation deployment.kubernetes.io/revision of the Deployment itself. */
  async setRevision(d: Stored<Deployment>, revision: bigint): Promise<Stored<Deployment>> {
    if (revisionOf(d) === revision) return d;
    const annotations = { ...d.metadata.annotations, [revisionAnnotation]: String(revision) };
    return this.#client.updateStatus(deployments, { ...d, metadata: { ...d.metadata, annotations } });
  }

  update(d: Stored<Deployment>, status: DeploymentStatus): Promise<Stored<Deployment>> {
    return this.#client.updateStatus(deployments, { ...d, status });
  }
}

/** A ReplicaSet as it is now; one of another uid is not it. */
export function newestOf({ informers }: ComponentContext, set: Stored<ReplicaSet>): Stored<ReplicaSet> {
  const found = informers.of(replicaSets).get(set.metadata.namespace, set.metadata.name);
  return found?.metadata.uid === set.metadata.uid ? found : set;
}
