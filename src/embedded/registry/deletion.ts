import type { DeleteOptions } from '../../kube/api.gen.ts';
import { groupResource, type Stored } from '../../kube/meta.ts';
import { storedForm } from '../codec/decode.ts';
import type { ResourceDefinition } from '../definition.ts';
import { conflict, notFound, success } from '../errors/status.ts';
import { type Core, equalJson } from './core.ts';
import { bucketOf, fromStored, idOf } from './keys.ts';
import { timestamp } from './metadata.ts';
import type { DeleteResult, RequestContext } from './types.ts';

/** Kinds whose delete answers with the object instead of a Status (ReturnDeletedObject in kube-apiserver). */
const returnsObject = new Set([
  'persistentvolumes',
  'persistentvolumeclaims',
  'pods',
  'podtemplates',
  'resourcequotas',
  'services',
  'serviceaccounts',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'storageclasses.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
  'volumeattributesclasses.storage.k8s.io',
]);

/** Garbage collection does not apply to these: no finalizers for orphaning or foreground deletion. */
const notCollected = new Set(['events', 'events.events.k8s.io']);

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** DELETE of one object, graceful and with finalizers as the generic store of kube-apiserver does it. */
export function deleteObject(
  core: Core,
  d: ResourceDefinition,
  namespace: string | undefined,
  name: string,
  options: DeleteOptions,
  context: RequestContext,
): DeleteResult {
  const live = core.find(d, namespace, name);
  if (!live) throw notFound(d, name);
  const isNamespace = d.group === '' && d.resource === 'namespaces';
  checkPreconditions(d, live, options, isNamespace);
  const target = { definition: d, operation: 'DELETE' as const, namespace, name, oldObject: live };
  core.admit('mutate', target, context);
  core.admit('validate', target, context);
  warnOfOrphans(d, options, context);
  if (isNamespace && (!live.metadata.deletionTimestamp || hasSpecFinalizers(live))) {
    return { object: terminateNamespace(core, d, live, options, context) };
  }
  const instead = d.strategy.markDeleted?.(live, core.now());
  if (instead) {
    return { object: context.dryRun ? (instead as Stored) : put(core, d, namespace, name, instead as Stored) };
  }
  const marked = mark(core, d, live, options);
  if (marked === 'pending') return { object: live };
  const stays = (marked.metadata.finalizers?.length ?? 0) > 0 || (marked.metadata.deletionGracePeriodSeconds ?? 0) > 0;
  let last = marked;
  if (!equalJson(marked, live) && !context.dryRun) last = put(core, d, namespace, name, marked);
  if (stays) return { object: last };
  return remove(core, d, namespace, name, last, context);
}

function remove(
  core: Core,
  d: ResourceDefinition,
  namespace: string | undefined,
  name: string,
  last: Stored,
  context: RequestContext,
): DeleteResult {
  if (!context.dryRun) {
    core.store.delete(bucketOf(d), idOf(d, namespace, name));
    d.strategy.afterDelete?.(last, core.strategyContext(context, 'update'));
  }
  if (returnsObject.has(groupResource(d)) || (d.group === '' && d.resource === 'namespaces')) return { object: last };
  const { uid } = last.metadata;
  return { status: success({ name, ...(d.group !== '' && { group: d.group }), kind: d.resource, uid }) };
}

function put(core: Core, d: ResourceDefinition, namespace: string | undefined, name: string, object: Stored): Stored {
  const final = storedForm(d, object);
  const stored = core.store.update(
    bucketOf(d),
    idOf(d, namespace, name),
    d.convert ? d.convert.toStored(final) : final,
  );
  return fromStored(d, stored);
}

/**
 * The object as it is marked for deletion: times, generation, finalizers of garbage collection. The same object if
 * there is nothing to mark; `pending` if an earlier graceful deletion goes on as it is.
 */
