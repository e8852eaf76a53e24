import type { Deployment, DeploymentStatus, Pod, ReplicaSet } from '../../kube/api.gen.ts';
import { compareInt64 } from '../../kube/int64.ts';
import type { Stored } from '../../kube/meta.ts';
import { deployments, pods, replicaSets } from '../../kube/resources.ts';
import { selectorMatches } from '../../kube/selectors.ts';
import type { Component, ComponentContext } from '../api.ts';
import { WorkQueue } from '../client/work-queue.ts';
import {
  available,
  byCreation,
  isRollingUpdate,
  maxUnavailable,
  newReplicas,
  proportionalSizes,
  replicasOf,
  wanted,
} from './deployment-math.ts';
import {
  findNew,
  hashLabel,
  isScalingEvent,
  newSetAnnotations,
  nextRevision,
  revisionAnnotation,
  revisionOf,
  sameTemplate,
  sizeAnnotations,
} from './deployment-revisions.ts';
import {
  calculateStatus,
  conditionOf,
  hasDeadline,
  isComplete,
  rolloutStatus,
  stuckAfter,
  withCondition,
} from './deployment-status.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from './failures.ts';
import { controllerClient } from './identity.ts';
import { claim, controllerOf, controllerRef, keyOf, ownerIn, splitKey } from './ownership.ts';
import { isTerminal, sameJson } from './pod-control.ts';
import { templateHash } from './template-hash.ts';

type Sets = { newSet: Stored<ReplicaSet> | undefined; old: Stored<ReplicaSet>[] };

/** Rolls out Deployments through ReplicaSets. */
export const deploymentController: Component = {
  name: 'deployment',
  start(context) {
    new DeploymentController(context).start();
  },
};

