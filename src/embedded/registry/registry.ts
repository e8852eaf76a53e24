import { ownValue } from '../../kernel/own.ts';
import type { DeleteOptions } from '../../kube/api.gen.ts';
import type { KubeObject, Stored } from '../../kube/meta.ts';
import type { PatchType } from '../api.ts';
import type { ObjectReader, ResourceDefinition } from '../definition.ts';
import { badRequest, conflict, methodNotAllowed, notFound, notSimulated, reasonOf } from '../errors/status.ts';
import { Core, ensureNamespace } from './core.ts';
import { createObject } from './create.ts';
import { deleteObject } from './deletion.ts';
import type { RegistryOptions } from './dependencies.ts';
import { getObject, listObjects } from './read.ts';
import { checkScale, type Scale, scaleOf, withScale } from './scale.ts';
import { definitionOfKind } from './subresource-kind.ts';
import type {
  DeleteResult,
  ListRequest,
  ListResult,
  PatchRequest,
  Registry,
  RequestContext,
  WatchEvent,
  WatchRequest,
} from './types.ts';
import { updateObject } from './update.ts';
import { watchObjects } from './watch.ts';

type Written = { object: KubeObject; created: boolean };

/** A patch that is applied to the object as it is, without owners of fields. */
type DirectPatch = { type: Exclude<PatchType, 'apply'>; body: unknown };

const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

/** Subresources that kube-apiserver writes without its field manager. */
const unmanaged = new Set(['binding', 'eviction']);

/**
 * The generic registry: runs every resource definition against the store, as kube-apiserver's generic store runs its
 * strategies. Objects that come in are decoded (`codec/`) and belong to the registry from then on; objects that go out
 * are shared and must not be changed. All writes happen in one turn of the event loop: nothing comes between the
 * admission, the validation and the store.
 *
 * Large because it has a method a verb of the API; what a verb does is in files of its own, beside `Core`.
 */
export class GenericRegistry implements Registry {
  readonly #core: Core;

  constructor(options: RegistryOptions) {
    this.#core = new Core(options);
  }

  /** The current state for admission, authorization and other readers inside the server. */
  get reader(): ObjectReader {
    return this.#core;
  }

  definition(r: { group: string; version: string; resource: string }): ResourceDefinition | undefined {
    return this.#core.definition(r);
  }

  definitions(): readonly ResourceDefinition[] {
    return this.#core.definitions();
  }

  /** Replaces the kinds that come from CustomResourceDefinitions; discovery, OpenAPI and routes follow at once. */
  setCustomDefinitions(definitions: readonly ResourceDefinition[]): void {
    this.#core.setCustom(definitions);
  }

