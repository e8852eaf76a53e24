import type {
  LabelSelector,
  Pod,
  PodTemplateSpec,
  ReplicaSet,
  ReplicaSetStatus,
  ReplicationController,
} from '../../../kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../../kube/meta.ts';
import { pods, replicaSets } from '../../../kube/resources.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { Component, ComponentContext } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { replicationControllers } from '../../resources/replication-controllers.ts';
import { isNamespaceTerminating } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { claim, controllerOf, keyOf, ownerIn, splitKey } from '../ownership.ts';
import {
  deletionOrder,
  isActive,
  isAvailable,
  isReady,
  PodControl,
  podFromTemplate,
  sameJson,
  slowStart,
  timestamp,
  untilAvailable,
} from '../pod-control.ts';

/** A ReplicaSet makes at most this many Pods at once. */
const burst = 500;

/** What a ReplicaSet and its predecessor have in common. */
type Replicated = KubeObject & {
  spec?: { minReadySeconds?: number; replicas?: number; template?: PodTemplateSpec };
  status?: ReplicaSetStatus;
};

/** In what the two kinds differ. */
interface Kind<T extends Replicated> {
  resource: Resource<T>;
  selector(set: T): LabelSelector | undefined;
  /** Of the events; the service account is `account`. */
  component: string;
  account: string;
  /** Whether the status counts Pods that are being deleted (KEP-3973). */
  countsTerminating: boolean;
}

/** Keeps as many Pods running as a ReplicaSet asks for. */
export const replicaSetController = replicaController<ReplicaSet>('replicaset', {
  resource: replicaSets,
  selector: (set) => set.spec?.selector,
  component: 'replicaset-controller',
  account: 'replicaset-controller',
  countsTerminating: true,
});

/** The same for ReplicationControllers. */
export const replicationController = replicaController<ReplicationController>('replicationcontroller', {
  resource: replicationControllers,
  selector: (set) => set.spec?.selector && { matchLabels: set.spec.selector },
  component: 'replication-controller',
  account: 'replication-controller',
  countsTerminating: false,
});

function replicaController<T extends Replicated>(name: string, kind: Kind<T>): Component {
  return {
    name,
    start(context) {
      new ReplicaController(context, kind).start();
    },
  };
}

class ReplicaController<T extends Replicated> {
  readonly #kind: Kind<T>;
  readonly #context: ComponentContext;
  readonly #client: ComponentContext['client'];
  readonly #control: PodControl;
  readonly #queue: WorkQueue;

  constructor(context: ComponentContext, kind: Kind<T>) {
    this.#context = context;
    this.#kind = kind;
    this.#client = controllerClient(context, kind.account);
    this.#control = new PodControl(this.#client, context.recorder(kind.component));
    const { clock, signal, report } = context;
    this.#queue = new WorkQueue({ clock, signal, report, sync: (key) => this.#sync(key), workers: 5 });
  }

