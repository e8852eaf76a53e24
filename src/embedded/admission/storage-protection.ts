import type { PersistentVolumeClaim } from '../../kube/api.gen.ts';
import { compareQuantities } from '../../kube/quantity.ts';
import { storageClasses } from '../../kube/resources.ts';
import type { AdmissionPlugin } from '../registry/admission.ts';
import { betaClassAnnotation } from '../resources/printing/storage.ts';
import { refusal } from './refuse.ts';

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
};

/** New claims and volumes can't vanish while they are used: a finalizer holds them. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  mutate({ definition, operation, subresource, object }) {
    const finalizer = definition.group === '' ? finalizers[definition.resource] : undefined;
    if (finalizer === undefined || operation !== 'CREATE' || subresource !== undefined || !object) return;
    object.metadata ??= {};
    const known = object.metadata.finalizers ?? [];
    if (!known.includes(finalizer)) object.metadata.finalizers = [...known, finalizer];
  },
};

const cannotGrow =
  'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';

/** Only claims whose class says so may grow. */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  validate(attributes) {
    const { definition, operation, subresource } = attributes;
    if (definition.group !== '' || definition.resource !== 'persistentvolumeclaims') return;
    if (operation !== 'UPDATE' || subresource !== undefined) return;
    const claim = attributes.object as PersistentVolumeClaim | undefined;
    const old = attributes.oldObject as PersistentVolumeClaim | undefined;
    const size = (c: PersistentVolumeClaim | undefined) => c?.spec?.resources?.requests?.storage ?? '0';
    if (compareQuantities(size(claim), size(old)) <= 0) return;
    if (old?.status?.phase !== 'Bound')
      throw refusal(attributes, 'Only bound persistent volume claims can be expanded');
    const name = claim?.metadata?.annotations?.[betaClassAnnotation] ?? claim?.spec?.storageClassName ?? '';
    const found = name === '' ? undefined : attributes.read(storageClasses, undefined, name);
    if (!found?.allowVolumeExpansion) throw refusal(attributes, cannotGrow);
  },
};
