/** Server-side apply (KEP-555), with the conflicts and errors of kube-apiserver. */
import { setOwn } from '../../kernel/own.ts';
import type { StatusCause } from '../../kube/api.gen.ts';
import type { KubeObject } from '../../kube/meta.ts';
import type { TypeSchema } from '../codec/schema.ts';
import { ApiError, badRequest, plainError } from '../registry/status.ts';
import { fieldsOf, merge, removeFields, withNamedFields } from './apply-tree.ts';
import { compare } from './compare.ts';
import {
  difference,
  emptySet,
  type FieldSet,
  intersection,
  isEmpty,
  paths,
  pathText,
  recursiveDifference,
  union,
} from './field-set.ts';
import { deepEqual, isMap, type JsonMap } from './json-value.ts';
import { allowedByLastApplied, syncLastApplied } from './last-applied.ts';
import {
  filterComparison,
  recordUpdate,
  resetFieldsOf,
  resetSet,
  stripServerFields,
  takeFromOthers,
  type UpdateRequest,
  withManagers,
} from './managed-fields.ts';
import { capUpdaters, decodeManagers, identify, type Manager, type Managers } from './managers.ts';
import { toTyped } from './typed.ts';
import { typeFault } from './validate-typed.ts';

export interface ApplyRequest {
  /** What is stored now; undefined when the apply creates the object. */
  live: KubeObject | undefined;
  /** The body of the request. */
  config: unknown;
  /** ?fieldManager=, which apply requires. */
  manager: string;
  force?: boolean;
  /** Of the request's path. */
  apiVersion: string;
  /** Of the request's path. Default: that of `live`, else of `config`. */
  kind?: string;
  subresource?: string;
  /** Now, RFC 3339 with seconds. */
  time: string;
  schema: TypeSchema;
  /** As in UpdateRequest. */
  resetFields?: UpdateRequest['resetFields'];
}

/** A field that another manager owns with another value. */
interface Conflict {
  manager: Manager;
  path: readonly string[];
}

/**
 * The object after applying `config` to it, managedFields included; defaults, admission and validation are the caller's
 * next steps, and comparing metadata (resourceVersion, uid, name) with what is stored. Does not change its arguments.
 * @throws ApiError 400 (wrong kind or version, managedFields in the body), 409 with a cause for each conflict, 500 (what
 * does not fit the schema)
 */
export function serverSideApply(request: ApplyRequest): KubeObject {
  const { live, config, manager, apiVersion, subresource = '', time, schema } = request;
  if (!isMap(config)) throw badRequest(`error decoding YAML: ${decodeFault(config)}`);
  checkApplied(config, apiVersion, request.kind ?? live?.kind ?? String(config.kind), schema);
  const fault = live && typeFault(schema, live, true);
  if (fault !== undefined) {
    throw plainError(`failed to create typed live object (${whereText(live as JsonMap)}): ${fault}`);
  }
  const managers = liveManagers(request);
  const applier = { name: manager, operation: 'Apply' as const, apiVersion, subresource, time: undefined };
  const reset = resetSet(request.resetFields ?? resetFieldsOf(schema, request.subresource));
  const attempt = { schema, live: toTyped(schema, withoutManagedFields(live ?? {})), config, managers, applier, reset };
  let applied = apply(attempt, request.force ?? false);
  if ('conflicts' in applied) {
    let { conflicts } = applied;
    if (manager === 'kubectl') {
      const allowed = allowedByLastApplied(schema, live);
      conflicts = conflicts.filter((c) => !allowed(c.path));
      if (conflicts.length === 0) applied = apply(attempt, true);
    }
    if ('conflicts' in applied) throw conflictError(conflicts, subresource === 'scale' ? 'autoscaling/v1' : undefined);
  }
  capUpdaters(applied.managers);
  const own = applied.managers.get(identify(applier));
  if (own) own.time = applied.object === undefined || subresource === 'scale' ? timeBefore(managers, own) : time;
  const object = applied.object === undefined ? (live ?? {}) : withoutNulls(applied.object);
  const result = withManagers(object as KubeObject, applied.managers);
  return manager === 'kubectl' ? syncLastApplied(result, config) : result;
}

function timeBefore(managers: Managers, manager: Manager): string | undefined {
  return managers.get(identify(manager))?.time;
}

