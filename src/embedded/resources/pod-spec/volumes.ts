import type { Volume } from '../../../kube/api.gen.ts';
import { dnsLabel } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { type SourceName, validateSource, volumeSourceOrder } from './volume-sources.ts';

/** ValidateVolumes: what is wrong, and the names of the volumes that may be mounted. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  at: field.FieldPath,
): { errors: FieldError[]; mountable: ReadonlyMap<string, Volume> } {
  const errors: FieldError[] = [];
  const mountable = new Map<string, Volume>();
  for (const [i, volume] of (volumes ?? []).entries()) {
    const where = at.index(i);
    const found = validateVolumeSource(volume, where);
    if (!volume.name) found.push(field.required(where.child('name')));
    else found.push(...field.invalidEach(where.child('name'), volume.name, dnsLabel(volume.name)));
    if (mountable.has(volume.name)) found.push(field.duplicate(where.child('name'), volume.name));
    if (found.length === 0) mountable.set(volume.name, volume);
    else errors.push(...found);
  }
  return { errors, mountable };
}

/** Exactly one source; those after the first are refused. */
function validateVolumeSource(volume: Volume, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  let found: SourceName | undefined;
  for (const name of volumeSourceOrder) {
    if (volume[name] === undefined) continue;
    if (found === undefined) errors.push(...validateSource(volume, name, at.child(name)));
    else errors.push(field.forbidden(at.child(name), 'may not specify more than 1 volume type'));
    found ??= name;
  }
  if (found === undefined) errors.push(field.required(at, 'must specify a volume type'));
  return errors;
}
