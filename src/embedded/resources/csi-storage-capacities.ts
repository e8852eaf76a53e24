import type { CSIStorageCapacity } from '../../kube/api.gen.ts';
import { quantityNanos } from '../../kube/quantity.ts';
import { dnsSubdomain } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { validateLabelSelector } from './validate/label-selector.ts';

function validate(capacity: CSIStorageCapacity): FieldError[] {
  const name = capacity.storageClassName ?? '';
  const amounts = (['capacity', 'maximumVolumeSize'] as const).flatMap((key) => {
    const value = capacity[key];
    const negative = value !== undefined && quantityNanos(value) < 0n;
    return negative ? [field.invalid(key, value, 'must be greater than or equal to 0')] : [];
  });
  return [
    ...validateLabelSelector(capacity.nodeTopology, field.path('nodeTopology')),
    ...field.invalidEach('storageClassName', name, dnsSubdomain(name)),
    ...amounts,
  ];
}

export const csiStorageCapacityResource = defineResource<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csistoragecapacities',
  strategy: {
    validate,
    validateUpdate: (capacity, old) => [
      ...field.immutable('nodeTopology', capacity.nodeTopology, old.nodeTopology),
      ...field.immutable('storageClassName', capacity.storageClassName, old.storageClassName),
    ],
  },
});
