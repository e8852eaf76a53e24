/** Files that the kubelet makes from ConfigMaps, Secrets, the downward API and tokens. */
import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  ProjectedVolumeSource,
  VolumeProjection,
} from '../../../kube/api.gen.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { validateFieldRef, validateResourceRef } from './downward.ts';
import { validateNonReservedPath } from './paths.ts';

const octal = 'must be a number between 0 and 0777 (octal), both inclusive';

export function validateMode(mode: number | undefined, where: field.FieldPath): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [field.invalid(where, mode, octal)] : [];
}

export function validateItems(items: readonly KeyToPath[] | undefined, at: field.FieldPath): FieldError[] {
  return (items ?? []).flatMap((item, i) => {
    const where = at.index(i);
    return [
      ...(item.key ? [] : [field.required(where.child('key'))]),
      ...(item.path ? validateNonReservedPath(item.path, where.child('path')) : [field.required(where.child('path'))]),
      ...validateMode(item.mode, where.child('mode')),
    ];
  });
}

const volumeFields = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const volumeResources = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

export function validateDownwardFile(file: DownwardAPIVolumeFile, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (!file.path) errors.push(field.required(at.child('path')));
  errors.push(...validateNonReservedPath(file.path, at.child('path')));
  if (file.fieldRef) {
    errors.push(...validateFieldRef(file.fieldRef, volumeFields, at.child('fieldRef')));
    if (file.resourceFieldRef) {
      const text = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      errors.push(field.invalid(at, 'resource', text));
    }
  } else if (file.resourceFieldRef) {
    errors.push(...validateResourceRef(file.resourceFieldRef, volumeResources, at.child('resourceFieldRef'), true));
  } else errors.push(field.required(at, 'one of fieldRef and resourceFieldRef is required'));
  return [...errors, ...validateMode(file.mode, at.child('mode'))];
}

const minTokenSeconds = 600;

function validateProjection(source: VolumeProjection, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const given = Object.values(source).filter((value) => value !== undefined).length;
  for (const name of ['secret', 'configMap'] as const) {
    const from = source[name];
    if (from === undefined) continue;
    if (!from.name) errors.push(field.required(at.child(name, 'name')));
    errors.push(...validateItems(from.items, at.child(name, 'items')));
  }
  for (const [i, file] of (source.downwardAPI?.items ?? []).entries()) {
    errors.push(...validateDownwardFile(file, at.child('downwardAPI', 'items').index(i)));
  }
  const token = source.serviceAccountToken;
  if (token !== undefined) {
    const where = at.child('serviceAccountToken');
    const seconds = token.expirationSeconds ?? 0;
    if (seconds < minTokenSeconds) {
      const text = 'may not specify a duration less than 10 minutes';
      errors.push(field.invalid(where.child('expirationSeconds'), seconds, text));
    } else if (seconds > 2 ** 32) {
      const text = 'may not specify a duration larger than 2^32 seconds';
      errors.push(field.invalid(where.child('expirationSeconds'), seconds, text));
    }
    if (!token.path) errors.push(field.required(where.child('path')));
    else errors.push(...validateNonReservedPath(token.path, where.child('path')));
  }
  if (given > 1) errors.push(field.forbidden(at, 'may not specify more than 1 volume type'));
  return errors;
}

export function validateProjected(volume: ProjectedVolumeSource, at: field.FieldPath): FieldError[] {
  const errors = validateMode(volume.defaultMode, at.child('defaultMode'));
  for (const [i, source] of (volume.sources ?? []).entries()) {
    errors.push(...validateProjection(source, at.child('sources').index(i)));
  }
  return errors;
}
