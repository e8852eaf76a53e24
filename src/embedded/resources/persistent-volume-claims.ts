import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { compareQuantities } from '../../kube/quantity.ts';
import { persistentVolumeClaims } from '../../kube/resources.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { goDiff } from './go/diff.ts';
import { betaClassAnnotation, claimCells } from './printing/storage.ts';
import { keepOtherPart } from './status-strategy.ts';
import { fractionWarnings, positiveQuantity, validateAccessModes, validateClaimSpec } from './validate/claim.ts';

/** A data source of another kind than these is dropped: only `dataSourceRef` may name any (KEP-1495). */
function isKnownSource(source: NonNullable<PersistentVolumeClaimSpec['dataSource']>): boolean {
  const group = source.apiGroup ?? '';
  if (source.kind === 'PersistentVolumeClaim') return group === '';
  return source.kind === 'VolumeSnapshot' && group === 'snapshot.storage.k8s.io';
}

/** `dataSource` and `dataSourceRef` say the same unless the latter crosses namespaces. */
function normalizeSources(spec: PersistentVolumeClaimSpec): void {
  if (spec.dataSource && !spec.dataSourceRef && !isKnownSource(spec.dataSource)) delete spec.dataSource;
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource };
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    const { apiGroup, kind, name } = spec.dataSourceRef;
    const source = { ...(apiGroup !== undefined && { apiGroup }), kind, name };
    if (isKnownSource(source)) spec.dataSource = source;
  }
}

const storageOf = (claim: PersistentVolumeClaim) => claim.spec?.resources?.requests?.storage ?? '0';

/** Both specs without what may change: the volume once, the class if there was none, the size of bound claims. */
function comparable(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): [PersistentVolumeClaimSpec, PersistentVolumeClaimSpec] {
  const now = structuredClone(claim.spec ?? {});
  const before = structuredClone(old.spec ?? {});
  if (!before.volumeName) {
    if (now.volumeName === undefined) delete before.volumeName;
    else before.volumeName = now.volumeName;
  }
  const hadClass =
    before.storageClassName !== undefined || old.metadata?.annotations?.[betaClassAnnotation] !== undefined;
  if (!hadClass && now.storageClassName !== undefined) delete now.storageClassName;
  if (claim.status?.phase === 'Bound' && now.resources?.requests) {
    now.resources.requests.storage = storageOf(old);
  }
  if (before.volumeAttributesClassName === undefined) delete now.volumeAttributesClassName;
  else now.volumeAttributesClassName = before.volumeAttributesClassName;
  return [now, before];
}

function validateUpdate(claim: PersistentVolumeClaim, old: Stored<PersistentVolumeClaim>): FieldError[] {
  const errors: FieldError[] = [];
  const [now, before] = comparable(claim, old);
  if (!field.sameJson(now, before)) {
    const text =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    errors.push(field.forbidden('spec', `${text}\n${goDiff('PersistentVolumeClaimSpec', before, now)}`));
  }
  const capacity = old.status?.capacity?.storage ?? '0';
  // A smaller size is a way out of an expansion that failed (KEP-1790), as long as it is more than there is.
  if (compareQuantities(storageOf(claim), storageOf(old)) < 0 && compareQuantities(storageOf(claim), capacity) <= 0) {
    errors.push(field.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
  errors.push(...field.immutable('volumeMode', claim.spec?.volumeMode, old.spec?.volumeMode));
  if (old.spec?.volumeAttributesClassName && !claim.spec?.volumeAttributesClassName) {
    const text = 'update from non-nil value to an empty string or nil is forbidden';
    errors.push(field.forbidden('spec.volumeAttributesClassName', text));
  }
  return errors;
}

function validateStatus({ status }: PersistentVolumeClaim): FieldError[] {
  const at = field.path('status');
  return [
    ...validateAccessModes(status?.accessModes, at.child('accessModes')),
    ...Object.entries(status?.capacity ?? {}).flatMap(([name, value]) =>
      positiveQuantity(at.child('capacity').key(name), value),
    ),
  ];
}

function warnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  const found: string[] = [];
  if (metadata?.annotations?.[betaClassAnnotation] !== undefined) {
    const text = 'deprecated since v1.8; use "storageClassName" attribute instead';
    found.push(`metadata.annotations[${betaClassAnnotation}]: ${text}`);
  }
  const at = field.path('spec', 'resources');
  return [
    ...found,
    ...fractionWarnings(spec?.resources?.requests, at.child('requests')),
    ...fractionWarnings(spec?.resources?.limits, at.child('limits')),
  ];
}

export const persistentVolumeClaimResource = defineResource<PersistentVolumeClaim>({
  ...persistentVolumeClaims,
  strategy: {
    generation: false,
    defaults(claim) {
      claim.spec ??= {};
      claim.spec.volumeMode ??= 'Filesystem';
      claim.status ??= {};
      claim.status.phase ||= 'Pending';
    },
    prepareForCreate(claim) {
      claim.status = { phase: 'Pending' };
      if (claim.spec) normalizeSources(claim.spec);
    },
    prepareForUpdate: keepOtherPart,
    validate: (claim, { subresource }) =>
      subresource === 'status' ? validateStatus(claim) : validateClaimSpec(claim.spec ?? {}, field.path('spec')),
    validateUpdate: (claim, old, { subresource }) => (subresource === 'status' ? [] : validateUpdate(claim, old)),
    warnings,
  },
  cells: claimCells,
});
