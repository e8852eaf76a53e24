import type { PersistentVolumeSpec, VolumeNodeAffinity } from '../../../kube/api.gen.ts';
import { dnsSubdomain } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { validateNoBacksteps } from '../pod-spec/paths.ts';
import { validateTerm } from '../pod-spec/scheduling.ts';
import { validateSource } from '../pod-spec/volume-sources.ts';
import { positiveQuantity, validateAccessModes, validateClassName, validateVolumeMode } from './claim.ts';

/** The sources of a volume in the order in which Kubernetes looks at them. */
export const volumeSources = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const satisfies readonly (keyof PersistentVolumeSpec)[];

const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];

function validateCapacity(capacity: Readonly<Record<string, string>> | undefined, at: field.FieldPath): FieldError[] {
  const names = Object.keys(capacity ?? {});
  const errors: FieldError[] = [];
  if (names.length === 0) errors.push(field.required(at));
  if (!names.includes('storage') || names.length > 1) errors.push(field.notSupported(at, capacity, ['storage']));
  else errors.push(...positiveQuantity(at.key('storage'), capacity?.storage ?? '0'));
  return errors;
}

function validateAffinity(affinity: VolumeNodeAffinity | undefined, at: field.FieldPath): FieldError[] {
  if (affinity === undefined) return [];
  const where = at.child('required');
  if (affinity.required === undefined) return [field.required(where, 'must specify required node constraints')];
  const terms = affinity.required.nodeSelectorTerms ?? [];
  const path = where.child('nodeSelectorTerms');
  if (terms.length === 0) return [field.required(path, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => validateTerm(term, path.index(i)));
}

function validateCsi({ csi }: PersistentVolumeSpec, at: field.FieldPath): FieldError[] {
  const driver = csi?.driver ?? '';
  const where = at.child('driver');
  const errors: FieldError[] = [];
  if (driver === '') errors.push(field.required(where));
  else {
    if (driver.length > 63) errors.push(field.tooLong(where, 63));
    errors.push(...field.invalidEach(where, driver, dnsSubdomain(driver.toLowerCase())));
  }
  if (!csi?.volumeHandle) errors.push(field.required(at.child('volumeHandle')));
  return errors;
}

function validateOneSource(
  spec: PersistentVolumeSpec,
  name: (typeof volumeSources)[number],
  at: field.FieldPath,
): FieldError[] {
  switch (name) {
    case 'hostPath':
    case 'nfs':
      return validateSource({ name: '', [name]: spec[name] }, name, at);
    case 'local': {
      const path = spec.local?.path ?? '';
      return [
        ...(path === '' ? [field.required(at.child('path'))] : validateNoBacksteps(path, at.child('path'))),
        ...(spec.nodeAffinity?.required === undefined
          ? [field.required('spec.nodeAffinity', 'Local volume requires node affinity')]
          : []),
      ];
    }
    case 'csi':
      return validateCsi(spec, at);
    default:
      return [];
  }
}

function validateSources(spec: PersistentVolumeSpec, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  let found = 0;
  for (const name of volumeSources) {
    if (spec[name] === undefined) continue;
    if (found++ > 0) errors.push(field.forbidden(at.child(name), 'may not specify more than 1 volume type'));
    else errors.push(...validateOneSource(spec, name, at.child(name)));
  }
  if (found === 0) errors.push(field.required(at, 'must specify a volume type'));
  return errors;
}

/** ValidatePersistentVolumeSpec. */
export function validateVolumeSpec(spec: PersistentVolumeSpec, at: field.FieldPath): FieldError[] {
  const policy = spec.persistentVolumeReclaimPolicy ?? '';
  const where = at.child('persistentVolumeReclaimPolicy');
  const errors: FieldError[] = [];
  if ((spec.accessModes ?? []).length === 0) errors.push(field.required(at.child('accessModes')));
  errors.push(...validateAccessModes(spec.accessModes, at.child('accessModes')));
  errors.push(...validateCapacity(spec.capacity, at.child('capacity')));
  if (policy !== '' && !reclaimPolicies.includes(policy)) {
    errors.push(field.notSupported(where, policy, reclaimPolicies));
  }
  errors.push(...validateAffinity(spec.nodeAffinity, at.child('nodeAffinity')), ...validateSources(spec, at));
  if (policy === 'Recycle' && /^\/+$/.test(spec.hostPath?.path ?? '')) {
    errors.push(field.forbidden(where, "may not be 'recycle' for a hostPath mount of '/'"));
  }
  return [
    ...errors,
    ...validateClassName(spec.storageClassName, at.child('storageClassName')),
    ...validateVolumeMode(spec.volumeMode, at.child('volumeMode')),
    ...validateClassName(spec.volumeAttributesClassName, at.child('volumeAttributesClassName')),
  ];
}