function mark(core: Core, d: ResourceDefinition, live: Stored, options: DeleteOptions): Stored | 'pending' {
  const { strategy } = d;
  let meta = { ...live.metadata };
  const graceful = strategy.gracePeriod !== undefined;
  let marked = false;
  if (graceful && meta.deletionTimestamp) {
    const left = meta.deletionGracePeriodSeconds ?? 0;
    if (left > 0) {
      const period = options.gracePeriodSeconds === undefined ? left : Math.max(options.gracePeriodSeconds, 0);
      if (period >= left) return 'pending';
      const at = Date.parse(meta.deletionTimestamp) + (period - left) * 1000;
      meta = { ...meta, deletionTimestamp: timestamp(at), deletionGracePeriodSeconds: period };
      marked = true;
    }
  } else if (graceful) {
    const period = strategy.gracePeriod?.(live, options.gracePeriodSeconds);
    if (period !== undefined) {
      meta.deletionTimestamp = timestamp(core.options.clock.now() + period * 1000);
      meta.deletionGracePeriodSeconds = period;
      if (meta.generation) meta.generation++;
      marked = true;
    }
  }
  const finalizers = collectionFinalizers(d, live, options);
  if (finalizers) meta.finalizers = finalizers;
  if (!marked && meta.finalizers?.length) {
    if (!meta.deletionTimestamp && meta.generation) meta.generation++;
    const now = core.now();
    if (!meta.deletionTimestamp || meta.deletionTimestamp > now) meta.deletionTimestamp = now;
    meta.deletionGracePeriodSeconds = 0;
    marked = true;
  }
  return marked || finalizers ? { ...live, metadata: meta } : live;
}

/** The finalizers that the propagation policy asks for; undefined where they are right already. */
function collectionFinalizers(d: ResourceDefinition, live: Stored, options: DeleteOptions): string[] | undefined {
  if (notCollected.has(groupResource(d))) return undefined;
  const old = live.metadata.finalizers ?? [];
  const others = old.filter((name) => name !== orphan && name !== foreground);
  const wanted = [...others];
  if (wantsOrphans(d, old, options)) wanted.push(orphan);
  else if (wantsForeground(old, options)) wanted.push(foreground);
  const same = wanted.length === old.length && wanted.every((name) => old.includes(name));
  return same ? undefined : wanted;
}

function wantsOrphans(d: ResourceDefinition, finalizers: readonly string[], options: DeleteOptions): boolean {
  if (options.orphanDependents !== undefined) return options.orphanDependents;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === 'Orphan';
  if (finalizers.includes(orphan)) return true;
  if (finalizers.includes(foreground)) return false;
  return d.strategy.defaultPropagation === 'Orphan';
}

function wantsForeground(finalizers: readonly string[], options: DeleteOptions): boolean {
  if (options.orphanDependents !== undefined) return false;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === 'Foreground';
  return finalizers.includes(foreground);
}

function warnOfOrphans(d: ResourceDefinition, options: DeleteOptions, context: RequestContext): void {
  if (d.group !== 'batch' || d.resource !== 'jobs') return;
  if (options.orphanDependents !== undefined || options.propagationPolicy !== undefined) return;
  context.warn(
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set ' +
      'propagationPolicy=Orphan to suppress this warning',
  );
}

function checkPreconditions(d: ResourceDefinition, live: Stored, options: DeleteOptions, isNamespace: boolean): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = live;
  const kind = { group: d.group, resource: d.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    if (isNamespace) {
      throw conflict(
        d,
        metadata.name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`,
      );
    }
    throw conflict(
      kind,
      metadata.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    if (isNamespace) {
      throw conflict(
        d,
        metadata.name,
        `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
      );
    }
    throw conflict(
      kind,
      metadata.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

// ---------------------------------------------------------------- namespaces

type NamespaceLike = Stored & { spec?: { finalizers?: string[] }; status?: { phase?: string } };

function hasSpecFinalizers(namespace: Stored): boolean {
  return ((namespace as NamespaceLike).spec?.finalizers?.length ?? 0) > 0;
}

/** The first delete of a namespace makes it Terminating; until `spec.finalizers` is empty more deletes change nothing. */
function terminateNamespace(
  core: Core,
  d: ResourceDefinition,
  live: Stored,
  options: DeleteOptions,
  context: RequestContext,
): Stored {
  if (live.metadata.deletionTimestamp) return live;
  const namespace = live as NamespaceLike;
  const finalizers = collectionFinalizers(d, live, options);
  const metadata = { ...live.metadata, deletionTimestamp: core.now(), ...(finalizers && { finalizers }) };
  const terminating = { ...namespace, metadata, status: { ...namespace.status, phase: 'Terminating' } };
  if (context.dryRun) return terminating;
  return put(core, d, undefined, live.metadata.name, terminating);
}