function decodeFault(config: unknown): string {
  const type = Array.isArray(config) ? 'array' : typeof config;
  return `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
}

function whereText(object: JsonMap): string {
  const { namespace = '', name = '' } = isMap(object.metadata) ? object.metadata : {};
  return `${namespace}/${name}; ${gvkText(object)}`;
}

const gvkText = (object: JsonMap): string => {
  const apiVersion = typeof object.apiVersion === 'string' ? object.apiVersion : '';
  const kind = typeof object.kind === 'string' ? object.kind : '';
  return `${apiVersion === '' ? '/' : apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
};

/**
 * Refuses what cannot be applied at all.
 * @throws ApiError 400 for another kind or managedFields, 500 for what does not fit the schema
 */
export function checkApplied(config: JsonMap, apiVersion: string, kind: string, schema: TypeSchema): void {
  if (config.apiVersion !== apiVersion || config.kind !== kind) {
    throw badRequest(`invalid object type: ${gvkText(config)}`);
  }
  const managedFields = isMap(config.metadata) ? config.metadata.managedFields : undefined;
  if (managedFields !== undefined && managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const fault = typeFault(schema, config);
  if (fault === undefined) return;
  throw plainError(`failed to create typed patch object (${whereText(config)}): ${fault}`);
}

/** Fields that were there before anybody's were recorded belong to `before-first-apply`. */
function liveManagers(request: ApplyRequest): Managers {
  const { live, apiVersion, subresource = '', time, schema } = request;
  let managers: Managers;
  try {
    managers = decodeManagers(live?.metadata?.managedFields);
  } catch (error) {
    throw plainError(`failed to decode managed fields: ${error instanceof Error ? error.message : error}`);
  }
  if (managers.size === 0 && live) {
    const self = { name: 'before-first-apply', operation: 'Update' as const, apiVersion, subresource, time };
    const reset = resetSet(request.resetFields ?? resetFieldsOf(schema, request.subresource));
    recordUpdate(managers, self, schema, undefined, withoutManagedFields(live), reset);
  }
  return managers;
}

function withoutManagedFields(object: KubeObject): KubeObject {
  if (!object.metadata?.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

interface Attempt {
  schema: TypeSchema;
  /** As Go's types show it. */
  live: unknown;
  config: JsonMap;
  managers: Managers;
  applier: Omit<Manager, 'set'>;
  reset: FieldSet;
}

/** `object` is undefined where nothing but ownership changed. */
type Applied = { conflicts: Conflict[] } | { object: unknown; managers: Managers };

function apply({ schema, live, config, managers, applier, reset }: Attempt, force: boolean): Applied {
  const self = identify(applier);
  const last = recursiveDifference(managers.get(self)?.set ?? emptySet, reset);
  const next = new Map(managers);
  next.set(self, { ...applier, set: recursiveDifference(fieldsOf(schema, config), reset) });
  const object = prune(schema, merge(schema, live, config), next, last);
  const changes = filterComparison(compare(schema, live, object), reset);
  const changed = union(changes.modified, changes.added);
  const conflicts: Conflict[] = [];
  for (const [id, manager] of next) {
    if (id === self) continue;
    for (const path of paths(intersection(manager.set, changed))) conflicts.push({ manager, path });
  }
  if (conflicts.length > 0 && !force) return { conflicts };
  takeFromOthers(next, self, changes);
  const own = next.get(self);
  const set = stripServerFields(own?.set ?? emptySet);
  if (own && !isEmpty(set)) next.set(self, { ...own, set });
  else next.delete(self);
  return { object: deepEqual(live, object) ? undefined : object, managers: next };
}

/** Takes away what the applier had applied the last time, does not any more, and nobody else owns. */
function prune(schema: TypeSchema, merged: unknown, managers: Managers, last: FieldSet): unknown {
  if (isEmpty(last)) return merged;
  const mine = withNamedFields(last, schema);
  let pruned = removeFields(schema, merged, mine);
  const all = withNamedFields(fieldsOf(schema, merged), schema);
  let managed = emptySet;
  for (const manager of managers.values()) managed = union(managed, manager.set);
  const kept = union(withNamedFields(fieldsOf(schema, pruned), schema), withNamedFields(managed, schema));
  pruned = removeFields(schema, merged, difference(all, kept));
  // Only what was the applier's may go: what fell with its container comes back.
  const left = withNamedFields(fieldsOf(schema, pruned), schema);
  return removeFields(schema, merged, intersection(difference(all, left), mine));
}

/** A null in an object is a missing field once it is Go's. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  const out: JsonMap = {};
  for (const key of Object.keys(value)) {
    if (value[key] !== null && value[key] !== undefined) setOwn(out, key, withoutNulls(value[key]));
  }
  return out;
}

/** Managers of a Scale show its version, not the workload's. */
function managerText({ name, operation, apiVersion, subresource }: Manager, shownVersion = apiVersion): string {
  const who = JSON.stringify(name) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === 'Update' ? `${who} using ${shownVersion}` : who;
}

function conflictError(conflicts: readonly Conflict[], version?: string): ApiError {
  const causes: StatusCause[] = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${managerText(manager, version)}`,
    field: pathText(path),
  }));
  return new ApiError({
    code: 409,
    reason: 'Conflict',
    message: conflictText(conflicts, version),
    details: { causes },
  });
}

function conflictText(conflicts: readonly Conflict[], version?: string): string {
  const [first] = conflicts;
  if (first && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${managerText(first.manager, version)}: ${pathText(first.path)}`;
  }
  const byManager = Map.groupBy(conflicts, ({ manager }) => identify(manager));
  const lines = [...byManager]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => {
      const manager = group[0]?.manager;
      return [
        ...(manager ? [`conflicts with ${managerText(manager, version)}:`] : []),
        ...group.map(({ path }) => `- ${pathText(path)}`),
      ];
    });
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}
