import type { Deployment, ReplicaSet } from '../../../kube/api.gen.ts';
import { compareInt64 } from '../../../kube/int64.ts';
import type { Stored } from '../../../kube/meta.ts';
import { deployments, replicaSets } from '../../../kube/resources.ts';
import type { ApiClient, ComponentContext, EventRecorder } from '../../api.ts';
import { expecting } from '../../errors/background.ts';
import { isAlreadyExists, isNamespaceTerminating } from '../failures.ts';
import { controllerOf, controllerRef } from '../ownership.ts';
import { sameJson } from '../pod-control.ts';
import { newReplicas, replicasOf } from './deployment-math.ts';
import {
  findNew,
  hashLabel,
  newSetAnnotations,
  nextRevision,
  revisionOf,
  sameTemplate,
  sizeAnnotations,
} from './deployment-revisions.ts';
import { conditionOf, hasDeadline } from './deployment-status.ts';
import type { RolloutStatus } from './rollout-status.ts';
import { templateHash } from './template-hash.ts';

/** The ReplicaSet of the present template, and the others. */
export interface Sets {
  newSet: Stored<ReplicaSet> | undefined;
  old: Stored<ReplicaSet>[];
}

/** Makes, sizes and deletes the ReplicaSets of Deployments. */
export class DeploymentSets {
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #status: RolloutStatus;

  constructor(context: ComponentContext, client: ApiClient, status: RolloutStatus) {
    this.#client = client;
    this.#recorder = context.recorder('deployment-controller');
    this.#status = status;
  }

  /** The current ReplicaSet (made if `create`) and the old ones; revisions brought up to date on the way. */
  async current(
    d: Stored<Deployment>,
    sets: Stored<ReplicaSet>[],
    create: boolean,
  ): Promise<[Stored<Deployment>, Sets]> {
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
    let next = await this.#status.setRevision(d, revisionOf(newSet));
    if (hasDeadline(next) && !conditionOf(next.status, 'Progressing')) {
      const message = `Found new replica set "${newSet.metadata.name}"`;
      next = await this.#status.progress(next, 'FoundNewReplicaSet', message);
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
        await this.#status.update(d, { ...d.status, collisionCount });
        throw error;
      }
      created = existing;
    }
    if (fresh && replicasOf(created) > 0) {
      const text = `Scaled up replica set ${name} from 0 to ${replicasOf(created)}`;
      this.#recorder.event(d, 'Normal', 'ScalingReplicaSet', text);
    }
    let next = await this.#status.setRevision(d, revision);
    if (fresh && hasDeadline(d)) {
      next = await this.#status.progress(next, 'NewReplicaSetCreated', `Created new replica set "${name}"`);
    }
    return [next, created];
  }

  async #creationFailed(d: Stored<Deployment>, name: string, error: unknown): Promise<unknown> {
    if (isNamespaceTerminating(error)) return error;
    const reason = 'ReplicaSetCreateError';
    const message = `Failed to create new replica set "${name}": ${(error as Error).message}`;
    if (hasDeadline(d)) {
      await this.#status.progress(d, reason, message, 'False');
    }
    this.#recorder.event(d, 'Warning', reason, message);
    return error;
  }

  /** Whether the size changed; the annotations follow the Deployment's in any case. */
  async scale(d: Stored<Deployment>, set: Stored<ReplicaSet>, replicas: number): Promise<boolean> {
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
  async cleanUp(d: Stored<Deployment>, old: Stored<ReplicaSet>[]): Promise<void> {
    const limit = d.spec?.revisionHistoryLimit;
    if (limit === undefined) return;
    const kept = old.filter((s) => !s.metadata.deletionTimestamp);
    const surplus = kept
      .sort((a, b) => compareInt64(revisionOf(a), revisionOf(b)))
      .slice(0, Math.max(0, kept.length - limit));
    for (const set of surplus) {
      const observed = (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0);
      if ((set.status?.replicas ?? 0) !== 0 || replicasOf(set) !== 0 || !observed) continue;
      await expecting(['NotFound'], this.#client.delete(replicaSets, set.metadata.namespace, set.metadata.name));
    }
  }
}
