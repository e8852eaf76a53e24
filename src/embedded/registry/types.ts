/**
 * The seam between the HTTPS server (and the in-process client) above and the store below: one generic registry that
 * runs every resource definition. No HTTP here, no transport.
 */
import type { Status, DeleteOptions as WireDeleteOptions } from '../../kube/api.gen.ts';
import type { KubeObject, Stored } from '../../kube/meta.ts';
import type { PatchType, User } from '../api.ts';
import type { ResourceDefinition } from '../definition.ts';

/** Everything about one request that matters below the transport. */
export interface RequestContext {
  user: User;
  /** From ?fieldManager=, else the User-Agent up to the first `/`. */
  fieldManager: string;
  dryRun: boolean;
  fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Adds a Warning header; duplicates are dropped. */
  warn(text: string): void;
  subresource?: string;
}

export interface ListRequest {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

export interface ListResult {
  items: Stored[];
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export interface WatchRequest extends ListRequest {
  allowWatchBookmarks?: boolean;
  sendInitialEvents?: boolean;
}

export type WatchEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: Stored }
  /** `initialEventsEnd`: the bookmark that ends a WatchList's initial events (annotation k8s.io/initial-events-end). */
  | { type: 'BOOKMARK'; resourceVersion: string; initialEventsEnd?: boolean }
  | { type: 'ERROR'; status: Status };

/** How a patch arrives: parsed JSON of the body (`apply` accepts YAML; the transport parsed it). */
export interface PatchRequest {
  type: PatchType;
  body: unknown;
  /** Only for apply. */
  force?: boolean;
}

/** What a delete answers with: the object (graceful, finalizers) or a Status Success. */
export type DeleteResult = { object: Stored } | { status: Status };

/** All methods throw an ApiFailure with the exact Status that Kubernetes would send. */
export interface Registry {
  definition(r: { group: string; version: string; resource: string }): ResourceDefinition | undefined;
  definitions(): readonly ResourceDefinition[];
  get(d: ResourceDefinition, namespace: string | undefined, name: string, resourceVersion?: string): Stored;
  list(d: ResourceDefinition, request: ListRequest): ListResult;
  /**
   * Delivers events in revision order. Throws before the first event if the request is wrong; an expired
   * resourceVersion arrives as an ERROR event. Ends when `signal` aborts.
   */
  watch(d: ResourceDefinition, request: WatchRequest, deliver: (event: WatchEvent) => void, signal: AbortSignal): void;
  create(
    d: ResourceDefinition,
    namespace: string | undefined,
    object: KubeObject,
    context: RequestContext,
  ): Promise<KubeObject>;
  /** POST to a subresource of an existing object (token, binding, eviction). */
  createSubresource(
    d: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    object: KubeObject,
    context: RequestContext,
  ): Promise<KubeObject>;
  /** `created` is true where PUT created a new object (201). */
  update(
    d: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    object: KubeObject,
    context: RequestContext,
  ): Promise<{ object: KubeObject; created: boolean }>;
  patch(
    d: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    patch: PatchRequest,
    context: RequestContext,
  ): Promise<{ object: KubeObject; created: boolean }>;
  delete(
    d: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    options: WireDeleteOptions,
    context: RequestContext,
  ): Promise<DeleteResult>;
  deleteCollection(
    d: ResourceDefinition,
    request: ListRequest,
    options: WireDeleteOptions,
    context: RequestContext,
  ): Promise<ListResult>;
  /** GET of a subresource that is an object (`scale`, `status`). */
  getSubresource(d: ResourceDefinition, namespace: string | undefined, name: string, subresource: string): KubeObject;
}

/** Handlers that a subresource or a virtual resource needs from elsewhere (tokens, access reviews), by `group/resource[/subresource]`. */
export type CreateHandler = (request: {
  definition: ResourceDefinition;
  namespace: string | undefined;
  name: string | undefined;
  object: KubeObject;
  context: RequestContext;
  registry: Registry;
}) => KubeObject | Promise<KubeObject>;
