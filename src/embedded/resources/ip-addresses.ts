import { isIP } from 'node:net';
import type { IPAddress, ParentReference } from '../../kube/api.gen.ts';
import { ipAddresses } from '../../kube/resources.ts';
import { dnsSubdomain, pathSegment } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';

const at = field.path('spec', 'parentRef');

function validate({ metadata, spec }: IPAddress): FieldError[] {
  const name = metadata?.name ?? '';
  const errors: FieldError[] = isIP(name) ? [] : [field.invalid('metadata.name', name, 'must be a valid IP address')];
  const parent = spec?.parentRef;
  if (parent === undefined) return [...errors, field.required(at)];
  if (parent.group) errors.push(...field.invalidEach(at.child('group'), parent.group, dnsSubdomain(parent.group)));
  for (const key of ['resource', 'name'] as const) {
    if (!parent[key]) errors.push(field.required(at.child(key)));
    else errors.push(...field.invalidEach(at.child(key), parent[key], pathSegment(parent[key])));
  }
  if (parent.namespace) {
    errors.push(...field.invalidEach(at.child('namespace'), parent.namespace, pathSegment(parent.namespace)));
  }
  return errors;
}

function parentText(parent: ParentReference | undefined): string {
  if (!parent) return '<none>';
  const { group, resource, namespace, name } = parent;
  return [group ? `${resource}.${group}` : resource, ...(namespace ? [namespace] : []), name].join('/');
}

/** Rows have an age although no column says so: Kubernetes' own slip. */
export const ipAddressResource = defineResource<IPAddress>({
  ...ipAddresses,
  strategy: {
    nameRule: 'path-segment',
    generation: false,
    validate,
    validateUpdate: (address, old) => field.immutable('spec.parentRef', address.spec?.parentRef, old.spec?.parentRef),
  },
  cells: (address, now) => [
    address.metadata.name,
    parentText(address.spec?.parentRef),
    age(address.metadata.creationTimestamp, now),
  ],
});
