/**
 * The shape of a resource definition: one file a kind in `resources/`, from which routes, discovery, OpenAPI, table
 * columns, defaults, validation, immutability and subresources are all derived. A CustomResourceDefinition becomes
 * the same thing at run time.
 */
import type { Clock } from '../kernel/clock.ts';
import type { StatusCause } from '../kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../kube/meta.ts';
import type { User } from './api.ts';
import type { ObjectSchema } from './schema.ts';

/** One entry of a 422's details.causes, created by the helpers `field.invalid`, `field.required`, ... */
export type FieldError = StatusCause & { field: string; reason: string; message: string };

/** What admission, authorization and strategies read through; always the current revision. */
export interface ObjectReader {
  read<T extends KubeObject>(r: Resource<T>, namespace: string | undefined, name: string): Stored<T> | undefined;
  listAll<T extends KubeObject>(r: Resource<T>, namespace?: string): Stored<T>[];
}

/** What a strategy may ask while it handles one write. */
export interface StrategyContext extends ObjectReader {
  clock: Clock;
  user: User;
  subresource?: string;
  operation: 'create' | 'update';
  /** Adds a Warning header (199) to the response. */
  warn(text: string): void;
}

/**
 * What is special about a kind, as a registry strategy in kube-apiserver. The generic registry does metadata
 * (names, uid, generation, deletion, finalizers, managedFields) itself. Functions that change, change `object` in place.
 */
export interface Strategy<T extends KubeObject> {
  /** SetDefaults_*: on every write and on decoding what is stored. Must be idempotent. */
  defaults?(object: T): void;
  /** Clears what clients may not set (status), allocates. */
  prepareForCreate?(object: T, context: StrategyContext): void;
  /** Keeps what an update of this (sub)resource may not change. Without it: status is kept on the main resource, spec and metadata on /status. */
  prepareForUpdate?(object: T, old: Stored<T>, context: StrategyContext): void;
  validate?(object: T, context: StrategyContext): FieldError[];
  /** `validate` has run already. */
  validateUpdate?(object: T, old: Stored<T>, context: StrategyContext): FieldError[];
  /** The causes of `validateUpdate` come before those of `validate` (Kubernetes differs by kind). */
  updateErrorsFirst?: boolean;
  /** Warnings of a create or update (deprecated fields, duplicate entries). */
  warnings?(object: T, old: Stored<T> | undefined): string[];
  /** Rule for metadata.name. Default: DNS subdomain. */
  nameRule?: 'dns-subdomain' | 'dns-label' | 'dns-1035-label' | 'path-segment';
  /** PUT creates what doesn't exist (leases, endpoints, ...). */
  allowCreateOnUpdate?: boolean;
  /** PUT without resourceVersion is allowed. Default true for most kinds; false answers 422 metadata.resourceVersion. */
  allowUnconditionalUpdate?: boolean;
  /** Whether metadata.generation counts spec changes. Default: kinds with a `status` subresource. */
  generation?: boolean;
  /** Graceful deletion: the grace period in seconds for this delete, or undefined for at once. */
  gracePeriod?(object: Stored<T>, requested: number | undefined): number | undefined;
  /** Default propagation when the client says nothing: background unless this says orphan (Job). */
  defaultPropagation?: 'Orphan' | 'Background';
  /** What the first delete stores instead of deleting (CustomResourceDefinitions go after their instances); undefined: the usual. */
  markDeleted?(object: Stored<T>, now: string): T | undefined;
  /** Runs after a successful delete, create or update was stored (e.g. release of cluster IPs is implicit, so rarely needed). */
  afterDelete?(object: Stored<T>, context: StrategyContext): void;
}

export interface Column {
  name: string;
  type: 'string' | 'integer' | 'boolean' | 'number' | 'date';
  format?: string;
  description?: string;
  /** 0 is always shown, 1 with -o wide. */
  priority: number;
}

