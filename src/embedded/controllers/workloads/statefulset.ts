import type { Pod, StatefulSet, StatefulSetStatus } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { controllerRevisions, persistentVolumeClaims, pods, statefulSets } from '../../../kube/resources.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { ApiClient, Component, ComponentContext } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { isConflict, isNamespaceTerminating } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { claim, controllerOf, keyOf, ownerIn, splitKey } from '../ownership.ts';
import { isTerminal, sameJson, slowStart, untilAvailable } from '../pod-control.ts';
import { scaled } from './deployment-math.ts';
import { StatefulPodControl } from './statefulset-control.ts';
import { cleanStatefulSetHistory, type Revisions, statefulSetRevisions, templateOf } from './statefulset-history.ts';
import {
  hasIdentity,
  isInRange,
  isRunningAndAvailable,
  isRunningAndReady,
  ordinalOf,
  ordinalsOf,
  revisionOf,
  statefulPod,
} from './statefulset-pods.ts';

/** Keeps the Pods of StatefulSets: each with a name and claims of its own, made and replaced in order. */
export const statefulSetController: Component = {
  name: 'statefulset',
  start: (context) => new StatefulSetController(context).start(),
};

class StatefulSetController {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #control: StatefulPodControl;
  readonly #queue: WorkQueue;

  constructor(context: ComponentContext) {
    const { clock, signal, informers, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'statefulset-controller');
    const recorder = context.recorder('statefulset-controller');
    this.#control = new StatefulPodControl(this.#client, recorder, informers.of(persistentVolumeClaims));
    this.#queue = new WorkQueue({ clock, signal, report, sync: (key) => this.#sync(key), workers: 5 });
  }