  get(d: ResourceDefinition, namespace: string | undefined, name: string, resourceVersion?: string): Stored {
    this.#core.requireVerb(d, 'get');
    return getObject(this.#core, d, namespace, name, resourceVersion);
  }

  list(d: ResourceDefinition, request: ListRequest): ListResult {
    this.#core.requireVerb(d, 'list');
    return listObjects(this.#core, d, request);
  }

  watch(d: ResourceDefinition, request: WatchRequest, deliver: (event: WatchEvent) => void, signal: AbortSignal): void {
    this.#core.requireVerb(d, 'watch');
    watchObjects(this.#core, d, request, deliver, signal);
  }

  async create(
    d: ResourceDefinition,
    namespace: string | undefined,
    object: KubeObject,
    context: RequestContext,
  ): Promise<KubeObject> {
    this.#core.requireVerb(d, 'create');
    if (d.review) {
      const owned = this.#manage(d, undefined, this.#core.complete(d, object), context);
      return this.#handle(`${d.group}/${d.resource}`, d, namespace, undefined, owned, context);
    }
    return createObject(this.#core, d, namespace, this.#core.complete(d, object), context);
  }

  async createSubresource(
    d: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    object: KubeObject,
    context: RequestContext,
  ): Promise<KubeObject> {
    const key = `${d.group}/${d.resource}/${context.subresource}`;
    const subresource = ownValue(d.subresources, context.subresource ?? '');
    if (!subresource?.verbs.includes('create')) throw methodNotAllowed();
    const kind = subresource.groupVersionKind;
    if (object.metadata?.namespace && object.metadata.namespace !== namespace) ensureNamespace(d, object, namespace);
    const owned = kind ? this.#ownedBody(definitionOfKind(kind), object, context) : object;
    return this.#handle(key, d, namespace, name, owned, context);
  }

  async update(
    d: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    object: KubeObject,
    context: RequestContext,
  ): Promise<Written> {
    const core = this.#core;
    this.#requireWrite(d, 'update', context);
    if (context.subresource === 'scale') {
      const scale = checkScale(object, name, () => {
        ensureNamespace(d, object, namespace);
        checkName(object, name, namespace);
      });
      return this.#scale(d, namespace, name, context, scale.metadata?.uid, () => object);
    }
    ensureNamespace(d, object, namespace);
    checkName(object, name, namespace);
    core.complete(d, object);
    core.dropDuplicateOwners(object, context, false);
    const uid = object.metadata?.uid;
    const build = (live: Stored | undefined) => this.#manage(d, live, object, context);
    return updateObject(core, { definition: d, namespace, name, context, uid, build });
  }

  async patch(
    d: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    patch: PatchRequest,
    context: RequestContext,
  ): Promise<Written> {
    this.#requireWrite(d, 'patch', context);
    if (context.subresource === 'scale') return this.#patchScale(d, namespace, name, patch, context);
    const build = (live: Stored | undefined) => {
      if (patch.type === 'apply') return this.#applied(d, namespace, name, live, patch, context);
      if (!live) throw notFound(d, name);
      const direct: DirectPatch = { type: patch.type, body: patch.body };
      const object = this.#core.complete(d, this.#patched(d, live, direct, context));
      checkName(object, name, namespace);
      this.#core.dropDuplicateOwners(object, context, false);
      return this.#manage(d, live, object, context);
    };
    const forceCreate = patch.type === 'apply' && !context.subresource;
    return updateObject(this.#core, { definition: d, namespace, name, context, forceCreate, build });
  }

  async delete(
    d: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions,
    context: RequestContext,
  ): Promise<DeleteResult> {
    this.#core.requireVerb(d, 'delete');
    return deleteObject(this.#core, d, namespace, name, options, withDryRun(context, options));
  }

  async deleteCollection(
    d: ResourceDefinition,
    request: ListRequest,
    options: DeleteOptions,
    context: RequestContext,
  ): Promise<ListResult> {
    this.#core.requireVerb(d, 'deletecollection');
    const listed = listObjects(this.#core, d, request);
    for (const { metadata } of listed.items) {
      try {
        deleteObject(this.#core, d, metadata.namespace, metadata.name, options, withDryRun(context, options));
      } catch (error) {
        // Gone already: an earlier delete of this collection took it along.
        if (reasonOf(error) !== 'NotFound') throw error;
      }
    }
    return listed;
  }

  getSubresource(d: ResourceDefinition, namespace: string | undefined, name: string, subresource: string): KubeObject {
    if (!ownValue(d.subresources, subresource)?.verbs.includes('get')) throw methodNotAllowed();
    const object = getObject(this.#core, d, namespace, name);
    return subresource === 'scale' ? scaleOf(object, d) : object;
  }

  #requireWrite(d: ResourceDefinition, verb: 'update' | 'patch', context: RequestContext): void {
    if (!context.subresource) this.#core.requireVerb(d, verb);
  }

  async #handle(
    key: string,
    d: ResourceDefinition,
    namespace: string | undefined,
    name: string | undefined,
    object: KubeObject,
    context: RequestContext,
  ): Promise<KubeObject> {
    const handler = this.#core.options.handlers.get(key);
    if (!handler) throw notSimulated(key.replace(/^\//, ''));
    const target = { definition: d, operation: 'CREATE' as const, namespace, name, object };
    this.#core.admit('mutate', target, context);
    this.#core.admit('validate', target, context);
    return handler({ definition: d, namespace, name, object, context, registry: this });
  }

  #ownedBody(d: ResourceDefinition, object: KubeObject, context: RequestContext): KubeObject {
    return this.#manage(d, undefined, this.#core.complete(d, object), context);
  }

  /** `object` with the managedFields that this write leaves. */
  #manage(d: ResourceDefinition, live: Stored | undefined, object: KubeObject, context: RequestContext): KubeObject {
    if (unmanaged.has(context.subresource ?? '')) return object;
    return this.#core.options.managedFields.update({
      definition: d,
      live,
      updated: object,
      manager: context.fieldManager,
      subresource: context.subresource,
      time: this.#core.now(),
    });
  }

  #patched(d: ResourceDefinition, live: KubeObject, { type, body }: DirectPatch, context: RequestContext): KubeObject {
    const { fieldValidation } = context;
    const wanted = this.#core.options.patcher.patch({ definition: d, type, live, body, fieldValidation });
    for (const warning of wanted.warnings) context.warn(warning);
    return wanted.object;
  }

  #applied(
    d: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    live: Stored | undefined,
    patch: PatchRequest,
    context: RequestContext,
  ): KubeObject {
    const config = patch.body as KubeObject | undefined;
    const uid = config?.metadata?.uid;
    if (!live && uid) {
      const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
      throw conflict(d, name, why);
    }
    const { object, warnings } = this.#core.options.managedFields.apply({
      definition: d,
      live,
      config,
      force: patch.force ?? false,
      fieldValidation: context.fieldValidation,
      manager: context.fieldManager,
      subresource: context.subresource,
      time: this.#core.now(),
    });
    for (const warning of warnings) context.warn(warning);
    this.#core.complete(d, object);
    checkName(object, name, namespace);
    this.#core.dropDuplicateOwners(object, context, false);
    return object;
  }

  /** Writes a Scale: its replicas go to the workload, and the ownership of `spec.replicas` with them. */
  #scale(
    d: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    context: RequestContext,
    uid: string | undefined,
    scale: (live: Stored) => Scale,
  ): Written {
    const build = (live: Stored | undefined) => {
      if (!live) throw notFound(d, name);
      return this.#manage(d, live, this.#core.complete(d, withScale(live, scale(live), d)), context);
    };
    const { object } = updateObject(this.#core, { definition: d, namespace, name, context, uid, build });
    return { object: scaleOf(object, d, true), created: false };
  }

  #patchScale(
    d: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    patch: PatchRequest,
    context: RequestContext,
  ): Written {
    if (patch.type !== 'apply') {
      const direct: DirectPatch = { type: patch.type, body: patch.body };
      const scale = (live: Stored) =>
        checkScale(this.#patched(definitionOfKind(scaleKind), scaleOf(live, d, true), direct, context), name);
      return this.#scale(d, namespace, name, context, undefined, scale);
    }
    const build = (live: Stored | undefined) => {
      if (!live) throw notFound(d, name);
      checkScale(patch.body as KubeObject, name);
      return this.#applied(d, namespace, name, live, patch, context);
    };
    const { object } = updateObject(this.#core, { definition: d, namespace, name, context, build });
    return { object: scaleOf(object, d, true), created: false };
  }
}

function withDryRun(context: RequestContext, options: DeleteOptions): RequestContext {
  return {
    ...context,
    dryRun: context.dryRun || (options.dryRun?.includes('All') ?? false),
    warn: (text) => context.warn(text),
  };
}

/** The object of a PUT or PATCH must be the one that the path names. */
function checkName(object: KubeObject, name: string, namespace: string | undefined): void {
  const { name: own, namespace: ownNamespace } = object.metadata ?? {};
  if (!own) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (own !== name) {
    throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
  }
  if (namespace && ownNamespace && ownNamespace !== namespace) {
    throw badRequest(
      `the namespace of the object (${ownNamespace}) does not match the namespace on the request (${namespace})`,
    );
  }
}
