import { ownValue } from '../../kernel/own.ts';
import type { KubeObject, Stored } from '../../kube/meta.ts';
import { storedForm } from '../codec/decode.ts';
import type { ResourceDefinition } from '../definition.ts';
import { type Core, ensureNamespace, equalJson } from './core.ts';
import { persistNew } from './create.ts';
import * as field from './field.ts';
import { bucketOf, fromStored, idOf, storageKey } from './keys.ts';
import { metaOf, validateMetaUpdate } from './metadata.ts';
import { conflict, invalid, modified, notFound, plainError } from './status.ts';
import type { RequestContext } from './types.ts';

export interface UpdateRequest {
  definition: ResourceDefinition;
  namespace: string | undefined;
  name: string;
  context: RequestContext;
  /** The uid that the object must have. */
  uid?: string;
  /** Creates what does not exist whatever the strategy says (server-side apply). */
  forceCreate?: boolean;
  /** The new object, ours to change, with defaults and managedFields, before admission. */
  build(live: Stored | undefined): KubeObject;
}

/** PUT and PATCH: read, build, check, write; nothing else can write in between. `created`: there was nothing before. */
export function updateObject(core: Core, request: UpdateRequest): { object: Stored; created: boolean } {
  const { definition: d, namespace, name, context } = request;
  const live = core.find(d, namespace, name);
  if (request.uid && request.uid !== live?.metadata.uid) {
    throw conflict(
      d,
      name,
      `StorageError: invalid object, Code: 4, Key: ${storageKey(d, namespace, name)}, ResourceVersion: 0, AdditionalErrorMsg: ` +
        `Precondition failed: UID in precondition: ${request.uid}, UID in object meta: ${live?.metadata.uid ?? ''}`,
    );
  }
  const mayCreate = request.forceCreate || (d.strategy.allowCreateOnUpdate === true && !context.subresource);
  if (!live && !mayCreate) throw notFound(d, name);
  const object = request.build(live);
  ensureNamespace(d, object, namespace);
  const target = { definition: d, namespace, name, object, oldObject: live };
  core.admit('mutate', { ...target, operation: live ? 'UPDATE' : 'CREATE' }, context);
  core.dropDuplicateOwners(object, context, true);
  if (!live) return { object: persistNew(core, d, namespace, object, context), created: true };
  checkRevision(d, name, object, live);
  prepare(core, d, object, live, context);
  core.admit('validate', { ...target, operation: 'UPDATE' }, context);
  d.strategy.defaults?.(object);
  return { object: write(core, d, namespace, name, storedForm(d, object), live, context), created: false };
}

function checkRevision(d: ResourceDefinition, name: string, object: KubeObject, live: Stored): void {
  const meta = metaOf(object);
  const given = meta.resourceVersion ?? '';
  if (given !== '' && !/^\d+$/.test(given)) {
    throw plainError(`strconv.ParseUint: parsing ${field.quote(given)}: invalid syntax`);
  }
  if (given === '' || /^0+$/.test(given)) {
    if (d.strategy.allowUnconditionalUpdate === false) {
      throw invalid({ group: d.group, kind: d.resource }, name, [
        field.invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
      ]);
    }
  } else if (given !== live.metadata.resourceVersion) throw modified(d, name);
  meta.resourceVersion = live.metadata.resourceVersion;
}

