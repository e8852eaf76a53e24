import { randomInt } from 'node:crypto';
import type { ObjectMeta, OwnerReference } from '../../kube/api.gen.ts';
import type { KubeObject } from '../../kube/meta.ts';
import {
  dnsLabel,
  nameRules,
  pathSegment,
  prefixRule,
  validLabelValue,
  validQualifiedName,
} from '../../kube/validation.ts';
import type { FieldError, ResourceDefinition } from '../definition.ts';
import * as field from '../errors/field.ts';

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;
const maxBase = 63 - suffixLength;

/** A name from a prefix: five letters that make no words, the prefix cut so that a label fits (KEP-4420). */
export function generateName(prefix: string): string {
  let name = prefix.slice(0, maxBase);
  for (let i = 0; i < suffixLength; i++) name += alphabet.charAt(randomInt(alphabet.length));
  return name;
}

/** A time as metav1.Time writes it: whole seconds, UTC. */
export function timestamp(milliseconds: number): string {
  return `${new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** metadata of `object`, created if it is missing. */
export function metaOf(object: KubeObject): ObjectMeta {
  object.metadata ??= {};
  return object.metadata;
}

/** Takes away what only the server sets, before anybody's ownership of fields is recorded. */
export function wipeSystemFields(object: KubeObject): void {
  const meta = metaOf(object);
  delete meta.uid;
  delete meta.creationTimestamp;
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  delete meta.selfLink;
}

/** Drops owner references whose uid comes a second time; returns those uids. */
export function dropDuplicateOwners(object: KubeObject): string[] {
  const seen = new Set<string>();
  const duplicates: string[] = [];
  const kept = object.metadata?.ownerReferences?.filter(({ uid }) => {
    if (!seen.has(uid)) return seen.add(uid);
    duplicates.push(uid);
    return false;
  });
  if (duplicates.length > 0) metaOf(object).ownerReferences = kept;
  return duplicates;
}

/** An owner reference with its fields in Go's order, for messages. */
function ownerInOrder(reference: OwnerReference): OwnerReference {
  const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = reference;
  return { apiVersion, kind, name, uid, controller, blockOwnerDeletion };
}

const meta = field.path('metadata');

/** ValidateObjectMeta with the name rule of the kind. */
export function validateMeta(d: ResourceDefinition, object: KubeObject): FieldError[] {
  return [
    ...validateCommon(object, d.namespaced, nameRules[d.strategy.nameRule ?? 'dns-subdomain']),
    ...kubeFinalizers(d, object),
  ];
}

/** The checks that every object passes whatever its kind (apimachinery's ValidateObjectMetaAccessor). */
function validateCommon(object: KubeObject, namespaced: boolean, rule: (name: string) => string[]): FieldError[] {
  const { name = '', generateName: prefix = '', namespace = '', generation = 0 } = object.metadata ?? {};
  const errors: FieldError[] = [];
  if (prefix !== '') errors.push(...field.invalidEach(meta.child('generateName'), prefix, prefixRule(rule)(prefix)));
  if (name === '') errors.push(field.required(meta.child('name'), 'name or generateName is required'));
  else errors.push(...field.invalidEach(meta.child('name'), name, rule(name)));
  if (namespaced) {
    if (namespace === '') errors.push(field.required(meta.child('namespace')));
    else errors.push(...field.invalidEach(meta.child('namespace'), namespace, dnsLabel(namespace)));
  } else if (namespace !== '') {
    errors.push(field.forbidden(meta.child('namespace'), 'not allowed on this type'));
  }
  if (generation < 0) {
    errors.push(field.invalid(meta.child('generation'), generation, 'must be greater than or equal to 0'));
  }
  errors.push(...validateMaps(object.metadata ?? {}), ...validateFinalizers(object.metadata?.finalizers ?? []));
  return errors;
}

/** The same checks for the metadata of an object within another one. @param at where it lies */
export function validateEmbeddedMeta(metadata: ObjectMeta, at: field.FieldPath): FieldError[] {
  return validateCommon({ metadata }, (metadata.namespace ?? '') !== '', pathSegment).map((error) => ({
    ...error,
    field: error.field.replace(/^metadata/, String(at)),
  }));
}

/** Labels, annotations and owner references. */
function validateMaps({ labels, annotations, ownerReferences }: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of sorted(labels)) {
    errors.push(...field.invalidEach(meta.child('labels'), key, validQualifiedName(key)));
    errors.push(...field.invalidEach(meta.child('labels'), value, validLabelValue(value)));
  }
  let size = 0;
  for (const [key, value] of sorted(annotations)) {
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
    errors.push(...field.invalidEach(meta.child('annotations'), key, validQualifiedName(key.toLowerCase())));
  }
  if (size > 256 * 1024) errors.push(field.tooLong(meta.child('annotations'), 256 * 1024));
  errors.push(...validateOwners(ownerReferences ?? []));
  return errors;
}

function sorted(map: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

function validateOwners(references: readonly OwnerReference[]): FieldError[] {
  const at = meta.child('ownerReferences');
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const reference of references) {
    const { apiVersion = '', kind = '', name = '', uid = '' } = reference;
    const version = apiVersion.split('/').at(-1);
    if (!version) errors.push(field.invalid(at.child('apiVersion'), apiVersion, 'version must not be empty'));
    for (const [key, value] of Object.entries({ kind, name, uid })) {
      if (value === '') errors.push(field.invalid(at.child(key), value, 'must not be empty'));
    }
    if (apiVersion === 'v1' && kind === 'Event') {
      errors.push(field.invalid(at, ownerInOrder(reference), '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (reference.controller) {
      const found = `${kind}/${name}`;
      if (controller !== undefined) {
        const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${found}`;
        errors.push(field.invalid(at, references.map(ownerInOrder), detail));
      } else controller = found;
    }
  }
  return errors;
}