/** Value of a selectable field. A method, so that definitions of any kind fit into one list. */
export type FieldSelector<T extends KubeObject = KubeObject> = { value(object: Stored<T>): string }['value'];

/** What a subresource accepts; `status` and `scale` have generic handlers chosen by `kind`. */
export interface Subresource {
  verbs: readonly string[];
  /** The kind on the wire if it is another one: `autoscaling/v1 Scale`, `policy/v1 Eviction`, `authentication.k8s.io/v1 TokenRequest`. */
  groupVersionKind?: { group: string; version: string; kind: string };
}

/** What only a kind of a CustomResourceDefinition has: no Go type says what it is, but a schema. */
export interface CustomKind {
  /** The structure, for patches and ownership of fields. */
  readonly schema: ObjectSchema;
  /**
   * Drops what the schema does not know, in place, and fills in defaults. Returns the paths of the unknown fields.
   * @throws TypeMismatch if embedded metadata is none
   */
  coerce(object: Record<string, unknown>): string[];
  /** What OpenAPI says of the kind and its list. */
  readonly openApi: {
    /** Of OpenAPI v3, by their names. */
    readonly schemas: Readonly<Record<string, object>>;
    /** Of OpenAPI v2, which knows less. */
    readonly definitions: Readonly<Record<string, object>>;
    /** What tells them apart from others. */
    readonly digest: string;
  };
  readonly hasStatus: boolean;
  /** What discovery shows as verbs: while the definition is being deleted, fewer than there are. */
  readonly discoveredVerbs: readonly string[];
  /** Aborts when another kind takes its place, or none: watches end, so that clients begin anew. */
  readonly replaced: AbortSignal;
  /** Where the scale subresource finds its numbers: `.spec.replicas`. */
  readonly scale?: {
    readonly specReplicasPath: string;
    readonly statusReplicasPath: string;
    readonly labelSelectorPath?: string;
  };
}

/**
 * A kind as the server knows it. `defineResource` (resources/define.ts) fills everything that is a recorded fact
 * (singular, short names, categories, verbs, subresources, columns, schema) from the generated facts; a file in
 * `resources/` adds the behaviour: strategy, cells, field selectors.
 */
export interface ResourceDefinition<T extends KubeObject = KubeObject> extends Resource<T> {
  readonly singular: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** All of create, delete, deletecollection, get, list, patch, update, watch unless told otherwise. */
  readonly verbs?: readonly string[];
  /** Name in the OpenAPI schemas: `io.k8s.api.core.v1.Pod`. */
  readonly schema: string;
  readonly strategy: Strategy<T>;
  readonly columns: readonly Column[];
  /** The cells of a row, all priorities, in the order of `columns`; `now` in milliseconds for ages. */
  cells(object: Stored<T>, now: number): unknown[];
  /** Conditions of a table row (only finished Pods and Jobs have one). */
  rowConditions?(object: Stored<T>): unknown[] | undefined;
  readonly subresources?: Readonly<Record<string, Subresource>>;
  /** Field selectors beyond metadata.name and metadata.namespace. */
  readonly fieldSelectors?: Readonly<Record<string, FieldSelector<T>>>;
  /** Sent as a Warning header (299) with the answer to every request for this resource, reads included. */
  readonly deprecationWarning?: string;
  /** Virtual resources (reviews): answers the create itself; nothing is stored. */
  readonly review?: boolean;
  readonly custom?: CustomKind;
  /** Objects that are not stored but created when they are read (ComponentStatus). A method, so that definitions of any kind fit into one list. */
  computed?(reader: ObjectReader): readonly Stored<T>[];
  /** Where objects are stored if another version or group shares them (events.k8s.io and core events). */
  readonly storedAs?: Resource;
  /** Only with `storedAs`: between this shape and the stored one. Neither changes its argument. */
  convert?: { fromStored(object: Stored): Stored<T>; toStored(object: T): KubeObject };
}
