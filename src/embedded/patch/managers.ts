/** The managers of an object: metadata.managedFields decoded and encoded as the API server does. */
import type { ManagedFieldsEntry } from '../../kube/api.gen.ts';
import { type FieldSet, fromFieldsV1, isEmpty, toFieldsV1, union } from './field-set.ts';
import { isMap, type JsonMap } from './json-value.ts';

export interface Manager {
  name: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource: string;
  /** RFC 3339, seconds. A manager that never changed the object has none. */
  time: string | undefined;
  set: FieldSet;
}

/** By identity: see `identify`. */
export type Managers = Map<string, Manager>;

type Identity = Pick<Manager, 'name' | 'operation' | 'apiVersion' | 'subresource'>;

/** What tells managers apart. Applying with another version is still the same manager. */
export function identify({ name, operation, apiVersion, subresource }: Identity): string {
  return JSON.stringify([name, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

/** Decodes managedFields. @throws Error with the server's text if an entry is not well-formed */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers: Managers = new Map();
  for (const [i, entry] of (entries ?? []).entries()) {
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      throw new Error('operation must be `Apply` or `Update`');
    }
    if (!entry.apiVersion) throw new Error('apiVersion must not be empty');
    if (!entry.fieldsType) throw new Error(`missing fieldsType in managed fields entry ${i}`);
    if (entry.fieldsType !== 'FieldsV1') {
      throw new Error(`invalid fieldsType ${JSON.stringify(entry.fieldsType)} in managed fields entry ${i}`);
    }
    const manager: Manager = {
      name: entry.manager ?? '',
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? '',
      time: entry.time ?? undefined,
      set: written.get(entry.fieldsV1 ?? {}) ?? fromFieldsV1(entry.fieldsV1 ?? {}),
    };
    managers.set(identify(manager), manager);
  }
  return managers;
}

/** As `decodeManagers`, but nobody manages an object whose entries are broken. */
export function decodeManagersOrNone(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  try {
    return decodeManagers(entries);
  } catch {
    return new Map();
  }
}

/** `managedFields: []` or `[{}]`: the client wants all managers forgotten. */
export function isReset(entries: unknown): boolean {
  if (!Array.isArray(entries)) return false;
  return entries.length === 0 || (entries.length === 1 && isMap(entries[0]) && Object.keys(entries[0]).length === 0);
}

/** What sets were written as, and which sets: most of an object's managers are the same after a write of somebody else. */
const fields = new WeakMap<FieldSet, JsonMap>();
const written = new WeakMap<object, FieldSet>();

function fieldsOf(set: FieldSet): JsonMap {
  let json = fields.get(set);
  if (!json) {
    json = toFieldsV1(set);
    // What has no parts is one for all, and written alike whether it is everything or nothing.
    if (!set.children) return json;
    fields.set(set, json);
    written.set(json, set);
  }
  return json;
}

/** The entries in the server's order: Apply before Update, oldest first, then by manager, version and subresource. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  const sorted = [...managers.values()].filter((m) => !isEmpty(m.set)).sort(compareManagers);
  if (sorted.length === 0) return undefined;
  return sorted.map(({ name, operation, apiVersion, subresource, time, set }) => ({
    manager: name,
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsOf(set),
    ...(subresource !== '' && { subresource }),
  }));
}

const seconds = (time: string | undefined): number => (time === undefined ? 0 : Math.floor(Date.parse(time) / 1000));
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function compareManagers(a: Manager, b: Manager): number {
  return (
    order(a.operation, b.operation) ||
    seconds(a.time) - seconds(b.time) ||
    order(a.name, b.name) ||
    order(a.apiVersion, b.apiVersion) ||
    order(a.subresource, b.subresource)
  );
}

const maxUpdaters = 10;

/**
 * Merges the oldest updaters of the same version into one manager `ancient-changes` until no more than ten are left. What
 * was applied never is.
 */
export function capUpdaters(managers: Managers): void {
  const updaters = [...managers].filter(([, m]) => m.operation === 'Update');
  let left = updaters.length;
  if (left <= maxUpdaters) return;
  updaters.sort(([i, a], [j, b]) => seconds(a.time) - seconds(b.time) || order(i, j));
  const firstOfVersion = new Map<string, string>();
  for (const [id, manager] of updaters) {
    if (left <= maxUpdaters) return;
    const first = firstOfVersion.get(manager.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(manager.apiVersion, id);
      continue;
    }
    const { apiVersion, time, set } = manager;
    const bucket: Identity = { name: 'ancient-changes', operation: 'Update', apiVersion, subresource: '' };
    const bucketId = identify(bucket);
    let ancient = managers.get(bucketId);
    if (!ancient) {
      ancient = managers.get(first);
      managers.delete(first);
    }
    managers.set(bucketId, { ...bucket, time, set: ancient ? union(set, ancient.set) : set });
    if (id !== bucketId) managers.delete(id);
    left--;
  }
}