  start(): void {
    const { informers } = this.#context;
    const sets = informers.of(statefulSets);
    const enqueue = (set: Stored<StatefulSet>) => this.#queue.add(keyOf(set));
    sets.on({ add: enqueue, update: enqueue });
    const owner = (pod: Stored<Pod>) => {
      const set = ownerIn(sets, 'StatefulSet', pod);
      if (set) enqueue(set);
      else if (!controllerOf(pod)) {
        for (const s of sets.list(pod.metadata.namespace)) {
          if (selectorMatches(s.spec?.selector, pod.metadata.labels)) enqueue(s);
        }
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
    informers.of(controllerRevisions).on({
      delete: (revision) => {
        const set = ownerIn(sets, 'StatefulSet', revision);
        if (set) enqueue(set);
      },
    });
  }

  async #sync(key: string): Promise<{ after: number } | undefined> {
    const [namespace, name] = splitKey(key);
    const { informers, clock } = this.#context;
    const set = informers.of(statefulSets).get(namespace, name);
    if (!set?.spec) return undefined;
    const named = informers
      .of(pods)
      .list(namespace)
      .filter((pod) => ordinalOf(set, pod) !== undefined);
    const mine = await claim(this.#client, set, statefulSets, set.spec.selector, pods, named);
    const revisions = await statefulSetRevisions(this.#client, informers, set);
    const round = new Round(set, mine, revisions, this.#control, clock.now());
    let failure: unknown;
    try {
      await round.run();
    } catch (error) {
      failure = error;
    }
    await this.#write(set, round.status);
    await cleanStatefulSetHistory(this.#client, set, revisions, mine);
    if (failure && !isNamespaceTerminating(failure)) throw failure;
    const wait = untilAvailable(mine, set.spec.minReadySeconds ?? 0, clock.now());
    return wait === undefined ? undefined : { after: wait };
  }

  async #write(set: Stored<StatefulSet>, status: StatefulSetStatus): Promise<void> {
    const newest = this.#context.informers.of(statefulSets).get(set.metadata.namespace, set.metadata.name);
    if (newest?.metadata.uid !== set.metadata.uid || sameJson(newest.status, status)) return;
    await this.#client.updateStatus(statefulSets, { ...newest, status }).catch((error) => {
      // A newer state brings us back here.
      if (!isConflict(error)) throw error;
    });
  }
}

/** One look at a set: what its Pods are like, and the next step. */
class Round {
  readonly #set: Stored<StatefulSet>;
  readonly #control: StatefulPodControl;
  readonly #revisions: Revisions;
  readonly #now: number;
  /** By place; undefined where there is none yet. */
  readonly #replicas: (Stored<Pod> | undefined)[];
  /** Pods that are too many, highest ordinal first. */
  readonly #condemned: Stored<Pod>[];
  /** One step at a time, each Pod after the one before it. */
  readonly #ordered: boolean;
  status: StatefulSetStatus;

  constructor(
    set: Stored<StatefulSet>,
    mine: readonly Stored<Pod>[],
    revisions: Revisions,
    control: StatefulPodControl,
    now: number,
  ) {
    this.#set = set;
    this.#control = control;
    this.#revisions = revisions;
    this.#now = now;
    this.#ordered = set.spec?.podManagementPolicy !== 'Parallel';
    const { start, count } = ordinalsOf(set);
    this.#replicas = Array.from({ length: count }, (_, i) => mine.find((pod) => ordinalOf(set, pod) === start + i));
    const rank = (pod: Stored<Pod>) => ordinalOf(set, pod) ?? 0;
    this.#condemned = mine.filter((pod) => !isInRange(set, rank(pod))).sort((a, b) => rank(b) - rank(a));
    this.status = this.#count(mine);
  }

  async run(): Promise<void> {
    if (this.#set.metadata.deletionTimestamp) return;
    const going =
      (await this.#forAll(this.#replicas.length, (i) => this.#keep(i))) &&
      (await this.#forAll(this.#condemned.length, (i) => this.#retain(this.#condemned[i]))) &&
      (await this.#forAll(this.#condemned.length, (i) => this.#condemn(i)));
    if (going && this.#set.spec?.updateStrategy?.type !== 'OnDelete') await this.#update();
  }

  /** Each in turn, until one says that the others have to wait; or all, where their order does not matter. */
  async #forAll(count: number, step: (i: number) => Promise<boolean>): Promise<boolean> {
    if (this.#ordered) {
      for (let i = 0; i < count; i++) if (!(await step(i))) return false;
      return true;
    }
    let going = true;
    await slowStart(count, async (i) => {
      if (!(await step(i))) going = false;
    });
    return going;
  }

  /** Sees to the Pod at a place. Returns whether the next may be looked at. */
  async #keep(index: number): Promise<boolean> {
    const ordinal = ordinalsOf(this.#set).start + index;
    const pod = this.#replicas[index];
    if (!pod) {
      if (this.#control.hasStaleClaim(this.#set, ordinal, undefined)) return false;
      await this.#control.create(this.#set, this.#newPod(ordinal), ordinal);
      return !this.#ordered;
    }
    if (isTerminal(pod)) {
      // Its successor is made once it is gone.
      if (!pod.metadata.deletionTimestamp) await this.#control.delete(this.#set, pod);
      return false;
    }
    if (pod.status?.phase === 'Pending') await this.#control.createClaims(this.#set, ordinal);
    if (this.#ordered && (pod.metadata.deletionTimestamp || !this.#isAvailable(pod))) return false;
    if (!hasIdentity(this.#set, pod, ordinal)) await this.#control.update(this.#set, pod, ordinal);
    return this.#retain(pod);
  }

  async #retain(pod: Stored<Pod> | undefined): Promise<boolean> {
    const ordinal = pod && ordinalOf(this.#set, pod);
    if (pod && ordinal !== undefined) await this.#control.retainClaims(this.#set, pod, ordinal);
    return true;
  }

  async #condemn(index: number): Promise<boolean> {
    const pod = this.#condemned[index];
    if (!pod) return true;
    if (pod.metadata.deletionTimestamp) return !this.#ordered;
    const sick = [...this.#replicas, ...this.#condemned.toReversed()].find((p) => p && !isHealthy(p));
    if (this.#ordered && !this.#isAvailable(pod) && pod !== sick) return false;
    await this.#control.delete(this.#set, pod);
    return false;
  }

  /** Deletes Pods of other revisions, highest ordinal first, no more than may be missing at a time. */
  async #update(): Promise<void> {
    const { partition = 0, maxUnavailable = 1 } = this.#set.spec?.updateStrategy?.rollingUpdate ?? {};
    const isOld = (pod: Stored<Pod>) => revisionOf(pod) !== this.#revisions.update.metadata.name;
    const missing = this.#replicas.filter((pod) => {
      if (!pod || pod.metadata.deletionTimestamp) return true;
      // Those of the old revision that fail take nothing away.
      return !isOld(pod) && !this.#isAvailable(pod);
    }).length;
    let left = Math.max(1, scaled(maxUnavailable, this.#replicas.length, Math.floor)) - missing;
    for (let i = this.#replicas.length - 1; i >= partition && left > 0; i--) {
      const pod = this.#replicas[i];
      if (!pod || pod.metadata.deletionTimestamp || !isOld(pod)) continue;
      await this.#control.delete(this.#set, pod);
      left--;
      const current = this.status.currentReplicas ?? 0;
      this.status = { ...this.status, currentReplicas: current > 1 ? current - 1 : undefined };
    }
  }

  /** Pods below the partition are made from the revision that they had. */
  #newPod(ordinal: number): Pod {
    const { current, update } = this.#revisions;
    const { type, rollingUpdate } = this.#set.spec?.updateStrategy ?? {};
    const kept = rollingUpdate ? (rollingUpdate.partition ?? 0) : (this.#set.status?.currentReplicas ?? 0);
    const old = type === 'RollingUpdate' && ordinal < ordinalsOf(this.#set).start + kept;
    const revision = old ? current : update;
    return statefulPod(this.#set, templateOf(revision), revision.metadata.name, ordinal);
  }

  #isAvailable(pod: Stored<Pod>): boolean {
    return isRunningAndAvailable(pod, this.#set.spec?.minReadySeconds ?? 0, this.#now);
  }

  #count(mine: readonly Stored<Pod>[]): StatefulSetStatus {
    const { current, update, collisionCount } = this.#revisions;
    const living = mine.filter(({ metadata }) => !metadata.deletionTimestamp);
    const of = (name: string) => living.filter((pod) => revisionOf(pod) === name).length;
    const ready = mine.filter(isRunningAndReady).length;
    const updated = of(update.metadata.name);
    const replicas = this.#set.spec?.replicas ?? 1;
    const done =
      this.#set.spec?.updateStrategy?.type === 'RollingUpdate' &&
      [updated, ready, mine.length].every((count) => count === replicas);
    const kept = done ? updated : of(current.metadata.name);
    return {
      availableReplicas: mine.filter((pod) => this.#isAvailable(pod)).length,
      collisionCount,
      ...(kept > 0 && { currentReplicas: kept }),
      currentRevision: (done ? update : current).metadata.name,
      observedGeneration: this.#set.metadata.generation,
      ...(ready > 0 && { readyReplicas: ready }),
      replicas: mine.length,
      updateRevision: update.metadata.name,
      ...(updated > 0 && { updatedReplicas: updated }),
    };
  }
}

function isHealthy(pod: Stored<Pod>): boolean {
  return isRunningAndReady(pod) && !pod.metadata.deletionTimestamp;
}
