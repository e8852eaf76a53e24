import type {
  PersistentVolumeClaimSpec,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '../../../kube/api.gen.ts';
import { quantityNanos } from '../../../kube/quantity.ts';
import { dnsSubdomain } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { validateLabelSelector } from './label-selector.ts';

export const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const volumeModes = ['Block', 'Filesystem'];

/** Known modes, and ReadWriteOncePod alone (KEP-2485). */
export function validateAccessModes(modes: readonly string[] | undefined, where: field.FieldPath): FieldError[] {
  const all = modes ?? [];
  const errors = all
    .filter((mode) => !accessModes.includes(mode))
    .map((mode) => field.notSupported(where, mode, accessModes));
  if (
    all.includes('ReadWriteOncePod') &&
    all.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))
  ) {
    errors.push(field.forbidden(where, 'may not use ReadWriteOncePod with other access modes'));
  }
  return errors;
}

export function validateVolumeMode(mode: string | undefined, where: field.FieldPath): FieldError[] {
  return mode !== undefined && !volumeModes.includes(mode) ? [field.notSupported(where, mode, volumeModes)] : [];
}

/** `must be greater than zero`. */
export function positiveQuantity(where: field.FieldPath, value: string): FieldError[] {
  return quantityNanos(value) <= 0n ? [field.invalid(where, value, 'must be greater than zero')] : [];
}

export function validateClassName(name: string | undefined, where: field.FieldPath): FieldError[] {
  return name ? field.invalidEach(where, name, dnsSubdomain(name)) : [];
}

function validateDataSource(
  source: TypedLocalObjectReference | TypedObjectReference | undefined,
  where: field.FieldPath,
): FieldError[] {
  if (source === undefined) return [];
  const errors: FieldError[] = [];
  if (!source.name) errors.push(field.required(where.child('name')));
  if (!source.kind) errors.push(field.required(where.child('kind')));
  if (!source.apiGroup && source.kind && source.kind !== 'PersistentVolumeClaim') {
    errors.push(
      field.invalid(where, source.kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"),
    );
  }
  if (source.apiGroup) {
    errors.push(...field.invalidEach(where.child('apiGroup'), source.apiGroup, dnsSubdomain(source.apiGroup)));
  }
  return errors;
}

/** ValidatePersistentVolumeClaimSpec, also of claim templates. */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, at: field.FieldPath): FieldError[] {
  const modes = at.child('accessModes');
  const storage = at.child('resources').key('storage');
  const requested = spec.resources?.requests?.storage;
  return [
    ...((spec.accessModes ?? []).length === 0 ? [field.required(modes, 'at least 1 access mode is required')] : []),
    ...validateLabelSelector(spec.selector, at.child('selector')),
    ...validateAccessModes(spec.accessModes, modes),
    ...(requested === undefined ? [field.required(storage)] : positiveQuantity(storage, requested)),
    ...validateClassName(spec.storageClassName, at.child('storageClassName')),
    ...validateVolumeMode(spec.volumeMode, at.child('volumeMode')),
    ...validateDataSource(spec.dataSource, at.child('dataSource')),
    ...validateDataSource(spec.dataSourceRef, at.child('dataSourceRef')),
    ...validateClassName(spec.volumeAttributesClassName, at.child('volumeAttributesClassName')),
  ];
}

const nano = 1_000_000_000n;

/** `spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer`. */
export function fractionWarnings(
  quantities: Readonly<Record<string, string>> | undefined,
  at: field.FieldPath,
): string[] {
  const storage = quantities?.storage;
  if (storage === undefined || quantityNanos(storage) % nano === 0n) return [];
  return [`${at.key('storage')}: fractional byte value ${field.quote(storage)} is invalid, must be an integer`];
}