function validateFinalizers(finalizers: readonly string[]): FieldError[] {
  const at = meta.child('finalizers');
  const errors = finalizers.flatMap((name) => field.invalidEach(at, name, validQualifiedName(name)));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(field.invalid(at, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Of custom resources a finalizer without a domain is only warned of, definitions of them have such a one. */
function kubeFinalizers(d: ResourceDefinition, object: KubeObject): FieldError[] {
  if (d.custom || d.group === 'apiextensions.k8s.io') return [];
  return (object.metadata?.finalizers ?? []).flatMap((name, i) =>
    name.includes('/') || standardFinalizers.includes(name)
      ? []
      : [
          field.invalid(
            meta.child('finalizers').index(i),
            name,
            'name is neither a standard finalizer name nor is it fully qualified',
          ),
        ],
  );
}

/** ValidateObjectMetaUpdate: what may not change. */
function validateChange(object: KubeObject, old: KubeObject): FieldError[] {
  const now = object.metadata ?? {};
  const before = old.metadata ?? {};
  const errors: FieldError[] = [];
  if (before.deletionTimestamp) {
    const added = (now.finalizers ?? []).filter((name) => !before.finalizers?.includes(name));
    if (added.length > 0) {
      const list = added.map(field.quote).join(', ');
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      errors.push(field.forbidden(meta.child('finalizers'), detail));
    }
  }
  if (!now.resourceVersion) {
    errors.push(field.invalid(meta.child('resourceVersion'), '', 'must be specified for an update'));
  }
  if ((now.generation ?? 0) < (before.generation ?? 0)) {
    errors.push(field.invalid(meta.child('generation'), now.generation ?? 0, 'must not be decremented'));
  }
  for (const key of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp'] as const) {
    if ((now[key] ?? '') !== (before[key] ?? '')) {
      errors.push(field.invalid(meta.child(key), now[key] ?? '', 'field is immutable'));
    }
  }
  errors.push(
    ...field.immutable(
      meta.child('deletionGracePeriodSeconds'),
      now.deletionGracePeriodSeconds,
      before.deletionGracePeriodSeconds,
    ),
  );
  return [...errors, ...validateMaps(now)];
}

/**
 * All metadata causes of a refused update. kube-apiserver checks the common rules first and the kind's own validation
 * checks the changes again, so that each change is named twice among the causes (as recorded).
 */
export function validateMetaUpdate(d: ResourceDefinition, object: KubeObject, old: KubeObject): FieldError[] {
  const change = validateChange(object, old);
  const finalizers = kubeFinalizers(d, object);
  return [...validateCommon(object, d.namespaced, pathSegment), ...change, ...change, ...finalizers];
}
