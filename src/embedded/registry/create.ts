import { randomUUID } from 'node:crypto';
import type { KubeObject, Stored } from '../../kube/meta.ts';
import { storedForm } from '../codec/decode.ts';
import type { ResourceDefinition } from '../definition.ts';
import { ApiError, alreadyExists, generateNameConflict, invalid, plainError } from '../errors/status.ts';
import { type Core, ensureNamespace } from './core.ts';
import { bucketOf, fromStored, idOf } from './keys.ts';
import { generateName, metaOf, validateMeta, wipeSystemFields } from './metadata.ts';
import type { RequestContext } from './types.ts';

/** How often a taken generated name is replaced by another. */
const nameAttempts = 8;

/** POST: `object` is decoded, has its defaults and is ours to change. */
export function createObject(
  core: Core,
  d: ResourceDefinition,
  namespace: string | undefined,
  object: KubeObject,
  context: RequestContext,
): Stored {
  ensureNamespace(d, object, namespace);
  wipeSystemFields(object);
  core.dropDuplicateOwners(object, context, false);
  // Ownership is taken of what the client sent and defaults made of it, not of what admission adds.
  const owned = core.options.managedFields.update({
    definition: d,
    live: undefined,
    updated: object,
    manager: context.fieldManager,
    subresource: context.subresource,
    time: core.now(),
  });
  const target = { definition: d, operation: 'CREATE' as const, namespace, name: owned.metadata?.name, object: owned };
  core.admit('mutate', target, context);
  core.dropDuplicateOwners(owned, context, true);
  return persistNew(core, d, namespace, owned, context);
}

/** What every creation ends with, POST or PUT or apply: system fields, strategy, validation, validating admission, store. */
export function persistNew(
  core: Core,
  d: ResourceDefinition,
  namespace: string | undefined,
  object: KubeObject,
  context: RequestContext,
): Stored {
  const { strategy } = d;
  const meta = metaOf(object);
  const resourceVersion = meta.resourceVersion ?? '';
  delete meta.resourceVersion;
  wipeSystemFields(object);
  meta.uid = randomUUID();
  meta.creationTimestamp = core.now();
  if (!meta.name && meta.generateName) meta.name = freeName(core, d, namespace, meta.generateName);
  const strategyContext = core.strategyContext(context, 'create');
  if (strategy.generation ?? d.subresources?.status !== undefined) meta.generation = 1;
  strategy.prepareForCreate?.(object, strategyContext);
  const name = object.metadata?.name ?? '';
  const errors = [...validateMeta(d, object), ...(strategy.validate?.(object, strategyContext) ?? [])];
  if (errors.length > 0) throw invalid(d, name, errors);
  for (const warning of strategy.warnings?.(object, undefined) ?? []) context.warn(warning);
  core.admit('validate', { definition: d, operation: 'CREATE', namespace, name, object }, context);
  if (/^0*[1-9]\d*$/.test(resourceVersion)) {
    throw plainError('resourceVersion should not be set on objects to be created');
  }
  strategy.defaults?.(object);
  // The store fills in the revision; here it gets its place among the other fields.
  if (!context.dryRun) metaOf(object).resourceVersion = '0';
  const final = storedForm(d, object);
  const bucket = bucketOf(d);
  const id = idOf(d, namespace, name);
  const existing = core.store.get(bucket, id);
  if (existing) throw nameTaken(d, name, existing);
  if (context.dryRun) return final as Stored;
  return fromStored(d, core.store.create(bucket, id, d.convert ? d.convert.toStored(final) : final));
}

function nameTaken(d: ResourceDefinition, name: string, existing: Stored): ApiError {
  const error = alreadyExists(d, name);
  if (!existing.metadata.deletionTimestamp) return error;
  return new ApiError({ ...error.status, code: 409, message: `object is being deleted: ${error.message}` });
}

function freeName(core: Core, d: ResourceDefinition, namespace: string | undefined, prefix: string): string {
  let name = '';
  for (let attempt = 0; attempt < nameAttempts; attempt++) {
    name = generateName(prefix);
    if (!core.store.get(bucketOf(d), idOf(d, namespace, name))) return name;
  }
  throw generateNameConflict(d, name, 1);
}
