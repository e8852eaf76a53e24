import type { StorageClass, TopologySelectorTerm } from '../../kube/api.gen.ts';
import { storageClasses } from '../../kube/resources.ts';
import { validQualifiedName } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';

const reclaimPolicies = ['Delete', 'Retain'];
const bindingModes = ['Immediate', 'WaitForFirstConsumer'];
const parameterLimit = 512;
const parameterBytes = 256 * 1024;

const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

/** Whether claims without a class get this one. */
export const isDefaultClass = (storageClass: StorageClass) =>
  defaultAnnotations.some((key) => storageClass.metadata?.annotations?.[key] === 'true');

/** Parameters of a driver: any text, but not without a key. */
export function validateParameters(
  parameters: Readonly<Record<string, string>> | undefined,
  where: field.FieldPath,
): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > parameterLimit) return [field.tooLong(where, parameterLimit)];
  const errors = entries.flatMap(([key]) => (key === '' ? [field.invalid(where, key, 'field can not be empty.')] : []));
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (size > parameterBytes) errors.push(field.tooLong(where, parameterBytes));
  return errors;
}

function validateTopology(terms: readonly TopologySelectorTerm[] | undefined, at: field.FieldPath): FieldError[] {
  return (terms ?? []).flatMap((term, i) =>
    (term.matchLabelExpressions ?? []).flatMap(({ key, values }, e) => {
      const where = at.index(i).child('matchLabelExpressions').index(e);
      return [
        ...((values ?? []).length === 0 ? [field.required(where.child('values'))] : []),
        ...field.invalidEach(where.child('key'), key, validQualifiedName(key)),
      ];
    }),
  );
}

function validate(storageClass: StorageClass): FieldError[] {
  const { provisioner = '', parameters, reclaimPolicy = '', volumeBindingMode: mode } = storageClass;
  const lower = provisioner.toLowerCase();
  return [
    ...(provisioner === ''
      ? [field.required('provisioner')]
      : field.invalidEach('provisioner', lower, validQualifiedName(lower))),
    ...validateParameters(parameters, field.path('parameters')),
    ...(reclaimPolicy !== '' && !reclaimPolicies.includes(reclaimPolicy)
      ? [field.notSupported('reclaimPolicy', reclaimPolicy, reclaimPolicies)]
      : []),
    ...(mode === undefined
      ? [field.required('volumeBindingMode')]
      : bindingModes.includes(mode)
        ? []
        : [field.notSupported('volumeBindingMode', mode, bindingModes)]),
    ...validateTopology(storageClass.allowedTopologies, field.path('allowedTopologies')),
  ];
}

function validateUpdate(storageClass: StorageClass, old: StorageClass): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['parameters', 'provisioner', 'reclaimPolicy'] as const) {
    if (!field.sameJson(storageClass[name], old[name])) {
      errors.push(field.forbidden(name, `updates to ${name} are forbidden.`));
    }
  }
  errors.push(...field.immutable('volumeBindingMode', storageClass.volumeBindingMode, old.volumeBindingMode));
  return errors;
}

export const storageClassResource = defineResource<StorageClass>({
  ...storageClasses,
  strategy: {
    defaults(storageClass) {
      storageClass.reclaimPolicy ??= 'Delete';
      storageClass.volumeBindingMode ??= 'Immediate';
    },
    validate,
    validateUpdate,
  },
  cells: (storageClass, now) => [
    `${storageClass.metadata.name}${isDefaultClass(storageClass) ? ' (default)' : ''}`,
    storageClass.provisioner,
    storageClass.reclaimPolicy ?? 'Delete',
    storageClass.volumeBindingMode ?? '<unset>',
    storageClass.allowVolumeExpansion ?? false,
    age(storageClass.metadata.creationTimestamp, now),
  ],
});