class DeploymentController {
  readonly #context: ComponentContext;
  readonly #client: ComponentContext['client'];
  readonly #recorder: ReturnType<ComponentContext['recorder']>;
  readonly #queue: WorkQueue;

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#client = controllerClient(context, 'deployment-controller');
    this.#recorder = context.recorder('deployment-controller');
    const { clock, signal, report } = context;
    this.#queue = new WorkQueue({ clock, signal, report, sync: (key) => this.#sync(key), workers: 5 });
  }

  start(): void {
    const { informers } = this.#context;
    const all = informers.of(deployments);
    const enqueue = (d: Stored<Deployment>) => this.#queue.add(keyOf(d));
    all.on({ add: enqueue, update: enqueue });
    const owner = (set: Stored<ReplicaSet>) => {
      const d = ownerIn(all, 'Deployment', set);
      if (d) enqueue(d);
      else if (!controllerOf(set)) {
        for (const other of all.list(set.metadata.namespace)) {
          if (selectorMatches(other.spec?.selector, set.metadata.labels)) enqueue(other);
        }
      }
    };
    informers.of(replicaSets).on({
      add: owner,
      update: (set, before) => {
        if (controllerOf(before)?.uid !== controllerOf(set)?.uid) owner(before);
        owner(set);
      },
      delete: owner,
    });
    // Recreate waits for the last old Pod to be gone.
    informers.of(pods).on({
      delete: (pod) => {
        const set = ownerIn(informers.of(replicaSets), 'ReplicaSet', pod);
        const d = set && ownerIn(all, 'Deployment', set);
        if (d && !isRollingUpdate(d)) enqueue(d);
      },
    });
  }

  async #sync(key: string): Promise<{ after: number } | undefined> {
    const [namespace, name] = splitKey(key);
    const { informers } = this.#context;
    const found = informers.of(deployments).get(namespace, name);
    if (!found?.spec) return undefined;
    const candidates = informers.of(replicaSets).list(namespace);
    const sets = await claim(this.#client, found, deployments, found.spec.selector, replicaSets, candidates);

    if (found.metadata.deletionTimestamp) return this.#syncStatus(found, sets, findNew(found, sets));
    const d = await this.#pauseConditions(found);
    const active = sets.filter((s) => replicasOf(s) > 0);
    if (d.spec?.paused || isScalingEvent(d, active)) return this.#scaleOnly(d, sets);
    return isRollingUpdate(d) ? this.#rollingUpdate(d, sets) : this.#recreate(d, sets);
  }

  // ------------------------------------------------------------------ strategies

  async #rollingUpdate(d: Stored<Deployment>, sets: Stored<ReplicaSet>[]) {
    const [current, { newSet, old }] = await this.#sets(d, sets, true);
    if (newSet && (await this.#growNew(current, newSet, old))) return this.#rolloutStatus(current);
    if (newSet && (await this.#shrinkOld(current, newSet, old))) return this.#rolloutStatus(current);
    if (isComplete(current, current.status ?? {})) await this.#cleanUp(current, old);
    return this.#rolloutStatus(current);
  }

  async #growNew(d: Stored<Deployment>, newSet: Stored<ReplicaSet>, old: Stored<ReplicaSet>[]): Promise<boolean> {
    if (replicasOf(newSet) === replicasOf(d)) return false;
    if (replicasOf(newSet) > replicasOf(d)) return this.#scale(d, newSet, replicasOf(d));
    return this.#scale(d, newSet, newReplicas(d, [...old, newSet], newSet));
  }

  /** Unhealthy old Pods first, then as many others as availability allows. */
  async #shrinkOld(d: Stored<Deployment>, newSet: Stored<ReplicaSet>, old: Stored<ReplicaSet>[]): Promise<boolean> {
    if (wanted(old) === 0) return false;
    const least = replicasOf(d) - maxUnavailable(d);
    const newUnavailable = replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0);
    const most = wanted([...old, newSet]) - least - newUnavailable;
    if (most <= 0) return false;
    const sizes = new Map(old.map((s) => [s.metadata.name, replicasOf(s)]));
    const sizeOf = (s: Stored<ReplicaSet>) => sizes.get(s.metadata.name) ?? 0;
    let left = most;
    for (const set of [...old].sort(byCreation)) {
      const unhealthy = Math.min(left, sizeOf(set) - (set.status?.availableReplicas ?? 0));
      if (left <= 0 || unhealthy <= 0) continue;
      await this.#scale(d, set, sizeOf(set) - unhealthy);
      sizes.set(set.metadata.name, sizeOf(set) - unhealthy);
      left -= unhealthy;
    }
    let spare = available([...old, newSet]) - least;
    for (const set of [...old].sort(byCreation)) {
      const fewer = Math.min(sizeOf(set), spare);
      if (spare <= 0 || fewer <= 0) continue;
      const newest = this.#newest(set);
      await this.#scale(d, newest, sizeOf(set) - fewer);
      sizes.set(set.metadata.name, sizeOf(set) - fewer);
      spare -= fewer;
    }
    return old.some((s) => sizeOf(s) !== replicasOf(s));
  }

  async #recreate(d: Stored<Deployment>, sets: Stored<ReplicaSet>[]) {
    const [current, { newSet, old }] = await this.#sets(d, sets, false);
    const active = old.filter((s) => replicasOf(s) > 0);
    for (const set of active) await this.#scale(current, set, 0);
    if (active.length > 0 || this.#podsRun(old)) return this.#rolloutStatus(current);
    const [next, made] = newSet ? [current, { newSet, old }] : await this.#sets(current, sets, true);
    if (made.newSet) await this.#scale(next, this.#newest(made.newSet), replicasOf(next));
    if (isComplete(next, next.status ?? {})) await this.#cleanUp(next, old);
    return this.#rolloutStatus(next);
  }

  #podsRun(old: Stored<ReplicaSet>[]): boolean {
    const cache = this.#context.informers.of(pods);
    return old.some((s) => cache.byOwner(s.metadata.uid).some((p: Stored<Pod>) => !isTerminal(p)));
  }

  /** Paused, or scaled meanwhile: sizes follow, templates do not. */
  async #scaleOnly(d: Stored<Deployment>, sets: Stored<ReplicaSet>[]) {
    const [current, { newSet, old }] = await this.#sets(d, sets, false);
    await this.#proportionalScale(current, newSet, old);
    if (current.spec?.paused) await this.#cleanUp(current, old);
    return this.#syncStatus(current, sets, newSet);
  }

  async #proportionalScale(d: Stored<Deployment>, newSet: Stored<ReplicaSet> | undefined, old: Stored<ReplicaSet>[]) {
    const all = newSet ? [...old, newSet] : old;
    const active = all.filter((s) => replicasOf(s) > 0);
    const latest =
      active.length === 0 ? (newSet ?? [...old].sort(byCreation).at(-1)) : active.length === 1 ? active[0] : undefined;
    if (latest) {
      await this.#scale(d, latest, replicasOf(d));
      return;
    }
    if (active.length === 0) return;
    if (newSet && isSaturated(d, newSet)) {
      for (const set of old) if (replicasOf(set) > 0) await this.#scale(d, set, 0);
      return;
    }
    if (!isRollingUpdate(d)) return;
    const sizes = proportionalSizes(d, active);
    for (const set of active) await this.#scale(d, set, sizes.get(set.metadata.name) ?? replicasOf(set));
  }

  // ------------------------------------------------------------------ ReplicaSets

  /** The current ReplicaSet (made if `create`) and the old ones; revisions brought up to date on the way. */
  async #sets(d: Stored<Deployment>, sets: Stored<ReplicaSet>[], create: boolean): Promise<[Stored<Deployment>, Sets]> {
    const existing = findNew(d, sets);
    const old = sets.filter((s) => s.metadata.uid !== existing?.metadata.uid);
    const revision = nextRevision(old);
    if (!existing) {
      if (!create) return [d, { newSet: undefined, old }];
      const [next, newSet] = await this.#createSet(d, old, revision);
      return [next, { newSet, old }];
    }
    const annotations = newSetAnnotations(d, existing.metadata.annotations ?? {}, revision, true);
    const minReadySeconds = d.spec?.minReadySeconds;
    let newSet = existing;
    if (
      !sameJson(annotations, existing.metadata.annotations) ||
      (minReadySeconds ?? 0) !== (existing.spec?.minReadySeconds ?? 0)
    ) {
      newSet = await this.#client.update(replicaSets, {
        ...existing,
        metadata: { ...existing.metadata, annotations },
        ...(existing.spec && { spec: { ...existing.spec, minReadySeconds } }),
      });
    }
    let next = await this.#setRevision(d, revisionOf(newSet));
    if (hasDeadline(next) && !conditionOf(next.status, 'Progressing')) {
      const message = `Found new replica set "${newSet.metadata.name}"`;
      next = await this.#progress(next, 'FoundNewReplicaSet', message);
    }
    return [next, { newSet, old }];
  }

  async #createSet(
    d: Stored<Deployment>,
    old: Stored<ReplicaSet>[],
    revision: bigint,
  ): Promise<[Stored<Deployment>, Stored<ReplicaSet>]> {
    const template = structuredClone(d.spec?.template ?? {});
    const hash = templateHash(template, d.status?.collisionCount);
    template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, [hashLabel]: hash } };
    const selector = d.spec?.selector ?? {};
    const name = `${d.metadata.name}-${hash}`;
    const set: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name,
        namespace: d.metadata.namespace,
        labels: { ...template.metadata.labels },
        annotations: newSetAnnotations(d, {}, revision, false),
        ownerReferences: [controllerRef(d, deployments)],
      },
      spec: {
        replicas: 0,
        ...(d.spec?.minReadySeconds && { minReadySeconds: d.spec.minReadySeconds }),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
        template,
      },
    };
    if (set.spec) set.spec.replicas = newReplicas(d, [...old, set], set);
    let created: Stored<ReplicaSet>;
    let fresh = true;
    try {
      created = await this.#client.create(replicaSets, set);
    } catch (error) {
      if (!isAlreadyExists(error)) throw await this.#creationFailed(d, name, error);
      fresh = false;
      const existing = await this.#client.get(replicaSets, d.metadata.namespace, name);
      if (controllerOf(existing)?.uid !== d.metadata.uid || !sameTemplate(existing.spec?.template, template)) {
        // Another template with the same hash: the next try has another name.
        const collisionCount = (d.status?.collisionCount ?? 0) + 1;
        await this.#updateStatus(d, { ...d.status, collisionCount });
        throw error;
      }
      created = existing;
    }
    if (fresh && replicasOf(created) > 0) {
      const text = `Scaled up replica set ${name} from 0 to ${replicasOf(created)}`;
      this.#recorder.event(d, 'Normal', 'ScalingReplicaSet', text);
    }
    let next = await this.#setRevision(d, revision);
    if (fresh && hasDeadline(d)) {
      next = await this.#progress(next, 'NewReplicaSetCreated', `Created new replica set "${name}"`);
    }
    return [next, created];
  }

  async #creationFailed(d: Stored<Deployment>, name: string, error: unknown): Promise<unknown> {
    if (isNamespaceTerminating(error)) return error;
    const reason = 'ReplicaSetCreateError';
    const message = `Failed to create new replica set "${name}": ${(error as Error).message}`;
    if (hasDeadline(d)) {
      const condition = { type: 'Progressing', status: 'False', reason, message };
      await this.#updateStatus(d, withCondition(d.status ?? {}, condition, this.#context.clock.now()));
    }
    this.#recorder.event(d, 'Warning', reason, message);
    return error;
  }

  /** Whether the size changed; the annotations follow the Deployment's in any case. */
  async #scale(d: Stored<Deployment>, set: Stored<ReplicaSet>, replicas: number): Promise<boolean> {
    const before = replicasOf(set);
    const annotations = { ...set.metadata.annotations, ...sizeAnnotations(d) };
    if (before === replicas && sameJson(annotations, set.metadata.annotations)) return false;
    if (!set.spec) return false;
    await this.#client.update(replicaSets, {
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec, replicas },
    });
    if (before === replicas) return false;
    const direction = before < replicas ? 'up' : 'down';
    const text = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`;
    this.#recorder.event(d, 'Normal', 'ScalingReplicaSet', text);
    return true;
  }

  /** Old ReplicaSets beyond revisionHistoryLimit, oldest revisions first. */
  async #cleanUp(d: Stored<Deployment>, old: Stored<ReplicaSet>[]): Promise<void> {
    const limit = d.spec?.revisionHistoryLimit;
    if (limit === undefined) return;
    const kept = old.filter((s) => !s.metadata.deletionTimestamp);
    const surplus = kept
      .sort((a, b) => compareInt64(revisionOf(a), revisionOf(b)))
      .slice(0, Math.max(0, kept.length - limit));
    for (const set of surplus) {
      const observed = (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0);
      if ((set.status?.replicas ?? 0) !== 0 || replicasOf(set) !== 0 || !observed) continue;
      await this.#client.delete(replicaSets, set.metadata.namespace, set.metadata.name).catch((error) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }

  // ------------------------------------------------------------------ status

  async #rolloutStatus(d: Stored<Deployment>): Promise<{ after: number } | undefined> {
    const now = this.#context.clock.now();
    const sets = this.#context.informers.of(replicaSets).byOwner(d.metadata.uid);
    const status = rolloutStatus(sets, findNew(d, sets), d, now);
    if (!sameJson(status, d.status)) {
      const written = await this.#updateStatus(d, status);
      const after = stuckAfter(written, status, now);
      return after === undefined ? undefined : { after };
    }
    const after = stuckAfter(d, status, now);
    return after === undefined ? undefined : { after };
  }

  async #syncStatus(d: Stored<Deployment>, sets: Stored<ReplicaSet>[], newSet: Stored<ReplicaSet> | undefined) {
    const fresh = sets.map((s) => this.#newest(s));
    const status = calculateStatus(fresh, newSet && this.#newest(newSet), d, this.#context.clock.now());
    if (!sameJson(status, d.status)) await this.#updateStatus(d, status);
    return undefined;
  }

  /** Tells in the condition Progressing that the Deployment was paused or resumed. */
  async #pauseConditions(d: Stored<Deployment>): Promise<Stored<Deployment>> {
    if (!hasDeadline(d)) return d;
    const condition = conditionOf(d.status, 'Progressing');
    if (condition?.reason === 'ProgressDeadlineExceeded') return d;
    const paused = condition?.reason === 'DeploymentPaused';
    if (d.spec?.paused && !paused) return this.#progress(d, 'DeploymentPaused', 'Deployment is paused', 'Unknown');
    if (!d.spec?.paused && paused) return this.#progress(d, 'DeploymentResumed', 'Deployment is resumed', 'Unknown');
    return d;
  }

  #progress(d: Stored<Deployment>, reason: string, message: string, status = 'True'): Promise<Stored<Deployment>> {
    const condition = { type: 'Progressing', status, reason, message };
    return this.#updateStatus(d, withCondition(d.status ?? {}, condition, this.#context.clock.now()));
  }

  /** The annotation deployment.kubernetes.io/revision of the Deployment itself. */
  async #setRevision(d: Stored<Deployment>, revision: bigint): Promise<Stored<Deployment>> {
    if (revisionOf(d) === revision) return d;
    const annotations = { ...d.metadata.annotations, [revisionAnnotation]: String(revision) };
    return this.#client.updateStatus(deployments, { ...d, metadata: { ...d.metadata, annotations } });
  }

  #updateStatus(d: Stored<Deployment>, status: DeploymentStatus): Promise<Stored<Deployment>> {
    return this.#client.updateStatus(deployments, { ...d, status });
  }

  #newest(set: Stored<ReplicaSet>): Stored<ReplicaSet> {
    const found = this.#context.informers.of(replicaSets).get(set.metadata.namespace, set.metadata.name);
    return found?.metadata.uid === set.metadata.uid ? found : set;
  }
}

/** The new ReplicaSet is complete: nothing is left for the old ones. */
function isSaturated(d: Deployment, newSet: ReplicaSet): boolean {
  const desired = Number(newSet.metadata?.annotations?.['deployment.kubernetes.io/desired-replicas'] ?? Number.NaN);
  const n = replicasOf(d);
  return replicasOf(newSet) === n && desired === n && (newSet.status?.availableReplicas ?? 0) === n;
}
