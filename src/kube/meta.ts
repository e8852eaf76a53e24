import type { LabelSelector, ListMeta, ObjectMeta, Status } from './api.gen.ts';

export type { LabelSelector, ListMeta, ObjectMeta, Status };

/** Anything with TypeMeta and ObjectMeta. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** ObjectMeta as every object has it once the API server has stored it. */
export interface StoredMeta extends ObjectMeta {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
}

/** An object as read from the API server. */
export type Stored<T extends KubeObject = KubeObject> = T & { metadata: StoredMeta };

export interface KubeList<T> {
  apiVersion: string;
  kind: string;
  metadata: ListMeta;
  items: T[];
}

/**
 * Names a resource of the API together with the TypeScript type of its objects:
 * `const pods: Resource<Pod>`. Constants for all that we use are in `resources.ts`.
 */
export interface Resource<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  /** Plural, lower case, as in the path: `pods`. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Only carries the type; never set. */
  readonly __type?: T;
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(r: { group: string; version: string }): string {
  return r.group === '' ? r.version : `${r.group}/${r.version}`;
}

/** `pods`, `deployments.apps`: how kubectl and Status messages name a resource. */
export function groupResource(r: { group: string; resource: string }): string {
  return r.group === '' ? r.resource : `${r.resource}.${r.group}`;
}
