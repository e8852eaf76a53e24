import { randomUUID } from 'node:crypto';
import type { ApiClient, ComponentContext, EventRecorder, Informer, InformerHandlers } from '../../src/embedded/api.ts';
import { alreadyExists, modified, notFound } from '../../src/embedded/errors/status.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import type { Binding, Pod, TokenRequest } from '../../src/kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../src/kube/meta.ts';
import { pods } from '../../src/kube/resources.ts';

export interface SeenEvent {
  component: string;
  type: string;
  reason: string;
  message: string;
  object: string;
  fieldPath?: string;
}

type Loose = Stored & { spec?: unknown; status?: unknown };

/** A small in-memory API behind the seam's interfaces: enough of storage, graceful deletion and informers for tests. */
export class FakeApi {
  readonly clock: Clock;
  readonly events: SeenEvent[] = [];
  readonly writes: string[] = [];
  readonly abort = new AbortController();
  readonly #objects = new Map<string, Map<string, Loose>>();
  readonly #handlers = new Map<string, Set<InformerHandlers<KubeObject>>>();
  readonly #waiters = new Set<() => void>();
  #revision = 0;
  tokens = 0;
  tokenSeconds = 3607;
  /** What deletions are refused with. */
  deleteFailure: Error | undefined;
  /** What was reported. */
  readonly faults: unknown[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get client(): ApiClient {
    const client: ApiClient = {
      get: async <T extends KubeObject>(r: Resource<T>, ns: string | undefined, name: string) => this.read(r, ns, name),
      list: async <T extends KubeObject>(r: Resource<T>, ns?: string) => ({
        items: this.all(r, ns),
        resourceVersion: String(this.#revision),
      }),
      create: async <T extends KubeObject>(r: Resource<T>, object: T) => this.#create(r, object),
      createSubresource: async <R extends KubeObject>(
        r: Resource,
        ns: string | undefined,
        name: string,
        sub: string,
        body: R,
      ) => this.#subresource(r, ns, name, sub, body),
      update: async <T extends KubeObject>(r: Resource<T>, object: T) => this.#update(r, object, false),
      updateStatus: async <T extends KubeObject>(r: Resource<T>, object: T) => this.#update(r, object, true),
      patch: async <T extends KubeObject>(
        r: Resource<T>,
        ns: string | undefined,
        name: string,
        _type: string,
        patch: unknown,
        options?: { subresource?: string },
      ) => {
        const old = this.read(r, ns, name) as unknown as Loose;
        const next = merge(old, patch) as Loose;
        return this.#update(
          r,
          { ...next, metadata: { ...next.metadata, resourceVersion: old.metadata.resourceVersion } } as unknown as T,
          options?.subresource === 'status',
        );
      },
      delete: async (r, ns, name, options) => {
        if (this.deleteFailure) throw this.deleteFailure;
        return this.#delete(r, ns, name, options?.gracePeriodSeconds);
      },
      getSubresource: () => Promise.reject(new Error('no subresources here')),
      as: () => client,
    };
    return client;
  }

  context(): ComponentContext {
    return {
      client: this.client,
      informers: { of: (r) => this.#informer(r) },
      clock: this.clock,
      signal: this.abort.signal,
      report: (error) => void this.faults.push(error),
      recorder: (component) => this.#recorder(component),
      resources: () => [],
      staleGroups: () => [],
      cluster: {
        caCertificate: 'CA',
        apiServer: { host: '127.0.0.1', port: 6443 },
        serviceCidr: '10.96.0.0/12',
        podCidr: '10.244.0.0/16',
      },
    };
  }

  read<T extends KubeObject>(r: Resource<T>, ns: string | undefined, name: string): Stored<T> {
    const found = this.#of(r).get(`${ns ?? ''}/${name}`);
    if (!found) throw notFound(r, name);
    return found as unknown as Stored<T>;
  }

  all<T extends KubeObject>(r: Resource<T>, ns?: string): Stored<T>[] {
    return [...this.#of(r).values()].filter(
      (o) => ns === undefined || o.metadata.namespace === ns,
    ) as unknown as Stored<T>[];
  }

  /** Resolves with what `probe` returns, as soon as that is something. */
  async until<T>(probe: () => T | undefined | false): Promise<T> {
    for (;;) {
      try {
        const value = probe();
        if (value !== undefined && value !== false) return value;
      } catch (error) {
        if (!(error instanceof Error && 'status' in error)) throw error;
      }
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  #of(r: Resource): Map<string, Loose> {
    const key = `${r.group}/${r.resource}`;
    let map = this.#objects.get(key);
    if (!map) {
      map = new Map();
      this.#objects.set(key, map);
    }
    return map;
  }

  #create<T extends KubeObject>(r: Resource<T>, object: T): Stored<T> {
    const copy = structuredClone(object) as unknown as Loose;
    const name = object.metadata?.name ?? `${object.metadata?.generateName}${randomUUID().slice(0, 5)}`;
    const key = `${object.metadata?.namespace ?? ''}/${name}`;
    if (this.#of(r).has(key)) throw alreadyExists(r, name);
    copy.apiVersion ??= r.group === '' ? r.version : `${r.group}/${r.version}`;
    copy.kind ??= r.kind;
    copy.metadata = {
      ...copy.metadata,
      name,
      uid: randomUUID(),
      resourceVersion: String(++this.#revision),
      creationTimestamp: new Date(this.clock.now()).toISOString(),
      generation: 1,
    };
    return this.#store(r, key, copy, undefined) as unknown as Stored<T>;
  }

  #update<T extends KubeObject>(r: Resource<T>, object: T, status: boolean): Stored<T> {
    const meta = object.metadata ?? {};
    const old = this.read(r, meta.namespace, meta.name ?? '') as unknown as Loose;
    if (meta.resourceVersion && meta.resourceVersion !== old.metadata.resourceVersion)
      throw modified(r, meta.name ?? '');
    const given = structuredClone(object) as unknown as Loose;
    const next: Loose = status ? { ...old, status: given.status } : { ...given, status: old.status };
    const specChanged = JSON.stringify(next.spec) !== JSON.stringify(old.spec);
    next.metadata = {
      ...(status ? old.metadata : { ...given.metadata, deletionTimestamp: old.metadata.deletionTimestamp }),
      uid: old.metadata.uid,
      creationTimestamp: old.metadata.creationTimestamp,
      generation: (old.metadata.generation ?? 1) + (specChanged ? 1 : 0),
      resourceVersion: String(++this.#revision),
    };
    this.writes.push(`${status ? 'status' : 'update'} ${r.resource} ${meta.name}`);
    const key = `${meta.namespace ?? ''}/${meta.name}`;
    if (
      next.metadata.deletionTimestamp &&
      (next.metadata.finalizers ?? []).length === 0 &&
      old.metadata.finalizers?.length
    ) {
      return this.#remove(r, key, next) as unknown as Stored<T>;
    }
    return this.#store(r, key, next, old) as unknown as Stored<T>;
  }

  #subresource<R extends KubeObject>(r: Resource, ns: string | undefined, name: string, sub: string, body: R): R {
    if (sub === 'token') {
      const request = structuredClone(body) as unknown as TokenRequest;
      const until = this.clock.now() + this.tokenSeconds * 1000;
      request.status = { token: `token-${++this.tokens}`, expirationTimestamp: new Date(until).toISOString() };
      return request as unknown as R;
    }
    if (sub === 'binding') {
      const old = this.read(pods, ns, name);
      const next = structuredClone(old);
      next.spec = {
        ...next.spec,
        containers: next.spec?.containers ?? [],
        nodeName: (body as unknown as Binding).target.name,
      };
      next.status = {
        ...next.status,
        conditions: [
          ...(next.status?.conditions ?? []).filter((c) => c.type !== 'PodScheduled'),
          { type: 'PodScheduled', status: 'True', lastTransitionTime: new Date(this.clock.now()).toISOString() },
        ],
      };
      next.metadata.resourceVersion = String(++this.#revision);
      this.#store(r, `${ns}/${name}`, next as unknown as Loose, old as unknown as Loose);
      return body;
    }
    throw notFound(r, name);
  }

  #delete(r: Resource, ns: string | undefined, name: string, grace?: number): void {
    const old = this.read(r, ns, name) as Loose;
    const key = `${ns ?? ''}/${name}`;
    const pod = old as unknown as Stored<Pod>;
    const seconds = grace ?? (r.resource === 'pods' ? (pod.spec?.terminationGracePeriodSeconds ?? 30) : 0);
    const graceful = r.resource === 'pods' && pod.spec?.nodeName && seconds > 0;
    this.writes.push(`delete ${r.resource} ${name}`);
    if (!graceful && (old.metadata.finalizers ?? []).length === 0) {
      this.#remove(r, key, old);
      return;
    }
    const next = structuredClone(old);
    next.metadata.deletionTimestamp ??= new Date(this.clock.now() + seconds * 1000).toISOString();
    next.metadata.deletionGracePeriodSeconds = seconds;
    next.metadata.resourceVersion = String(++this.#revision);
    this.#store(r, key, next, old);
  }

  #store(r: Resource, key: string, object: Loose, old: Loose | undefined): Loose {
    this.#of(r).set(key, object);
    this.#tell(r, (h) => (old ? h.update?.(object, old) : h.add?.(object)));
    return object;
  }

  #remove(r: Resource, key: string, object: Loose): Loose {
    this.#of(r).delete(key);
    this.#tell(r, (h) => h.delete?.(object));
    return object;
  }

  #tell(r: Resource, call: (h: InformerHandlers<KubeObject>) => void): void {
    const handlers = [...(this.#handlers.get(`${r.group}/${r.resource}`) ?? [])];
    queueMicrotask(() => {
      for (const h of handlers) call(h);
      this.#wake();
    });
  }

  #wake(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const w of waiters) w();
  }

  #informer<T extends KubeObject>(r: Resource<T>): Informer<T> {
    return {
      get: (ns, name) => this.#of(r).get(`${ns ?? ''}/${name}`) as unknown as Stored<T> | undefined,
      list: (ns) => this.all(r, ns),
      byOwner: (uid) =>
        this.all(r).filter((o) => o.metadata.ownerReferences?.some((ref) => ref.controller && ref.uid === uid)),
      on: (handlers) => {
        const key = `${r.group}/${r.resource}`;
        const set = this.#handlers.get(key) ?? new Set();
        this.#handlers.set(key, set);
        const loose = handlers as unknown as InformerHandlers<KubeObject>;
        set.add(loose);
        const existing = this.all(r);
        queueMicrotask(() => {
          for (const o of existing) handlers.add?.(o);
        });
        return () => void set.delete(loose);
      },
    };
  }

  #recorder(component: string): EventRecorder {
    return {
      event: (involved, type, reason, message) => {
        this.events.push({
          component,
          type,
          reason,
          message,
          object: `${involved.kind}/${involved.metadata?.name}`,
          ...(involved.fieldPath && { fieldPath: involved.fieldPath }),
        });
        this.#wake();
      },
    };
  }
}

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result = {
    ...(typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {}),
  } as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}
