import type { EnvFromSource, EnvVar, EnvVarSource } from '../../../kube/api.gen.ts';
import { dnsSubdomain, envVarName, validConfigKey } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { validateFieldRef, validateResourceRef } from './downward.ts';

const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'] as const;

const envFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const envResources = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

function validateKeyRef(ref: { key: string; name?: string }, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (ref.name) errors.push(...field.invalidEach(at.child('name'), ref.name, dnsSubdomain(ref.name)));
  if (!ref.key) errors.push(field.required(at.child('key')));
  else errors.push(...field.invalidEach(at.child('key'), ref.key, validConfigKey(ref.key)));
  return errors;
}

function validateValueFrom(value: string, from: EnvVarSource, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const given = sources.filter((name) => from[name] !== undefined);
  if (from.fieldRef) errors.push(...validateFieldRef(from.fieldRef, envFields, at.child('fieldRef')));
  if (from.resourceFieldRef) {
    errors.push(...validateResourceRef(from.resourceFieldRef, envResources, at.child('resourceFieldRef'), false));
  }
  if (from.configMapKeyRef) errors.push(...validateKeyRef(from.configMapKeyRef, at.child('configMapKeyRef')));
  if (from.secretKeyRef) errors.push(...validateKeyRef(from.secretKeyRef, at.child('secretKeyRef')));
  if (from.fileKeyRef) {
    const where = at.child('fileKeyRef');
    const { key, path, volumeName } = from.fileKeyRef;
    if (!key) errors.push(field.required(where.child('key')));
    else errors.push(...field.invalidEach(where.child('key'), key, envVarName(key)));
    if (!path) errors.push(field.required(where.child('path')));
    if (!volumeName) errors.push(field.required(where.child('volumeName')));
  }
  if (given.length === 0) {
    const names = sources.map((name) => `\`${name}\``);
    const list = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
    errors.push(field.invalid(at, '', `must specify one of: ${list}`));
  } else if (value !== '') {
    errors.push(field.invalid(at, '', 'may not be specified when `value` is not empty'));
  } else if (given.length > 1) {
    errors.push(field.invalid(at, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

export function validateEnv(env: readonly EnvVar[] | undefined, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, variable] of (env ?? []).entries()) {
    const where = at.index(i);
    if (!variable.name) errors.push(field.required(where.child('name')));
    else errors.push(...field.invalidEach(where.child('name'), variable.name, envVarName(variable.name)));
    if (variable.valueFrom) {
      errors.push(...validateValueFrom(variable.value ?? '', variable.valueFrom, where.child('valueFrom')));
    }
  }
  return errors;
}

export function validateEnvFrom(list: readonly EnvFromSource[] | undefined, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const source of list ?? []) {
    // Kubernetes leaves the index out of this path.
    const given = (['configMapRef', 'secretRef'] as const).filter((name) => source[name] !== undefined);
    if (source.prefix) {
      errors.push(...field.invalidEach(at.child('prefix'), source.prefix, envVarName(source.prefix)));
    }
    for (const name of given) {
      const ref = source[name]?.name ?? '';
      if (ref !== '') errors.push(...field.invalidEach(at.child(name, 'name'), ref, dnsSubdomain(ref)));
    }
    if (given.length === 0) {
      errors.push(field.invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (given.length > 1) {
      errors.push(field.invalid(at, '', 'may not have more than one field specified at a time'));
    }
  }
  return errors;
}
