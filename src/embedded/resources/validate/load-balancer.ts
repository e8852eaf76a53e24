import { isIP } from 'node:net';
import type { IngressLoadBalancerStatus } from '../../../kube/api.gen.ts';
import { dnsSubdomain, validIP } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

/** Where a load balancer says that it answers: IP addresses or names. */
export function validateLoadBalancer(status: IngressLoadBalancerStatus | undefined, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, { ip, hostname }] of (status?.ingress ?? []).entries()) {
    const where = at.child('ingress').index(i);
    if (ip) errors.push(...field.invalidEach(where.child('ip'), ip, validIP(ip)));
    if (!hostname) continue;
    errors.push(...field.invalidEach(where.child('hostname'), hostname, dnsSubdomain(hostname)));
    if (isIP(hostname)) {
      errors.push(field.invalid(where.child('hostname'), hostname, 'must be a DNS name, not an IP address'));
    }
  }
  return errors;
}
