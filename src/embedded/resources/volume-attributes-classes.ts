import type { VolumeAttributesClass } from '../../kube/api.gen.ts';
import { validQualifiedName } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { validateParameters } from './storage-classes.ts';

function validate({ driverName = '', parameters }: VolumeAttributesClass): FieldError[] {
  const lower = driverName.toLowerCase();
  const none = Object.keys(parameters ?? {}).length === 0;
  return [
    ...(driverName === ''
      ? [field.required('driverName')]
      : field.invalidEach('driverName', lower, validQualifiedName(lower))),
    ...(none
      ? [field.required('parameters', 'must contain at least one key/value pair')]
      : validateParameters(parameters, field.path('parameters'))),
  ];
}

export const volumeAttributesClassResource = defineResource<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'volumeattributesclasses',
  strategy: {
    validate,
    validateUpdate: (attributesClass, old) =>
      (['driverName', 'parameters'] as const).flatMap((name) =>
        field.sameJson(attributesClass[name], old[name])
          ? []
          : [field.forbidden(name, `updates to ${name} are forbidden.`)],
      ),
  },
  cells: (attributesClass, now) => {
    const isDefault = attributesClass.metadata.annotations?.['volumeattributesclass.kubernetes.io/is-default-class'];
    return [
      `${attributesClass.metadata.name}${isDefault === 'true' ? ' (default)' : ''}`,
      attributesClass.driverName,
      age(attributesClass.metadata.creationTimestamp, now),
    ];
  },
});
