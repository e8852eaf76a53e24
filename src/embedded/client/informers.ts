import type { KubeObject, Resource, Stored } from '../../kube/meta.ts';
import type { Informer, InformerHandlers, Informers } from '../api.ts';
import { bucketOf, fromStored, idOf } from '../registry/keys.ts';
import type { Registry } from '../registry/types.ts';
import type { Store, StoreEvent } from '../store/store.ts';

/**
 * Informers over the cluster's own store. Reads see every write at once; handlers hear of it, in order, after the
 * writing turn of the event loop.
 */
export class StoreInformers implements Informers {
  readonly #store: Store;
  readonly #registry: Pick<Registry, 'definition'>;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, Informer<KubeObject>>();

  /** All handlers are taken off when `signal` aborts. */
  constructor(store: Store, registry: Pick<Registry, 'definition'>, signal: AbortSignal) {
    this.#store = store;
    this.#registry = registry;
    this.#signal = signal;
  }

  of<T extends KubeObject>(r: Resource<T>): Informer<T> {
    const key = `${r.group}/${r.version}/${r.resource}`;
    let informer = this.#known.get(key);
    if (!informer) {
      const d = this.#registry.definition(r);
      if (!d) throw new Error(`no resource ${key} in this cluster`);
      informer = new StoreInformer(this.#store, r, bucketOf(d), (stored) => fromStored(d, stored), this.#signal);
      this.#known.set(key, informer);
    }
    return informer as Informer<T>;
  }
}

class StoreInformer implements Informer<KubeObject> {
  readonly #store: Store;
  readonly #resource: Resource;
  readonly #bucket: string;
  readonly #shape: (stored: Stored) => Stored;
  readonly #signal: AbortSignal;
  #owners: OwnerIndex | undefined;

  constructor(
    store: Store,
    resource: Resource,
    bucket: string,
    shape: (stored: Stored) => Stored,
    signal: AbortSignal,
  ) {
    this.#store = store;
    this.#resource = resource;
    this.#bucket = bucket;
    this.#shape = shape;
    this.#signal = signal;
  }

  get(namespace: string | undefined, name: string): Stored | undefined {
    const stored = this.#store.get(this.#bucket, idOf(this.#resource, namespace, name));
    return stored && this.#shape(stored);
  }

  list(namespace?: string): Stored[] {
    const under = namespace !== undefined && this.#resource.namespaced ? `${namespace}/` : '';
    return this.#store.list(this.#bucket, { under }).items.map(this.#shape);
  }

  byOwner(uid: string): Stored[] {
    this.#owners ??= new OwnerIndex(this.#store, this.#bucket, this.#signal);
    return this.#owners.of(uid).map(this.#shape);
  }

  on(handlers: InformerHandlers<KubeObject>): () => void {
    if (this.#signal.aborted) return () => {};
    const existing = this.list();
    const stop = this.#store.watch(this.#bucket, '', this.#store.revision, (event) => this.#report(handlers, event));
    this.#signal.addEventListener('abort', stop, { once: true });
    for (const object of existing) handlers.add?.(object);
    return () => {
      stop();
      this.#signal.removeEventListener('abort', stop);
    };
  }

  #report(handlers: InformerHandlers<KubeObject>, event: StoreEvent): void {
    const object = this.#shape(event.object);
    if (event.type === 'delete') handlers.delete?.(object);
    else if (event.previous) handlers.update?.(object, this.#shape(event.previous));
    else handlers.add?.(object);
  }
}

/** Which objects of a bucket an owner controls; kept up to date within the write itself. */
class OwnerIndex {
  readonly #store: Store;
  readonly #bucket: string;
  readonly #ids = new Map<string, Set<string>>();

  constructor(store: Store, bucket: string, signal: AbortSignal) {
    this.#store = store;
    this.#bucket = bucket;
    for (const [id, object] of store.entries(bucket)) this.#add(id, object);
    const stop = store.observe(bucket, (event) => {
      if (event.previous) this.#remove(event.id, event.previous);
      if (event.type === 'put') this.#add(event.id, event.object);
    });
    signal.addEventListener('abort', stop, { once: true });
  }

  of(uid: string): Stored[] {
    const objects: Stored[] = [];
    for (const id of this.#ids.get(uid) ?? []) {
      const object = this.#store.get(this.#bucket, id);
      if (object) objects.push(object);
    }
    return objects;
  }

  #add(id: string, object: Stored): void {
    const uid = controllerOf(object);
    if (uid === undefined) return;
    const ids = this.#ids.get(uid);
    if (ids) ids.add(id);
    else this.#ids.set(uid, new Set([id]));
  }

  #remove(id: string, object: Stored): void {
    const uid = controllerOf(object);
    if (uid === undefined) return;
    const ids = this.#ids.get(uid);
    ids?.delete(id);
    if (ids?.size === 0) this.#ids.delete(uid);
  }
}

function controllerOf(object: Stored): string | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller)?.uid;
}

/** Resolves once the objects of an informer are as asked. */
export function until<T extends KubeObject>(
  informer: Informer<T>,
  fits: (informer: Informer<T>) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!fits(informer)) return;
      queueMicrotask(() => stop());
      resolve();
    };
    const stop = informer.on({ add: look, update: look, delete: look });
    look();
  });
}