/** BeforeUpdate of kube-apiserver: what a client can't change is kept, then the strategy and all validation. */
function prepare(core: Core, d: ResourceDefinition, object: KubeObject, live: Stored, context: RequestContext): void {
  const { strategy } = d;
  const old = live.metadata;
  const strategyContext = core.strategyContext(context, 'update');
  setOrDrop(metaOf(object), 'generation', old.generation);
  if (strategy.prepareForUpdate) strategy.prepareForUpdate(object, live, strategyContext);
  else keepOtherPart(object, live, context.subresource, d);
  const meta = metaOf(object);
  if (strategy.generation ?? d.subresources?.status !== undefined) {
    if (meta.generation === old.generation && !sameSpec(object, live)) meta.generation = (old.generation ?? 0) + 1;
  }
  meta.uid ||= old.uid;
  meta.creationTimestamp = old.creationTimestamp;
  if (old.deletionTimestamp) meta.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined) meta.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  delete meta.selfLink;
  const validation = strategy.validate?.(object, strategyContext) ?? [];
  const change = strategy.validateUpdate?.(object, live, strategyContext) ?? [];
  const specific = strategy.updateErrorsFirst ? [...change, ...validation] : [...validation, ...change];
  const errors = [...validateMetaUpdate(d, object, live), ...specific];
  if (errors.length > 0) throw invalid(d, meta.name ?? '', errors);
  for (const warning of strategy.warnings?.(object, live) ?? []) context.warn(warning);
}

function setOrDrop<K extends string, V>(target: { [key in K]?: V }, key: K, value: V | undefined): void {
  if (value === undefined) delete target[key];
  else target[key] = value;
}

/** Without a strategy of its own a kind keeps its status on the main resource and everything else on /status. */
function keepOtherPart(object: KubeObject, live: Stored, subresource: string | undefined, d: ResourceDefinition): void {
  const now = object as Record<string, unknown>;
  const before = live as unknown as Record<string, unknown>;
  if (subresource !== 'status') {
    if (d.subresources?.status) setOrDrop(now, 'status', before.status);
    return;
  }
  for (const key of new Set([...Object.keys(now), ...Object.keys(before)])) {
    if (key !== 'status' && key !== 'metadata') setOrDrop(now, key, structuredClone(before[key]));
  }
  const { managedFields, resourceVersion } = metaOf(object);
  object.metadata = { ...structuredClone(live.metadata), resourceVersion };
  setOrDrop(object.metadata, 'managedFields', managedFields);
}

const notSpec = new Set(['apiVersion', 'kind', 'metadata', 'status']);

function sameSpec(object: KubeObject, live: Stored): boolean {
  const now = object as Record<string, unknown>;
  const before = live as unknown as Record<string, unknown>;
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].every(
    (key) => notSpec.has(key) || field.sameJson(ownValue(now, key), ownValue(before, key)),
  );
}

function write(
  core: Core,
  d: ResourceDefinition,
  namespace: string | undefined,
  name: string,
  object: KubeObject,
  live: Stored,
  context: RequestContext,
): Stored {
  keepTimes(object, live);
  const bucket = bucketOf(d);
  const id = idOf(d, namespace, name);
  if (isFinished(d, object, live)) {
    if (!context.dryRun) {
      core.store.delete(bucket, id);
      d.strategy.afterDelete?.(object as Stored, core.strategyContext(context, 'update'));
    }
    return object as Stored;
  }
  if (equalJson(object, live)) return live;
  if (context.dryRun) return object as Stored;
  return fromStored(d, core.store.update(bucket, id, d.convert ? d.convert.toStored(object) : object));
}

/** If nothing but the times of managedFields differs, the old ones stay: the write is none. */
function keepTimes(object: KubeObject, live: Stored): void {
  const fields = object.metadata?.managedFields;
  const before = live.metadata.managedFields;
  if (!fields || fields.length !== before?.length) return;
  const timeless = fields.every((entry, i) => equalJson({ ...entry, time: '' }, { ...before[i], time: '' }));
  if (!timeless) return;
  const kept = { ...object, metadata: { ...object.metadata, managedFields: before } };
  if (equalJson(kept, live)) metaOf(object).managedFields = before;
}

/** An object that is being deleted goes once its last finalizer has gone and its grace period is over. */
function isFinished(d: ResourceDefinition, object: KubeObject, live: Stored): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = live.metadata;
  if (!deletionTimestamp || (deletionGracePeriodSeconds ?? 0) > 0 || object.metadata?.finalizers?.length) return false;
  if (d.group !== '' || d.resource !== 'namespaces') return true;
  const { spec } = object as { spec?: { finalizers?: string[] } };
  return !spec?.finalizers?.length;
}
