import type { OwnerReference } from '../../../kube/api.gen.ts';
import { apiVersionOf, groupResource, type Resource, type Stored } from '../../../kube/meta.ts';
import type {
  ApiClient,
  Component,
  ComponentContext,
  DeleteOptions,
  EventRecorder,
  ServedResource,
} from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { sameJson } from '../../errors/field.ts';
import { isConflict, isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import {
  foregroundFinalizer,
  GarbageGraph,
  type Item,
  isDeletingDependents,
  isOrphaning,
  orphanFinalizer,
  ownersOf,
} from './garbage-graph.ts';

const workers = 20;
/** How often new kinds are looked for, as in kube-controller-manager. */
const discoveryMs = 30_000;
/** Events own nothing and nobody owns them. */
const ignored = new Set(['events', 'events.events.k8s.io']);

/**
 * Deletes what has lost all of its owners, and carries out the propagation policies of deletions: with `Foreground`
 * dependents go first, with `Orphan` they lose their owner.
 */
export const garbageCollector: Component = {
  name: 'garbage-collector',
  start: (context) => new GarbageCollector(context).start(),
};

class GarbageCollector {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #graph: GarbageGraph;
  readonly #queue: WorkQueue;
  readonly #monitored = new Set<string>();

  constructor(context: ComponentContext) {
    const { clock, signal, informers, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'generic-garbage-collector');
    this.#recorder = context.recorder('garbage-collector-controller');
    this.#graph = new GarbageGraph(informers, context.resources);
    this.#queue = new WorkQueue({ clock, signal, report, workers, sync: (uid) => this.#sync(uid) });
  }

  start(): void {
    for (const resource of this.#context.resources()) this.#monitor(resource);
    if (!this.#context.signal.aborted) this.#context.clock.after(discoveryMs, () => this.start());
  }

  async #sync(uid: string): Promise<void> {
    const item = this.#graph.item(uid);
    if (!item) return;
    const { object } = item;
    if (isOrphaning(object)) return this.#orphanDependents(item);
    if (isDeletingDependents(object)) return this.#awaitDependents(item);
    if (object.metadata.deletionTimestamp) return;
    return this.#judge(item);
  }

  /** Deletes the item if none of its owners is left, else forgets those that are not. */
  async #judge(item: Item): Promise<void> {
    const references = ownersOf(item.object);
    if (references.length === 0) return;
    const solid: OwnerReference[] = [];
    let waiting = false;
    for (const reference of references) {
      const owner = this.#graph.owner(item, reference);
      if (owner && isDeletingDependents(owner)) waiting = true;
      else if (owner) solid.push(reference);
    }
    if (solid.length === references.length) return;
    if (solid.length > 0) return this.#patch(item, { ownerReferences: solid });
    const dependents = waiting ? this.#graph.dependents(item.object.metadata.uid) : [];
    if (dependents.length === 0) return this.#delete(item, policyOf(item.object));
    // In a circle everyone would wait for everyone else.
    if (dependents.some((d) => isDeletingDependents(d.object))) {
      await this.#patch(item, { ownerReferences: references.map((r) => ({ ...r, blockOwnerDeletion: false })) });
    }
    await this.#delete(item, 'Foreground');
  }

  async #awaitDependents(item: Item): Promise<void> {
    const { uid } = item.object.metadata;
    const blocking = this.#graph.dependents(uid).filter(({ object }) => blocks(object, uid));
    if (blocking.length === 0) return this.#removeFinalizer(item, foregroundFinalizer);
    for (const { object } of blocking) {
      if (!isDeletingDependents(object)) this.#queue.add(object.metadata.uid);
    }
  }

  async #orphanDependents(item: Item): Promise<void> {
    const { uid } = item.object.metadata;
    for (const dependent of this.#graph.dependents(uid)) {
      const others = ownersOf(dependent.object).filter((reference) => reference.uid !== uid);
      await this.#patch(dependent, { ownerReferences: others.length > 0 ? others : null });
    }
    await this.#removeFinalizer(item, orphanFinalizer);
  }

  #removeFinalizer(item: Item, finalizer: string): Promise<void> {
    const finalizers = item.object.metadata.finalizers?.filter((name) => name !== finalizer) ?? [];
    return this.#patch(item, { finalizers: finalizers.length > 0 ? finalizers : null });
  }

  /** Changes metadata if nobody else did meanwhile. */
  async #patch({ resource, object }: Item, change: Record<string, unknown>): Promise<void> {
    const { uid, resourceVersion, namespace, name } = object.metadata;
    try {
      await this.#client.patch(resource, namespace, name, 'merge', { metadata: { uid, resourceVersion, ...change } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #delete({ resource, object }: Item, propagationPolicy: DeleteOptions['propagationPolicy']): Promise<void> {
    const { uid, namespace, name } = object.metadata;
    try {
      await this.#client.delete(resource, namespace, name, { preconditions: { uid }, propagationPolicy });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  // -------------------------------------------------------------- what happens to the graph

  #monitor(resource: ServedResource): void {
    const key = groupResource(resource);
    if (this.#monitored.has(key) || !isCollected(resource)) return;
    this.#monitored.add(key);
    this.#context.informers.of(resource).on({
      add: (object) => this.#put(resource, object),
      update: (object, old) => this.#put(resource, object, old),
      delete: (object) => this.#gone(object),
    });
  }

  #put(resource: Resource, object: Stored, old?: Stored): void {
    const { uid } = object.metadata;
    const owners = ownersOf(object);
    const before = old ? ownersOf(old) : [];
    if (!sameJson(owners, before)) {
      this.#graph.disown(uid, before);
      this.#graph.put(resource, object);
      this.#reportForeignOwners(resource, object);
      this.#queue.add(uid);
      this.#awake(before);
    } else if (!old) this.#graph.put(resource, object);
    const starts = (is: (object: Stored) => boolean) => is(object) && !(old && is(old));
    if (starts(isOrphaning)) this.#queue.add(uid);
    if (starts(isDeletingDependents)) {
      for (const dependent of this.#graph.dependentUids(uid)) this.#queue.add(dependent);
      this.#queue.add(uid);
    }
  }

  #gone(object: Stored): void {
    this.#graph.remove(object);
    for (const dependent of this.#graph.dependentUids(object.metadata.uid)) this.#queue.add(dependent);
    this.#awake(ownersOf(object));
  }

  /** Owners that wait for their dependents may have waited for this one. */
  #awake(owners: readonly OwnerReference[]): void {
    for (const { uid } of owners) {
      const owner = this.#graph.item(uid);
      if (owner && isDeletingDependents(owner.object)) this.#queue.add(uid);
    }
  }

  /** An owner in another namespace counts as none; whoever made such a reference should hear of it. */
  #reportForeignOwners(resource: Resource, object: Stored): void {
    const { namespace = '', name, uid } = object.metadata;
    for (const reference of ownersOf(object)) {
      const owner = this.#graph.item(reference.uid);
      if (!owner?.resource.namespaced || owner.object.metadata.namespace === namespace) continue;
      const { apiVersion, kind } = reference;
      const identity = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${reference.name}, uid: ${reference.uid}]`;
      const message = `ownerRef ${identity} does not exist in namespace "${namespace}"`;
      const involved = {
        apiVersion: apiVersionOf(resource),
        kind: resource.kind,
        metadata: { ...(namespace && { namespace }), name, uid },
      };
      this.#recorder.event(involved, 'Warning', 'OwnerRefInvalidNamespace', message);
      return;
    }
  }
}

function blocks(dependent: Stored, owner: string): boolean {
  return ownersOf(dependent).some((reference) => reference.uid === owner && reference.blockOwnerDeletion);
}

/** What its finalizers ask for. */
function policyOf({ metadata }: Stored): DeleteOptions['propagationPolicy'] {
  if (metadata.finalizers?.includes(orphanFinalizer)) return 'Orphan';
  return metadata.finalizers?.includes(foregroundFinalizer) ? 'Foreground' : 'Background';
}

function isCollected(resource: ServedResource): boolean {
  const { verbs } = resource;
  const can = verbs === undefined || ['delete', 'list', 'watch'].every((verb) => verbs.includes(verb));
  return can && !resource.storedAs && !ignored.has(groupResource(resource));
}
