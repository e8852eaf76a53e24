/** What the parts of the embedded cluster know of each other: clients, informers, components. Types only; `cluster.ts` joins the parts. */
import type { Clock } from '../kernel/clock.ts';
import type { Status } from '../kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../kube/meta.ts';
import type { NodeAnswers } from './node-api.ts';

/** Who makes a request, as authentication found out. */
export interface User {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** A failed request: carries the Status that goes to the client. Made by the helpers in `errors/status.ts`. */
export interface ApiFailure extends Error {
  readonly status: Status;
}

export interface WriteOptions {
  dryRun?: boolean;
  /** Defaults to the client's own. */
  fieldManager?: string;
  /** `status`, `scale`, `binding`, `token`, `eviction`, ... */
  subresource?: string;
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

export interface ListOptions {
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
}

export interface DeleteOptions {
  preconditions?: { uid?: string; resourceVersion?: string };
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  dryRun?: boolean;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/**
 * The API as controllers, scheduler and kubelet use it: the same registry, defaults, validation, admission and
 * watch events as over HTTPS, without TLS and authorization. Objects it returns are shared and must not be changed:
 * copy (`structuredClone`) before changing. All methods reject with an ApiFailure.
 */
export interface ApiClient {
  get<T extends KubeObject>(r: Resource<T>, namespace: string | undefined, name: string): Promise<Stored<T>>;
  list<T extends KubeObject>(
    r: Resource<T>,
    namespace?: string,
    options?: ListOptions,
  ): Promise<{ items: Stored<T>[]; resourceVersion: string; continue?: string }>;
  create<T extends KubeObject>(r: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  /** POST to a subresource of one object: `token`, `binding`, `eviction`. */
  createSubresource<R extends KubeObject>(
    r: Resource,
    namespace: string | undefined,
    name: string,
    subresource: string,
    body: R,
  ): Promise<R>;
  /** GET of a subresource that is an object of its own: `scale`. */
  getSubresource<R extends KubeObject>(
    r: Resource,
    namespace: string | undefined,
    name: string,
    subresource: string,
  ): Promise<R>;
  /** Optimistic: a metadata.resourceVersion in `object` must be the current one (409 Conflict else). */
  update<T extends KubeObject>(r: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  updateStatus<T extends KubeObject>(r: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  patch<T extends KubeObject>(
    r: Resource<T>,
    namespace: string | undefined,
    name: string,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions & { force?: boolean },
  ): Promise<Stored<T>>;
  delete(r: Resource, namespace: string | undefined, name: string, options?: DeleteOptions): Promise<void>;
  /** The same API as another identity (audit, admission, managedFields see it). */
  as(identity: { user: User; fieldManager: string }): ApiClient;
}

export interface InformerHandlers<T extends KubeObject> {
  add?(object: Stored<T>): void;
  update?(object: Stored<T>, old: Stored<T>): void;
  /** `object` is the last state. */
  delete?(object: Stored<T>): void;
}

/** A live cache of one resource. Handlers run after the write that caused them has returned. */
export interface Informer<T extends KubeObject> {
  get(namespace: string | undefined, name: string): Stored<T> | undefined;
  list(namespace?: string): Stored<T>[];
  /** Objects whose controller owner (ownerReference with controller: true) has this uid. */
  byOwner(uid: string): Stored<T>[];
  /** Existing objects are told as adds first. Returns the way to stop. */
  on(handlers: InformerHandlers<T>): () => void;
}

export interface Informers {
  of<T extends KubeObject>(r: Resource<T>): Informer<T>;
}

/** Writes Events as Kubernetes' recorders do: counted, aggregated, with `source.component` and reportingComponent. */
export interface EventRecorder {
  /** `involved` may be any stored object; `type` Normal or Warning. */
  event(
    involved: KubeObject & { fieldPath?: string },
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    options?: { action?: string; related?: KubeObject },
  ): void;
}

/** A resource as discovery lists it. `storedAs` is set where another resource shows the same objects. */
export interface ServedResource extends Resource {
  readonly verbs?: readonly string[];
  readonly storedAs?: Resource;
  /** By name: `status`, `scale`, ... */
  readonly subresources?: Readonly<Record<string, unknown>>;
}

/** What a controller, the scheduler and the kubelet are given. */
export interface ComponentContext {
  client: ApiClient;
  informers: Informers;
  clock: Clock;
  /** Aborts when the cluster stops: every loop ends then. */
  signal: AbortSignal;
  /** Hears of faults of ours: what failed that nothing in the cluster explains. */
  report(error: unknown, where: string): void;
  /** An event recorder of the component, e.g. `recorder('replicaset-controller')`; host set for kubelets. */
  recorder(component: string, host?: string): EventRecorder;
  /** Every resource that the server serves now, custom ones included: what namespace deletion and garbage collection walk. */
  resources(): readonly ServedResource[];
  /** `group/version` of what another server serves, or should: discovery knows nothing of it now. */
  staleGroups(): readonly string[];
  /** Facts of the cluster that some components need. */
  cluster: {
    /** PEM of the CA that signed the serving certificate (kube-root-ca.crt). */
    caCertificate: string;
    /** Where in-cluster clients end up: what 10.96.0.1:443 really is. */
    apiServer: { host: string; port: number };
    /** What programs on nodes ask. */
    nodes?: NodeAnswers;
    /** Where the port 10250 of a node really is; undefined: no kubelet runs there. */
    kubelet?(nodeName: string): Promise<{ host: string; port: number } | undefined>;
    serviceCidr: string;
    podCidr: string;
    /** What an event on a Pod says after naming an image that no registry of this cluster has; undefined: nothing. */
    unknownImages?: string;
    /** Folder of the cluster's own files (logs, volumes); undefined: keep in memory. */
    folder?: string;
  };
}

/** A controller, the scheduler, a kubelet: something that runs until `context.signal` aborts. */
export interface Component {
  /** As in kube-controller-manager: `replicaset`, `serviceaccount`, `garbage-collector`, ... */
  readonly name: string;
  start(context: ComponentContext): void | Promise<void>;
}
