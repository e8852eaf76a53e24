/** Who owns which field after a create, update or patch (KEP-555): metadata.managedFields for everything but apply. */
import type { KubeObject } from '../../kube/meta.ts';
import type { TypeSchema } from '../schema.ts';
import { type Comparison, compare } from './compare.ts';
import { difference, type FieldSet, isEmpty, recursiveDifference, setOf, union } from './field-set.ts';
import { isMap } from './json-value.ts';
import {
  capUpdaters,
  decodeManagersOrNone,
  encodeManagers,
  identify,
  isReset,
  type Manager,
  type Managers,
} from './managers.ts';
import { ItemError, toTyped } from './typed.ts';

export interface UpdateRequest {
  /** What is stored now; undefined on create. */
  live: KubeObject | undefined;
  /** What the client wants, with defaults, before admission: what admission and strategies add is nobody's. */
  updated: KubeObject;
  /** From ?fieldManager= or the User-Agent. */
  manager: string;
  /** Of the request's path. */
  apiVersion: string;
  subresource?: string;
  /** Now, RFC 3339 with seconds. */
  time: string;
  schema: TypeSchema;
  /** What a write through this (sub)resource cannot change, as paths. Default: see `resetFieldsOf`. */
  resetFields?: Paths;
}

/** Fields that the server owns, which nobody manages. Only the fields themselves, not what is below. */
const strippedFields = setOf(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation'].map((field) => [
    'f:metadata',
    `f:${field}`,
  ]),
  ['f:metadata', 'f:managedFields'],
  ['f:metadata', 'f:resourceVersion'],
);

type Paths = readonly (readonly string[])[];

const status: Paths = [['status']];
const spec: Paths = [['spec']];

/** Where the strategies of v1.35 differ from the rule. By schema name and subresource. */
const resetByStrategy: Readonly<Record<string, Paths>> = {
  'io.k8s.api.apps.v1.Deployment/status': [['spec'], ['metadata', 'labels']],
  'io.k8s.api.core.v1.Pod/status': [['spec'], ['metadata', 'deletionTimestamp'], ['metadata', 'ownerReferences']],
  'io.k8s.api.certificates.v1.CertificateSigningRequest/': [['spec'], ['status']],
  'io.k8s.api.certificates.v1.CertificateSigningRequest/status': [['spec'], ['status', 'conditions']],
  'io.k8s.api.certificates.v1.CertificateSigningRequest/approval': [['spec'], ['status', 'certificate']],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition/status': [['metadata'], ['spec']],
};

/** What a write to a (sub)resource cannot change: status on the resource itself, spec on its status. */
export function resetFieldsOf(schema: TypeSchema, subresource: string | undefined): Paths {
  const special = schema.kind === 'object' ? resetByStrategy[`${schema.name}/${subresource ?? ''}`] : undefined;
  return special ?? (subresource === 'status' ? spec : status);
}

const resetSets = new WeakMap<object, FieldSet>();

export function resetSet(paths: Paths): FieldSet {
  let set = resetSets.get(paths);
  if (!set) {
    set = setOf(...paths.map((path) => path.map((field) => `f:${field}`)));
    resetSets.set(paths, set);
  }
  return set;
}

/** The comparison without what the write cannot change. */
export function filterComparison(c: Comparison, reset: FieldSet): Comparison {
  return {
    added: recursiveDifference(c.added, reset),
    modified: recursiveDifference(c.modified, reset),
    removed: recursiveDifference(c.removed, reset),
  };
}

export const stripServerFields = (set: FieldSet): FieldSet => difference(set, strippedFields);

/** Takes what changed from all managers but `self`. */
export function takeFromOthers(managers: Managers, self: string | undefined, c: Comparison): void {
  const changed = union(c.modified, c.added);
  for (const [id, manager] of managers) {
    if (id === self) continue;
    const set = difference(difference(manager.set, changed), c.removed);
    if (set === manager.set) continue;
    if (isEmpty(set)) managers.delete(id);
    else managers.set(id, { ...manager, set });
  }
}

/** The object with these managedFields; the key is left out when there are none. */
export function withManagers<T extends KubeObject>(object: T, managers: Managers): T {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  const entries = encodeManagers(managers);
  return { ...object, metadata: entries ? { ...metadata, managedFields: entries } : metadata };
}

/** `object` as an updater leaves it: its managers lose what changed, `self` gains it. */
export function recordUpdate(
  managers: Managers,
  self: Omit<Manager, 'set'>,
  schema: TypeSchema,
  live: unknown,
  updated: unknown,
  reset: FieldSet,
): void {
  const viaScale = self.subresource === 'scale';
  const [old, now] = viaScale ? [withoutZeroReplicas(live), withoutZeroReplicas(updated)] : [live, updated];
  const c = filterComparison(compare(schema, toTyped(schema, old ?? {}), toTyped(schema, now)), reset);
  takeFromOthers(managers, undefined, c);
  const taken = stripServerFields(union(c.modified, c.added));
  if (isEmpty(taken)) return;
  const id = identify(self);
  const before = managers.get(id);
  // Writes through `scale` are recorded without a time of their own.
  const time = viaScale ? before?.time : self.time;
  managers.set(id, { ...self, time, set: before ? union(taken, before.set) : taken });
}

/** A Scale leaves 0 out: who scales to it owns nothing, and nobody else does. */
function withoutZeroReplicas(object: unknown): unknown {
  if (!isMap(object) || !isMap(object.spec) || object.spec.replicas !== 0) return object;
  const { replicas: _, ...spec } = object.spec;
  return { ...object, spec };
}

/**
 * `updated` with the managedFields that it has after this write. An object that exists and has no managers stays without;
 * `managedFields: []` or `[{}]` in `updated` forgets them all; other entries in `updated` replace the live ones (not
 * through subresources). Nothing else of `updated` is changed.
 */
export function updateManagedFields<T extends KubeObject>(request: Omit<UpdateRequest, 'updated'> & { updated: T }): T {
  const { live, updated, manager, apiVersion, subresource = '', time, schema } = request;
  const managers = currentManagers(live, updated, subresource !== '');
  if (managers.size > 0 || !live?.metadata?.uid) {
    const self = { name: manager || 'unknown', operation: 'Update' as const, apiVersion, subresource, time };
    const reset = resetSet(request.resetFields ?? resetFieldsOf(schema, request.subresource));
    try {
      recordUpdate(managers, self, schema, live, updated, reset);
    } catch (error) {
      // A list whose items cannot be told apart: the write goes on, ownership stays as it was.
      if (!(error instanceof ItemError)) throw error;
    }
    capUpdaters(managers);
  }
  return withManagers(updated, managers);
}

function currentManagers(live: KubeObject | undefined, updated: KubeObject, viaSubresource: boolean): Managers {
  const stored = live?.metadata?.managedFields;
  const sent = updated.metadata?.managedFields;
  if (viaSubresource || sent === stored) return decodeManagersOrNone(stored);
  if (isReset(sent)) return new Map();
  const managers = decodeManagersOrNone(sent);
  return managers.size > 0 ? managers : decodeManagersOrNone(stored);
}
