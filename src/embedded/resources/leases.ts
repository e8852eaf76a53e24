import type { Lease } from '../../kube/api.gen.ts';
import { leases } from '../../kube/resources.ts';
import { validQualifiedName } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';

function validate(lease: Lease): FieldError[] {
  const errors: FieldError[] = [];
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = lease.spec ?? {};
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.push(field.invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    errors.push(field.invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'));
  }
  if (strategy !== undefined && strategy !== 'OldestEmulationVersion' && !strategy.includes('/')) {
    errors.push(
      field.invalid('spec.strategy', strategy, `must be one of [OldestEmulationVersion] or a custom domain/name`),
    );
  } else if (strategy !== undefined) {
    errors.push(...field.invalidEach('spec.strategy', strategy, validQualifiedName(strategy)));
  }
  if (preferredHolder && !strategy) {
    errors.push(field.forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined'));
  }
  return errors;
}

export const leaseResource = defineResource<Lease>({
  ...leases,
  strategy: { allowCreateOnUpdate: true, allowUnconditionalUpdate: false, validate },
  fieldSelectors: {},
  cells: (lease, now) => [
    lease.metadata.name,
    lease.spec?.holderIdentity ?? '',
    age(lease.metadata.creationTimestamp, now),
  ],
});
