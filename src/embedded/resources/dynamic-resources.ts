/**
 * resource.k8s.io (DRA, KEP-4381): its objects are kept and printed; nothing allocates devices here, so that Pods which
 * claim some wait.
 */
import type { DeviceClass, ResourceClaimTemplate, ResourceSlice, ResourceV1ResourceClaim } from '../../kube/api.gen.ts';
import { dnsSubdomain } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';

const group = { group: 'resource.k8s.io', version: 'v1' };

export const deviceClassResource = defineResource<DeviceClass>({
  ...group,
  resource: 'deviceclasses',
  strategy: { generation: true },
  cells: ({ metadata }, now) => [metadata.name, age(metadata.creationTimestamp, now)],
});

type ClaimSpec = ResourceV1ResourceClaim['spec'];

function defaultClaim(spec: ClaimSpec | undefined): void {
  for (const { exactly, firstAvailable } of spec?.devices?.requests ?? []) {
    for (const request of [...(exactly ? [exactly] : []), ...(firstAvailable ?? [])]) {
      request.allocationMode ||= 'ExactCount';
      if (request.allocationMode === 'ExactCount') request.count ||= 1;
    }
  }
}

function validateClaim(spec: ClaimSpec | undefined, at: field.FieldPath): FieldError[] {
  const path = at.child('devices', 'requests');
  const names = new Set<string>();
  return (spec?.devices?.requests ?? []).flatMap((request, i) => {
    const where = path.index(i);
    const errors = field.invalidEach(where.child('name'), request.name, dnsSubdomain(request.name));
    if (names.has(request.name)) errors.push(field.duplicate(where.child('name'), request.name));
    names.add(request.name);
    const given = [request.exactly, (request.firstAvailable ?? []).length > 0].filter(Boolean).length;
    if (given === 0) errors.push(field.required(where, 'exactly one of `exactly` or `firstAvailable` is required'));
    if (given > 1) {
      errors.push(
        field.invalid(
          where,
          null,
          'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set',
        ),
      );
    }
    if (request.exactly && !request.exactly.deviceClassName) {
      errors.push(field.required(where.child('exactly', 'deviceClassName')));
    }
    return errors;
  });
}

/** `allocated,reserved`, or `pending`. */
function stateOf({ metadata, status }: ResourceV1ResourceClaim): string {
  const states = [
    ...(metadata?.deletionTimestamp ? ['deleted'] : []),
    ...(status?.allocation ? ['allocated'] : []),
    ...((status?.reservedFor ?? []).length > 0 ? ['reserved'] : []),
  ];
  return status?.allocation ? states.join(',') : [...states, 'pending'].join(',');
}

export const resourceClaimResource = defineResource<ResourceV1ResourceClaim>({
  ...group,
  resource: 'resourceclaims',
  strategy: {
    generation: false,
    defaults: ({ spec }) => defaultClaim(spec),
    prepareForCreate(claim) {
      claim.status = {};
    },
    prepareForUpdate: keepOtherPart,
    validate: (claim, { subresource }) =>
      subresource === 'status' ? [] : validateClaim(claim.spec, field.path('spec')),
    validateUpdate: (claim, old, { subresource }) =>
      subresource === 'status' ? [] : field.immutable('spec', claim.spec, old.spec),
  },
  cells: (claim, now) => [claim.metadata.name, stateOf(claim), age(claim.metadata.creationTimestamp, now)],
});

export const resourceClaimTemplateResource = defineResource<ResourceClaimTemplate>({
  ...group,
  resource: 'resourceclaimtemplates',
  strategy: {
    generation: false,
    defaults: ({ spec }) => defaultClaim(spec?.spec),
    validate: ({ spec }) => validateClaim(spec?.spec, field.path('spec', 'spec')),
    validateUpdate: (template, old) => field.immutable('spec', template.spec, old.spec),
  },
  cells: ({ metadata }, now) => [metadata.name, age(metadata.creationTimestamp, now)],
});

export const resourceSliceResource = defineResource<ResourceSlice>({
  ...group,
  resource: 'resourceslices',
  strategy: {
    generation: true,
    validateUpdate: (slice, old) =>
      (['nodeName', 'driver', 'pool'] as const).flatMap((key) => {
        const of = ({ spec }: ResourceSlice) => (key === 'pool' ? spec.pool.name : spec[key]);
        const path = key === 'pool' ? 'spec.pool.name' : `spec.${key}`;
        return field.immutable(path, of(slice), of(old));
      }),
  },
  fieldSelectors: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.driver': ({ spec }) => spec.driver,
  },
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec.nodeName ?? (spec.allNodes ? '<all>' : '<unset>'),
    spec.driver,
    spec.pool.name,
    age(metadata.creationTimestamp, now),
  ],
});
