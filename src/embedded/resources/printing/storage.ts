import type { ObjectMeta, PersistentVolume, PersistentVolumeClaim } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { age } from './common.ts';

const modeNames: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

const modesText = (modes: readonly string[] | undefined) =>
  modeNames.flatMap(([mode, short]) => (modes?.includes(mode) ? [short] : [])).join(',');

const unset = '<unset>';

/** Before 1.6 the class was an annotation, which still counts. */
export const betaClassAnnotation = 'volume.beta.kubernetes.io/storage-class';

const classOf = (metadata: ObjectMeta, name: string | undefined) =>
  metadata.annotations?.[betaClassAnnotation] ?? name ?? '';

export function claimCells(claim: Stored<PersistentVolumeClaim>, now: number): unknown[] {
  const { metadata, spec, status } = claim;
  const bound = (spec?.volumeName ?? '') !== '';
  return [
    metadata.name,
    metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    spec?.volumeName ?? '',
    bound ? (status?.capacity?.storage ?? '0') : '',
    bound ? modesText(status?.accessModes) : '',
    classOf(metadata, spec?.storageClassName),
    spec?.volumeAttributesClassName ?? unset,
    age(metadata.creationTimestamp, now),
    spec?.volumeMode ?? unset,
  ];
}

export function volumeCells(volume: Stored<PersistentVolume>, now: number): unknown[] {
  const { metadata, spec, status } = volume;
  const claim = spec?.claimRef;
  return [
    metadata.name,
    spec?.capacity?.storage ?? '0',
    modesText(spec?.accessModes),
    spec?.persistentVolumeReclaimPolicy ?? '',
    metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    claim ? `${claim.namespace ?? ''}/${claim.name ?? ''}` : '',
    classOf(metadata, spec?.storageClassName),
    spec?.volumeAttributesClassName ?? unset,
    status?.reason ?? '',
    age(metadata.creationTimestamp, now),
    spec?.volumeMode ?? unset,
  ];
}
