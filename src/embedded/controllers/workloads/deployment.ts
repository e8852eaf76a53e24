import type { Deployment, Pod, ReplicaSet } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { deployments, pods, replicaSets } from '../../../kube/resources.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { Component, ComponentContext } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { controllerClient } from '../identity.ts';
import { claim, controllerOf, keyOf, ownerIn, splitKey } from '../ownership.ts';
import { isTerminal } from '../pod-control.ts';
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
import { findNew, isScalingEvent } from './deployment-revisions.ts';
import { DeploymentSets } from './deployment-sets.ts';
import { isComplete } from './deployment-status.ts';
import { newestOf, RolloutStatus } from './rollout-status.ts';

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
  readonly #status: RolloutStatus;
  readonly #sets: DeploymentSets;
  readonly #queue: WorkQueue;

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#client = controllerClient(context, 'deployment-controller');
    this.#status = new RolloutStatus(context, this.#client);
    this.#sets = new DeploymentSets(context, this.#client, this.#status);
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

    if (found.metadata.deletionTimestamp) return this.#status.sync(found, sets, findNew(found, sets));
    const d = await this.#status.pauseConditions(found);
    const active = sets.filter((s) => replicasOf(s) > 0);
    if (d.spec?.paused || isScalingEvent(d, active)) return this.#scaleOnly(d, sets);
    return isRollingUpdate(d) ? this.#rollingUpdate(d, sets) : this.#recreate(d, sets);
  }

  async #rollingUpdate(d: Stored<Deployment>, sets: Stored<ReplicaSet>[]) {
    const [current, { newSet, old }] = await this.#sets.current(d, sets, true);
    if (newSet && (await this.#growNew(current, newSet, old))) return this.#status.rollout(current);
    if (newSet && (await this.#shrinkOld(current, newSet, old))) return this.#status.rollout(current);
    if (isComplete(current, current.status ?? {})) await this.#sets.cleanUp(current, old);
    return this.#status.rollout(current);
  }

  async #growNew(d: Stored<Deployment>, newSet: Stored<ReplicaSet>, old: Stored<ReplicaSet>[]): Promise<boolean> {
    if (replicasOf(newSet) === replicasOf(d)) return false;
    if (replicasOf(newSet) > replicasOf(d)) return this.#sets.scale(d, newSet, replicasOf(d));
    return this.#sets.scale(d, newSet, newReplicas(d, [...old, newSet], newSet));
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
      await this.#sets.scale(d, set, sizeOf(set) - unhealthy);
      sizes.set(set.metadata.name, sizeOf(set) - unhealthy);
      left -= unhealthy;
    }
    let spare = available([...old, newSet]) - least;
    for (const set of [...old].sort(byCreation)) {
      const fewer = Math.min(sizeOf(set), spare);
      if (spare <= 0 || fewer <= 0) continue;
      const newest = newestOf(this.#context, set);
      await this.#sets.scale(d, newest, sizeOf(set) - fewer);
      sizes.set(set.metadata.name, sizeOf(set) - fewer);
      spare -= fewer;
    }
    return old.some((s) => sizeOf(s) !== replicasOf(s));
  }

  async #recreate(d: Stored<Deployment>, sets: Stored<ReplicaSet>[]) {
    const [current, { newSet, old }] = await this.#sets.current(d, sets, false);
    const active = old.filter((s) => replicasOf(s) > 0);
    for (const set of active) await this.#sets.scale(current, set, 0);
    if (active.length > 0 || this.#podsRun(old)) return this.#status.rollout(current);
    const [next, made] = newSet ? [current, { newSet, old }] : await this.#sets.current(current, sets, true);
    if (made.newSet) await this.#sets.scale(next, newestOf(this.#context, made.newSet), replicasOf(next));
    if (isComplete(next, next.status ?? {})) await this.#sets.cleanUp(next, old);
    return this.#status.rollout(next);
  }

  #podsRun(old: Stored<ReplicaSet>[]): boolean {
    const cache = this.#context.informers.of(pods);
    return old.some((s) => cache.byOwner(s.metadata.uid).some((p: Stored<Pod>) => !isTerminal(p)));
  }

  /** Paused, or scaled meanwhile: sizes follow, templates do not. */
  async #scaleOnly(d: Stored<Deployment>, sets: Stored<ReplicaSet>[]) {
    const [current, { newSet, old }] = await this.#sets.current(d, sets, false);
    await this.#proportionalScale(current, newSet, old);
    if (current.spec?.paused) await this.#sets.cleanUp(current, old);
    return this.#status.sync(current, sets, newSet);
  }

  async #proportionalScale(d: Stored<Deployment>, newSet: Stored<ReplicaSet> | undefined, old: Stored<ReplicaSet>[]) {
    const all = newSet ? [...old, newSet] : old;
    const active = all.filter((s) => replicasOf(s) > 0);
    const latest =
      active.length === 0 ? (newSet ?? [...old].sort(byCreation).at(-1)) : active.length === 1 ? active[0] : undefined;
    if (latest) {
      await this.#sets.scale(d, latest, replicasOf(d));
      return;
    }
    if (active.length === 0) return;
    if (newSet && isSaturated(d, newSet)) {
      for (const set of old) if (replicasOf(set) > 0) await this.#sets.scale(d, set, 0);
      return;
    }
    if (!isRollingUpdate(d)) return;
    const sizes = proportionalSizes(d, active);
    for (const set of active) await this.#sets.scale(d, set, sizes.get(set.metadata.name) ?? replicasOf(set));
  }
}

/** The new ReplicaSet is complete: nothing is left for the old ones. */
function isSaturated(d: Deployment, newSet: ReplicaSet): boolean {
  const desired = Number(newSet.metadata?.annotations?.['deployment.kubernetes.io/desired-replicas'] ?? Number.NaN);
  const n = replicasOf(d);
  return replicasOf(newSet) === n && desired === n && (newSet.status?.availableReplicas ?? 0) === n;
}
