import { ownValue } from '../../kernel/own.ts';
import type { KubeObject, Resource, Stored } from '../../kube/meta.ts';
import { apiVersionOf } from '../../kube/meta.ts';
import type { AdmissionAttributes } from '../admission/types.ts';
import type { ResourceDefinition, StrategyContext } from '../definition.ts';
import type { Store } from '../store/store.ts';
import type { RegistryOptions } from './dependencies.ts';
import { bucketOf, fromStored, idOf } from './keys.ts';
import { dropDuplicateOwners, timestamp } from './metadata.ts';
import { badRequest, methodNotAllowed } from './status.ts';
import type { ObjectReader, RequestContext } from './types.ts';

/** What all operations of the registry share. */
export class Core implements ObjectReader {
  readonly options: RegistryOptions;
  /** The built-in kinds, then those of CustomResourceDefinitions. */
  #definitions = new Map<string, ResourceDefinition>();
  #all: readonly ResourceDefinition[] | undefined;

  constructor(options: RegistryOptions) {
    this.options = options;
    for (const d of options.definitions) this.#definitions.set(keyOf(d), d);
  }

  get store(): Store {
    return this.options.store;
  }

  /** The current second, as times in objects are written. */
  now(): string {
    return timestamp(this.options.clock.now());
  }

  definition(r: Pick<Resource, 'group' | 'version' | 'resource'>): ResourceDefinition | undefined {
    return this.#definitions.get(keyOf(r));
  }

  /** The same list as long as no kind comes or goes: documents are made of it once. */
  definitions(): readonly ResourceDefinition[] {
    this.#all ??= [...this.#definitions.values()];
    return this.#all;
  }

  /** Replaces the kinds that come from CustomResourceDefinitions; a built-in one is never replaced. */
  setCustom(custom: readonly ResourceDefinition[]): void {
    const before = this.definitions().filter((d) => d.custom);
    if (custom.length === before.length && custom.every((d, i) => d === before[i])) return;
    const definitions = new Map(this.options.definitions.map((d) => [keyOf(d), d]));
    for (const d of custom) if (!definitions.has(keyOf(d))) definitions.set(keyOf(d), d);
    this.#definitions = definitions;
    this.#all = undefined;
  }

  /** The current object in the shape of `d`. */
  find(d: ResourceDefinition, namespace: string | undefined, name: string): Stored | undefined {
    const stored = this.store.get(bucketOf(d), idOf(d, namespace, name));
    return stored && fromStored(d, stored);
  }

  read<T extends KubeObject>(r: Resource<T>, namespace: string | undefined, name: string): Stored<T> | undefined {
    const d = this.definition(r);
    const found = d ? this.find(d, namespace, name) : this.store.get(bucketOf(r), idOf(r, namespace, name));
    return found as Stored<T> | undefined;
  }

  listAll<T extends KubeObject>(r: Resource<T>, namespace?: string): Stored<T>[] {
    const d = this.definition(r);
    const under = r.namespaced && namespace !== undefined ? `${namespace}/` : '';
    const { items } = this.store.list(bucketOf(d ?? r), { under });
    return (d ? items.map((item) => fromStored(d, item)) : items) as Stored<T>[];
  }

  strategyContext(context: RequestContext, operation: 'create' | 'update'): StrategyContext {
    return {
      clock: this.options.clock,
      user: context.user,
      subresource: context.subresource,
      operation,
      warn: (text) => context.warn(text),
      read: (r, namespace, name) => this.read(r, namespace, name),
      listAll: (r, namespace) => this.listAll(r, namespace),
    };
  }

  /** Runs one phase of the admission chain. Plugins change `target.object` in place; they throw to refuse. */
  admit(phase: 'mutate' | 'validate', target: AdmissionTarget, context: RequestContext): void {
    const attributes: AdmissionAttributes = {
      ...target,
      subresource: context.subresource,
      user: context.user,
      dryRun: context.dryRun,
      clock: this.options.clock,
      warn: (text) => context.warn(text),
      read: (r, namespace, name) => this.read(r, namespace, name),
      listAll: (r, namespace) => this.listAll(r, namespace),
      definitions: () => this.definitions(),
      updateStatus: (r, object) => this.updateStatus(r, object),
    };
    for (const plugin of this.options.admission) plugin[phase]?.(attributes);
  }

  /** Writes a status that the server itself keeps; owned by `kube-apiserver`. */
  updateStatus(r: Resource, object: Stored): void {
    const d = this.definition(r);
    const { namespace, name } = object.metadata;
    const live = d && this.find(d, namespace, name);
    if (!d || !live) return;
    const updated = this.options.managedFields.update({
      definition: d,
      live,
      updated: object,
      manager: 'kube-apiserver',
      subresource: 'status',
      time: this.now(),
    });
    this.store.update(bucketOf(d), idOf(d, namespace, name), updated);
  }

  /** Sets apiVersion and kind, and the defaults. */
  complete(d: ResourceDefinition, object: KubeObject): KubeObject {
    object.apiVersion = apiVersionOf(d);
    object.kind = d.kind;
    d.strategy.defaults?.(object);
    return object;
  }

  dropDuplicateOwners(object: KubeObject, context: RequestContext, afterAdmission: boolean): void {
    const uids = dropDuplicateOwners(object);
    if (uids.length === 0) return;
    const when = afterAdmission ? ' after mutating admission happens' : '';
    context.warn(
      `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, ` +
        `and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids.join(', ')}`,
    );
  }

  /** A definition without the verb answers 405. */
  requireVerb(d: ResourceDefinition, verb: string): void {
    if (d.verbs && !d.verbs.includes(verb)) throw methodNotAllowed();
  }
}

export type AdmissionTarget = Pick<
  AdmissionAttributes,
  'definition' | 'operation' | 'namespace' | 'name' | 'object' | 'oldObject'
>;

/** The object's namespace must be the request's; it is filled in where it is missing. */
export function ensureNamespace(
  d: Pick<ResourceDefinition, 'namespaced'>,
  object: KubeObject,
  namespace: string | undefined,
): void {
  object.metadata ??= {};
  if (!d.namespaced) {
    delete object.metadata.namespace;
    return;
  }
  if (object.metadata.namespace && object.metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  object.metadata.namespace = namespace;
}

function keyOf(r: Pick<Resource, 'group' | 'version' | 'resource'>): string {
  return `${r.group}/${r.version}/${r.resource}`;
}

/** Equality of JSON values; a property that is undefined counts as missing. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => equalJson(item, b[i]));
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const key in left) {
    if (!equalJson(left[key], ownValue(right, key))) return false;
  }
  for (const key in right) {
    if (ownValue(left, key) === undefined && right[key] !== undefined) return false;
  }
  return true;
}
