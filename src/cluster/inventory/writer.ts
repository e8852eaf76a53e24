import type { Clock } from '../../kernel/clock.ts';
import type { OwnerReference } from '../../kube/api.gen.ts';
import { isNotFound, type KubeClient, KubeError, pathOf } from '../../kube/client.ts';
import { groupResource, type KubeObject, type Resource, type Stored } from '../../kube/meta.ts';
import { isSystemFinalizer, withContentOf } from './content.ts';
import type { Difference } from './difference.ts';
import { type Inventory, type InventoryObject, indexOf, keyOfOwner, resourcesByKind } from './inventory.ts';
import { bodyFor } from './rebirth.ts';

const fieldManager = 'kubedrill-reset';
/** Finalizers are somebody's wish to clean up: controllers get this long to do it, milliseconds. */
const finalizerPatience = 5_000;

/** Mends single differences by ordinary requests; what the server refuses is kept for the report, and tried again. */
export class Writer {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #baseline: Inventory;
  readonly #saved: Map<string, InventoryObject>;
  readonly #failures = new Map<string, string>();
  /** Since when objects have been on their way out, by uid. */
  readonly #leaving = new Map<string, number>();
  /** Keys of objects that refuse to become what they were. */
  readonly #stubborn = new Set<string>();
  #live = new Map<string, InventoryObject>();
  #types = new Map<string, Resource>();

  constructor(client: KubeClient, clock: Clock, baseline: Inventory) {
    this.#client = client;
    this.#clock = clock;
    this.#baseline = baseline;
    this.#saved = indexOf(baseline);
  }

  /** A new round begins, in which this is what there is. */
  begin(now: Inventory): void {
    this.#live = indexOf(now);
    this.#types = resourcesByKind(this.#baseline, now);
  }

  /** Why the last attempt at this object failed. */
  failureOf(key: string): string | undefined {
    return this.#failures.get(key);
  }

  /** Does what one difference asks for; true if something was written. */
  async repair(difference: Difference): Promise<boolean> {
    const { key } = difference;
    try {
      const wrote = await this.#repair(difference);
      this.#failures.delete(key);
      return wrote;
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      // Gone meanwhile, or created meanwhile: the next look tells. What can't be created yet (its kind is not served) can later.
      const overtaken = isNotFound(error) ? difference.change !== 'missing' : error.status.reason === 'AlreadyExists';
      if (overtaken) return true;
      if (error.status.reason !== 'Conflict') this.#failures.set(key, error.message);
      return false;
    }
  }

  /** Deletes an object without waiting for it; what is gone already is fine. */
  async remove(resource: Resource, object: Stored): Promise<void> {
    const { namespace, name, uid } = object.metadata;
    const isPod = groupResource(resource) === 'pods';
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Background',
      preconditions: { uid },
      ...(isPod && { gracePeriodSeconds: 1 }),
    };
    await this.#client.request('DELETE', pathOf(resource, namespace, name), { body }).catch((error: unknown) => {
      // Another one has the name by now.
      if (!isNotFound(error) && !(error instanceof KubeError && error.code === 409)) throw error;
    });
  }

  async #repair({ change, key, resource, saved, live, fields, again }: Difference): Promise<boolean> {
    if (change === 'leaving' && live) return this.#letGo(resource, live);
    if (change === 'new' && live) {
      await this.remove(resource, live);
      return true;
    }
    if (change === 'missing' && saved) return this.#makeAgain(resource, saved);
    if (change !== 'changed' || !saved || !live) return false;
    if (again || this.#stubborn.has(key)) {
      await this.remove(resource, live);
      this.#stubborn.delete(key);
      return true;
    }
    await this.#update(key, resource, saved, live, fields.includes('spec.claimRef.uid'));
    return true;
  }

  async #update(key: string, resource: Resource, saved: Stored, live: Stored, unbind: boolean): Promise<void> {
    const body = withContentOf(resource, this.#withOwners(saved), live, unbind);
    const { namespace, name } = live.metadata;
    try {
      await this.#client.request('PUT', pathOf(resource, namespace, name), { body, query: { fieldManager } });
    } catch (error) {
      // Fields that can't be changed: it has to be recreated.
      if (error instanceof KubeError && error.code === 422) this.#stubborn.add(key);
      throw error;
    }
  }

  async #makeAgain(resource: Resource, saved: Stored): Promise<boolean> {
    const missing = saved.metadata.ownerReferences?.some(
      (owner) => !this.#uidOf(owner, saved) && this.#isWanted(owner, saved),
    );
    // It would be collected at once.
    if (missing) return false;
    const body = bodyFor(resource, saved, (owner) => this.#uidOf(owner, saved));
    const created = await this.#client.create(resource, body, { fieldManager });
    if (resource.resource === 'certificatesigningrequests') await this.#decide(resource, saved, created);
    return true;
  }

  /** Approves (or denies) a certificate request as the one before it was. */
  async #decide(resource: Resource, saved: Stored, created: Stored): Promise<void> {
    const { status } = saved as Stored & { status?: { conditions?: { type: string }[] } };
    const conditions = status?.conditions?.filter((c) => c.type === 'Approved' || c.type === 'Denied');
    if (!conditions?.length) return;
    const path = pathOf(resource, undefined, created.metadata.name, 'approval');
    await this.#client.request('PUT', path, { body: { ...created, status: { conditions } } });
  }

  /** Helps an object that is being deleted out of the cluster: foreign finalizers at once, Kubernetes' own after a while. */
  async #letGo(resource: Resource, live: Stored): Promise<boolean> {
    const { uid, namespace, name, finalizers = [] } = live.metadata;
    const since = this.#leaving.get(uid) ?? this.#clock.now();
    this.#leaving.set(uid, since);
    const waited = this.#clock.now() - since >= finalizerPatience;
    const kept = waited ? [] : finalizers.filter(isSystemFinalizer);
    if (kept.length === finalizers.length) return false;
    // A merge patch: the rest of the object may not even be valid any more.
    await this.#client.request('PATCH', pathOf(resource, namespace, name), {
      body: { metadata: { uid, finalizers: kept.length > 0 ? kept : null } },
      contentType: 'application/merge-patch+json',
      query: { fieldManager },
    });
    return true;
  }

  #withOwners(saved: Stored): Stored {
    const references = saved.metadata.ownerReferences;
    if (!references) return saved;
    const ownerReferences = references.map((owner) => ({ ...owner, uid: this.#uidOf(owner, saved) ?? owner.uid }));
    return { ...saved, metadata: { ...saved.metadata, ownerReferences } };
  }

  #uidOf(owner: OwnerReference, object: KubeObject): string | undefined {
    return this.#live.get(this.#keyOfOwner(owner, object))?.object.metadata.uid;
  }

  /** Whether the owner will be back. */
  #isWanted(owner: OwnerReference, object: KubeObject): boolean {
    return this.#saved.has(this.#keyOfOwner(owner, object));
  }

  #keyOfOwner(owner: OwnerReference, object: KubeObject): string {
    return keyOfOwner(owner, object.metadata?.namespace, this.#types);
  }
}
