import { isIPv6 } from 'node:net';
import type { ServiceCIDR } from '../../kube/api.gen.ts';
import { serviceCIDRs } from '../../kube/resources.ts';
import { validCidr } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';
import { networkOf } from './validate/cidr.ts';

const at = field.path('spec', 'cidrs');

function validate({ spec }: ServiceCIDR): FieldError[] {
  const cidrs = spec?.cidrs ?? [];
  if (cidrs.length === 0) return [field.required(at, 'at least one CIDR required')];
  const errors: FieldError[] = [];
  if (cidrs.length > 2) errors.push(field.invalid(at, cidrs, 'may only hold up to 2 values'));
  if (cidrs.length === 2 && isIPv6(cidrs[0]?.split('/')[0] ?? '') === isIPv6(cidrs[1]?.split('/')[0] ?? '')) {
    const text = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(field.invalid(at, cidrs, text));
  }
  for (const [i, cidr] of cidrs.entries()) {
    const problems = validCidr(cidr);
    errors.push(...field.invalidEach(at.index(i), cidr, problems));
    if (problems.length === 0 && networkOf(cidr) !== cidr) {
      errors.push(field.invalid(at.index(i), cidr, `must not have bits set beyond the prefix length`));
    }
  }
  return errors;
}

/** One family may be added to the other, nothing else changes. */
function validateUpdate({ spec }: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const now = spec?.cidrs ?? [];
  const before = old.spec?.cidrs ?? [];
  if (now.length < before.length) return [field.invalid(at, now, 'field is immutable')];
  return before.flatMap((cidr, i) => field.immutable(at.index(i), now[i], cidr));
}

export const serviceCIDRResource = defineResource<ServiceCIDR>({
  ...serviceCIDRs,
  strategy: {
    generation: false,
    prepareForCreate(range) {
      range.status = {};
    },
    prepareForUpdate: keepOtherPart,
    validate: (range, { subresource }) => (subresource === 'status' ? [] : validate(range)),
    validateUpdate: (range, old, { subresource }) => (subresource === 'status' ? [] : validateUpdate(range, old)),
  },
  cells: (range, now) => [
    range.metadata.name,
    (range.spec?.cidrs ?? []).join(','),
    age(range.metadata.creationTimestamp, now),
  ],
});
