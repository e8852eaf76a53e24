import type { PersistentVolume, PersistentVolumeSpec } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { persistentVolumes } from '../../kube/resources.ts';
import type { FieldError, StrategyContext } from '../definition.ts';
import * as field from '../errors/field.ts';
import { timestamp } from '../registry/metadata.ts';
import { defineResource } from './define.ts';
import { goDiff } from './go/diff.ts';
import { betaClassAnnotation, volumeCells } from './printing/storage.ts';
import { fractionWarnings } from './validate/claim.ts';
import { validateVolumeSpec, volumeSources } from './validate/persistent-volume.ts';

const mountOptionsAnnotation = 'volume.beta.kubernetes.io/mount-options';

const retiredSources: readonly [keyof PersistentVolumeSpec, string][] = [
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

const sourceOf = (spec: PersistentVolumeSpec | undefined) =>
  Object.fromEntries(volumeSources.flatMap((name) => (spec?.[name] === undefined ? [] : [[name, spec[name]]])));

function validateUpdate(volume: PersistentVolume, old: Stored<PersistentVolume>): FieldError[] {
  const errors: FieldError[] = [];
  const now = sourceOf(volume.spec);
  const before = sourceOf(old.spec);
  if (!field.sameJson(now, before)) {
    const text = 'spec.persistentvolumesource is immutable after creation';
    const difference = goDiff('PersistentVolumeSource', before, now);
    errors.push(field.forbidden('spec.persistentvolumesource', `${text}\n${difference}`));
  }
  errors.push(...field.immutable('volumeMode', volume.spec?.volumeMode, old.spec?.volumeMode));
  if (old.spec?.nodeAffinity !== undefined) {
    errors.push(...field.immutable('nodeAffinity', volume.spec?.nodeAffinity, old.spec.nodeAffinity));
  }
  return errors;
}

function warnings({ metadata, spec }: PersistentVolume): string[] {
  const found: string[] = [];
  const annotations = metadata?.annotations ?? {};
  if (annotations[betaClassAnnotation] !== undefined) {
    const text = 'deprecated since v1.8; use "storageClassName" attribute instead';
    found.push(`metadata.annotations[${betaClassAnnotation}]: ${text}`);
  }
  if (annotations[mountOptionsAnnotation] !== undefined) {
    const text = 'deprecated since v1.31; use "mountOptions" attribute instead';
    found.push(`metadata.annotations[${mountOptionsAnnotation}]: ${text}`);
  }
  if (spec?.persistentVolumeReclaimPolicy === 'Recycle') {
    found.push(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    );
  }
  for (const [name, text] of retiredSources) {
    if (spec?.[name] !== undefined) found.push(`spec.${name}: ${text}`);
  }
  return [...found, ...fractionWarnings(spec?.capacity, field.path('spec', 'capacity'))];
}

function defaultSources(spec: PersistentVolumeSpec): void {
  if (spec.hostPath) spec.hostPath.type ??= '';
  if (spec.iscsi) spec.iscsi.iscsiInterface ||= 'default';
  if (spec.rbd) {
    spec.rbd.pool ||= 'rbd';
    spec.rbd.user ||= 'admin';
    spec.rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (spec.azureDisk) {
    spec.azureDisk.cachingMode ??= 'ReadWrite';
    spec.azureDisk.kind ??= 'Shared';
    spec.azureDisk.fsType ??= 'ext4';
    spec.azureDisk.readOnly ??= false;
  }
  if (spec.scaleIO) {
    spec.scaleIO.storageMode ||= 'ThinProvisioned';
    spec.scaleIO.fsType ||= 'xfs';
  }
}

/** Status keeps the moment of the last change of phase (KEP-3762). */
function noteTransition(volume: PersistentVolume, old: PersistentVolume, { clock }: StrategyContext): void {
  const status = volume.status;
  if (!status || status.phase === old.status?.phase) return;
  if (
    status.lastPhaseTransitionTime === undefined ||
    status.lastPhaseTransitionTime === old.status?.lastPhaseTransitionTime
  ) {
    status.lastPhaseTransitionTime = timestamp(clock.now());
  }
}

export const persistentVolumeResource = defineResource<PersistentVolume>({
  ...persistentVolumes,
  strategy: {
    generation: false,
    defaults(volume) {
      volume.status ??= {};
      volume.status.phase ||= 'Pending';
      volume.spec ??= {};
      volume.spec.persistentVolumeReclaimPolicy ||= 'Retain';
      volume.spec.volumeMode ??= 'Filesystem';
      defaultSources(volume.spec);
    },
    prepareForCreate(volume, { clock }) {
      volume.status = { phase: 'Pending', lastPhaseTransitionTime: timestamp(clock.now()) };
    },
    prepareForUpdate(volume, old, context) {
      if (context.subresource === 'status') {
        volume.spec = structuredClone(old.spec);
        noteTransition(volume, old, context);
      } else volume.status = structuredClone(old.status);
    },
    validate: (volume, { subresource }) =>
      subresource === 'status' ? [] : validateVolumeSpec(volume.spec ?? {}, field.path('spec')),
    validateUpdate: (volume, old, { subresource }) => (subresource === 'status' ? [] : validateUpdate(volume, old)),
    warnings,
  },
  cells: volumeCells,
});