  start(): void {
    const { informers } = this.#context;
    const sets = informers.of(this.#kind.resource);
    const enqueue = (set: Stored<T>) => this.#queue.add(keyOf(set));
    sets.on({ add: enqueue, update: enqueue });
    const owner = (pod: Stored<Pod>) => {
      const set = ownerIn(sets, this.#kind.resource.kind, pod);
      if (set) enqueue(set);
      else if (!controllerOf(pod)) {
        // An orphan concerns everyone who may want it.
        for (const s of sets.list(pod.metadata.namespace)) {
          if (selectorMatches(this.#kind.selector(s), pod.metadata.labels)) enqueue(s);
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
  }

  async #sync(key: string): Promise<{ after: number } | undefined> {
    const [namespace, name] = splitKey(key);
    const { informers, clock } = this.#context;
    const set = informers.of(this.#kind.resource).get(namespace, name);
    if (!set?.spec) return undefined;

    const all = informers.of(pods).list(namespace);
    const mine = await claim(
      this.#client,
      set,
      this.#kind.resource,
      this.#kind.selector(set),
      pods,
      all.filter(isActive),
    );
    const ours = (p: Stored<Pod>) => controllerOf(p)?.uid === set.metadata.uid;
    const terminating = this.#kind.countsTerminating
      ? all.filter((p) => ours(p) && p.metadata.deletionTimestamp).length
      : undefined;

    let failure: unknown;
    if (!set.metadata.deletionTimestamp) {
      try {
        await this.#manage(set, mine);
      } catch (error) {
        failure = error;
      }
    }
    const minReady = set.spec.minReadySeconds ?? 0;
    const status = statusOf(set, mine, terminating, failure, clock.now());
    const current = await this.#write(set, status);
    if (failure && !isNamespaceTerminating(failure)) throw failure;
    const unavailable = (current.status?.readyReplicas ?? 0) !== (current.status?.availableReplicas ?? 0);
    const wait = unavailable ? untilAvailable(mine, minReady, clock.now()) : undefined;
    return wait === undefined ? undefined : { after: wait };
  }

  /** Makes what is missing, deletes what is too much. */
  async #manage(set: Stored<T>, mine: Stored<Pod>[]): Promise<void> {
    const missing = (set.spec?.replicas ?? 1) - mine.length;
    if (missing > 0) {
      const pod = podFromTemplate(set, this.#kind.resource, set.spec?.template ?? {});
      await slowStart(Math.min(missing, burst), () => this.#control.create(set, pod));
    } else if (missing < 0) {
      const related = this.#related(set);
      const crowd = (pod: Stored<Pod>) => related.filter((p) => p.spec?.nodeName === pod.spec?.nodeName).length;
      const victims = mine
        .sort(deletionOrder(this.#context.clock.now(), (pod) => (pod.spec?.nodeName ? crowd(pod) : 0)))
        .slice(0, Math.min(-missing, burst));
      await Promise.all(victims.map((pod) => this.#control.delete(set, pod)));
    }
  }

  /** Active Pods of all ReplicaSets with the same owner. */
  #related(set: Stored<T>): Stored<Pod>[] {
    const owner = controllerOf(set);
    const { informers } = this.#context;
    const family = owner ? informers.of(this.#kind.resource).byOwner(owner.uid) : [set];
    return family.flatMap((s) => informers.of(pods).byOwner(s.metadata.uid)).filter(isActive);
  }

  async #write(set: Stored<T>, status: ReplicaSetStatus): Promise<Stored<T>> {
    const { namespace, name, uid } = set.metadata;
    // Creating and deleting Pods took time: the newest object is the one to write.
    const newest = this.#context.informers.of(this.#kind.resource).get(namespace, name);
    if (newest?.metadata.uid !== uid) return set;
    if (sameJson(newest.status, status)) return newest;
    return this.#client.updateStatus(this.#kind.resource, { ...newest, status });
  }
}

function statusOf(
  set: Stored<Replicated>,
  mine: readonly Stored<Pod>[],
  terminating: number | undefined,
  failure: unknown,
  now: number,
): ReplicaSetStatus {
  const labels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const labeled = mine.filter((p) => labels.every(([k, v]) => p.metadata.labels?.[k] === v)).length;
  const ready = mine.filter(isReady).length;
  const available = mine.filter((p) => isAvailable(p, set.spec?.minReadySeconds ?? 0, now)).length;
  const conditions = failureCondition(set, mine.length, failure, now);
  return {
    ...(available > 0 && { availableReplicas: available }),
    ...(conditions.length > 0 && { conditions }),
    ...(labeled > 0 && { fullyLabeledReplicas: labeled }),
    observedGeneration: set.metadata.generation,
    ...(ready > 0 && { readyReplicas: ready }),
    replicas: mine.length,
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
  };
}

/** ReplicaFailure stays as it is while making or deleting goes on failing. */
function failureCondition(set: Stored<Replicated>, have: number, failure: unknown, now: number) {
  const others = (set.status?.conditions ?? []).filter((c) => c.type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  const known = set.status?.conditions?.find((c) => c.type === 'ReplicaFailure');
  const creating = (set.spec?.replicas ?? 1) > have;
  const condition = known ?? {
    lastTransitionTime: timestamp(now),
    message: failure instanceof Error ? failure.message : String(failure),
    reason: creating ? 'FailedCreate' : 'FailedDelete',
    status: 'True',
    type: 'ReplicaFailure',
  };
  return [...others, condition];
}
