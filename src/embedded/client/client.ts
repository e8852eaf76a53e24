import { ownValue } from '../../kernel/own.ts';
import type { KubeObject, Resource, Stored } from '../../kube/meta.ts';
import type { ApiClient, DeleteOptions, ListOptions, PatchType, User, WriteOptions } from '../api.ts';
import { kindTarget, normalize } from '../codec/decode.ts';
import type { ResourceDefinition } from '../definition.ts';
import { notFoundPath } from '../registry/status.ts';
import type { Registry, RequestContext } from '../registry/types.ts';

/** Reads what another server serves. */
export interface RemoteReader {
  /** Rejects with an ApiFailure. */
  list<T extends KubeObject>(
    r: Resource<T>,
    namespace: string | undefined,
    options: ListOptions,
    user: User,
  ): Promise<{ items: Stored<T>[]; resourceVersion: string }>;
}

export interface Identity {
  user: User;
  /** Whose name stands in managedFields. */
  fieldManager: string;
}

/**
 * The API in this process, as `identity`: everything that a request over HTTPS goes through but transport and
 * authorization. What callers pass in is copied; what they get is shared and must not be changed.
 */
export class InProcessClient implements ApiClient {
  readonly #registry: Registry;
  readonly #identity: Identity;
  readonly #remote: RemoteReader | undefined;

  /** @param remote without it only what is served here can be read */
  constructor(registry: Registry, identity: Identity, remote?: RemoteReader) {
    this.#registry = registry;
    this.#identity = identity;
    this.#remote = remote;
  }

  as(identity: Identity): ApiClient {
    return new InProcessClient(this.#registry, identity, this.#remote);
  }

  async get<T extends KubeObject>(r: Resource<T>, namespace: string | undefined, name: string): Promise<Stored<T>> {
    return this.#registry.get(this.#definition(r), namespace, name) as Stored<T>;
  }

  async list<T extends KubeObject>(
    r: Resource<T>,
    namespace?: string,
    options: ListOptions = {},
  ): Promise<{ items: Stored<T>[]; resourceVersion: string; continue?: string }> {
    if (this.#remote && !this.#registry.definition(r)) {
      return this.#remote.list(r, namespace, options, this.#identity.user);
    }
    const list = this.#registry.list(this.#definition(r), { ...options, namespace });
    return { ...list, items: list.items as Stored<T>[] };
  }

  async create<T extends KubeObject>(r: Resource<T>, object: T, options: WriteOptions = {}): Promise<Stored<T>> {
    const d = this.#definition(r);
    const own = normalize(d, object, 'Ignore').object;
    return (await this.#registry.create(d, object.metadata?.namespace, own, this.#context(options))) as Stored<T>;
  }

  async createSubresource<R extends KubeObject>(
    r: Resource,
    namespace: string | undefined,
    name: string,
    subresource: string,
    body: R,
  ): Promise<R> {
    const d = this.#definition(r);
    const kind = ownValue(d.subresources, subresource)?.groupVersionKind;
    const own = normalize(kind ? kindTarget(kind.group, kind.version, kind.kind) : d, body, 'Ignore').object;
    return (await this.#registry.createSubresource(d, namespace, name, own, this.#context({ subresource }))) as R;
  }

  async getSubresource<R extends KubeObject>(
    r: Resource,
    namespace: string | undefined,
    name: string,
    subresource: string,
  ): Promise<R> {
    return this.#registry.getSubresource(this.#definition(r), namespace, name, subresource) as R;
  }

  async update<T extends KubeObject>(r: Resource<T>, object: T, options: WriteOptions = {}): Promise<Stored<T>> {
    const d = this.#definition(r);
    const { name = '', namespace } = object.metadata ?? {};
    const scale = options.subresource === 'scale';
    const own = normalize(scale ? kindTarget('autoscaling', 'v1', 'Scale') : d, object, 'Ignore').object;
    const written = await this.#registry.update(d, namespace, name, own, this.#context(options));
    return written.object as Stored<T>;
  }

  updateStatus<T extends KubeObject>(r: Resource<T>, object: T, options: WriteOptions = {}): Promise<Stored<T>> {
    return this.update(r, object, { ...options, subresource: 'status' });
  }

  async patch<T extends KubeObject>(
    r: Resource<T>,
    namespace: string | undefined,
    name: string,
    type: PatchType,
    patch: unknown,
    options: WriteOptions & { force?: boolean } = {},
  ): Promise<Stored<T>> {
    const request = { type, body: patch, force: options.force };
    const written = await this.#registry.patch(this.#definition(r), namespace, name, request, this.#context(options));
    return written.object as Stored<T>;
  }

  async delete(r: Resource, namespace: string | undefined, name: string, options: DeleteOptions = {}): Promise<void> {
    const { dryRun, ...rest } = options;
    await this.#registry.delete(this.#definition(r), namespace, name, rest, this.#context({ dryRun }));
  }

  #definition(r: Resource): ResourceDefinition {
    const d = this.#registry.definition(r);
    if (!d) throw notFoundPath();
    return d;
  }

  #context(options: WriteOptions): RequestContext {
    return {
      user: this.#identity.user,
      fieldManager: options.fieldManager ?? this.#identity.fieldManager,
      dryRun: options.dryRun ?? false,
      fieldValidation: options.fieldValidation ?? 'Ignore',
      warn: () => {},
      subresource: options.subresource,
    };
  }
}
