import type { Container, EphemeralContainer, Volume } from '../../../kube/api.gen.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { validateLocalPath, validateNoBacksteps } from './paths.ts';

const propagations = ['Bidirectional', 'HostToContainer', 'None'];

/** The paths of subPath, subPathExpr and mountPropagation lack the index, as Kubernetes prints them. */
export function validateMounts(
  container: Container | EphemeralContainer,
  volumes: ReadonlyMap<string, Volume>,
  at: field.FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  const devices = container.volumeDevices ?? [];
  for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
    const where = at.index(i);
    if (!mount.name) errors.push(field.required(where.child('name')));
    if (!volumes.has(mount.name)) errors.push(field.notFound(where.child('name'), mount.name));
    if (!mount.mountPath) errors.push(field.required(where.child('mountPath')));
    if (paths.has(mount.mountPath)) {
      errors.push(field.invalid(where.child('mountPath'), mount.mountPath, 'must be unique'));
    }
    paths.add(mount.mountPath);
    if (devices.some((device) => device.name === mount.name)) {
      errors.push(field.invalid(where.child('name'), mount.name, 'must not already exist in volumeDevices'));
    }
    if (devices.some((device) => device.devicePath === mount.mountPath)) {
      const text = 'must not already exist as a path in volumeDevices';
      errors.push(field.invalid(where.child('mountPath'), mount.mountPath, text));
    }
    if (mount.subPath) errors.push(...validateLocalPath(mount.subPath, at.child('subPath')));
    if (mount.subPathExpr) {
      if (mount.subPath) {
        const text = 'subPathExpr and subPath are mutually exclusive';
        errors.push(field.invalid(at.child('subPathExpr'), mount.subPathExpr, text));
      }
      errors.push(...validateLocalPath(mount.subPathExpr, at.child('subPathExpr')));
    }
    errors.push(...validatePropagation(mount.mountPropagation, container, at.child('mountPropagation')));
  }
  return errors;
}

function validatePropagation(
  propagation: string | undefined,
  container: Container | EphemeralContainer,
  where: field.FieldPath,
): FieldError[] {
  if (propagation === undefined) return [];
  if (!propagations.includes(propagation)) return [field.notSupported(where, propagation, propagations)];
  if (propagation === 'Bidirectional' && !container.securityContext?.privileged) {
    return [field.forbidden(where, 'Bidirectional mount propagation is available only to privileged containers')];
  }
  return [];
}

export function validateDevices(
  container: Container | EphemeralContainer,
  volumes: ReadonlyMap<string, Volume>,
  at: field.FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [i, device] of (container.volumeDevices ?? []).entries()) {
    const where = at.index(i);
    const volume = volumes.get(device.name);
    if (!device.name) errors.push(field.required(where.child('name')));
    else if (volume === undefined) errors.push(field.notFound(where.child('name'), device.name));
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      const text = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      errors.push(field.invalid(where.child('name'), device.name, text));
    }
    if (!device.devicePath) errors.push(field.required(where.child('devicePath')));
    else errors.push(...validateNoBacksteps(device.devicePath, where.child('devicePath')));
    if (paths.has(device.devicePath)) {
      errors.push(field.invalid(where.child('devicePath'), device.devicePath, 'must be unique'));
    }
    paths.add(device.devicePath);
  }
  return errors;
}
