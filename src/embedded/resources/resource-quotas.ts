import { ownValue } from '../../kernel/own.ts';
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../../kube/api.gen.ts';
import { resourceQuotas } from '../../kube/resources.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../registry/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';
import {
  isStandardQuotaResource,
  sortedKeys,
  validateQuotaResource,
  validateResourceAmount,
} from './validate/resource-names.ts';

const podCounts = new Set(['pods', 'count/pods']);
const podCompute = new Set([
  'cpu',
  'memory',
  'limits.cpu',
  'limits.memory',
  'requests.cpu',
  'requests.memory',
  'ephemeral-storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
]);
const claimResources = new Set(['persistentvolumeclaims', 'requests.storage']);

const standardScopes = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
];

/** Scopes that say all by being there. */
const bareScopes = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'CrossNamespacePodAffinity'];

const contradictions = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

function appliesTo(scope: string, resource: string): boolean {
  if (scope === 'BestEffort') return podCounts.has(resource);
  if (scope === 'VolumeAttributesClass') return claimResources.has(resource);
  return !standardScopes.includes(scope) || podCounts.has(resource) || podCompute.has(resource);
}

const misapplied = (scope: string, hard: readonly string[]) =>
  hard.filter((resource) => isStandardQuotaResource(resource) && !appliesTo(scope, resource));

function conflicts(scopes: readonly string[], where: field.FieldPath, value: unknown): FieldError[] {
  return contradictions
    .filter(([a, b]) => scopes.includes(a) && scopes.includes(b))
    .map(() => field.invalid(where, value, 'conflicting scopes'));
}

function validateScopes(
  { scopes = [] }: ResourceQuotaSpec,
  hard: readonly string[],
  where: field.FieldPath,
): FieldError[] {
  const errors = scopes.flatMap((scope) => [
    ...(standardScopes.includes(scope) ? [] : [field.invalid(where, scopes, 'unsupported scope')]),
    ...misapplied(scope, hard).map(() => field.invalid(where, scopes, 'unsupported scope applied to resource')),
  ]);
  return [...errors, ...conflicts(scopes, where, scopes)];
}

function validateOperator(requirement: ScopedResourceSelectorRequirement, at: field.FieldPath): FieldError[] {
  const { scopeName, operator, values = [] } = requirement;
  const errors: FieldError[] = [];
  if (bareScopes.includes(scopeName) && operator !== 'Exists') {
    const text =
      "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    errors.push(field.invalid(at.child('operator'), operator, text));
  }
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        const text = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
        errors.push(field.required(at.child('values'), text));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        const text = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
        errors.push(field.invalid(at.child('values'), values, text));
      }
      break;
    default:
      errors.push(field.invalid(at.child('operator'), operator, 'not a valid selector operator'));
  }
  return errors;
}

function validateSelector(spec: ResourceQuotaSpec, hard: readonly string[], at: field.FieldPath): FieldError[] {
  const requirements = spec.scopeSelector?.matchExpressions ?? [];
  const errors = requirements.flatMap((requirement) => [
    ...(standardScopes.includes(requirement.scopeName)
      ? []
      : [field.invalid(at.child('scopeName'), requirement.scopeName, 'unsupported scope')]),
    ...misapplied(requirement.scopeName, hard).map(() =>
      field.invalid(at, spec.scopeSelector, 'unsupported scope applied to resource'),
    ),
    ...validateOperator(requirement, at),
  ]);
  const names = requirements.map(({ scopeName }) => scopeName);
  return [...errors, ...conflicts(names, at, spec.scopes ?? null)];
}

function validateAmounts(amounts: Readonly<Record<string, string>> | undefined, at: field.FieldPath): FieldError[] {
  return sortedKeys(amounts).flatMap((name) => [
    ...validateQuotaResource(name, at.key(name)),
    ...validateResourceAmount(name, ownValue(amounts, name) ?? '0', at.key(name)),
  ]);
}

function validateSpec({ spec = {} }: ResourceQuota): FieldError[] {
  const at = field.path('spec');
  const hard = sortedKeys(spec.hard);
  return [
    ...validateAmounts(spec.hard, at.child('hard')),
    ...validateScopes(spec, hard, at.child('scopes')),
    ...validateSelector(spec, hard, at.child('scopeSelector', 'matchExpressions')),
  ];
}

function validateUpdate({ spec }: ResourceQuota, old: ResourceQuota): FieldError[] {
  const sorted = (scopes: readonly string[] | undefined) => [...new Set(scopes)].sort();
  if (field.sameJson(sorted(spec?.scopes), sorted(old.spec?.scopes))) return [];
  return [field.invalid('spec.scopes', spec?.scopes ?? null, 'field is immutable')];
}

/** `pods: 1/2, requests.cpu: 500m/1` of what is limited; limits apart from all else. */
function usage({ status }: ResourceQuota, limits: boolean): string {
  return sortedKeys(status?.hard)
    .filter((name) => name.startsWith('limits') === limits)
    .map((name) => `${name}: ${ownValue(status?.used, name) ?? '0'}/${status?.hard?.[name]}`)
    .join(', ');
}

export const resourceQuotaResource = defineResource<ResourceQuota>({
  ...resourceQuotas,
  strategy: {
    generation: false,
    prepareForCreate(quota) {
      quota.status = {};
    },
    prepareForUpdate: keepOtherPart,
    validate: (quota, { subresource }) =>
      subresource === 'status'
        ? [
            ...validateAmounts(quota.status?.hard, field.path('status', 'hard')),
            ...validateAmounts(quota.status?.used, field.path('status', 'used')),
          ]
        : validateSpec(quota),
    validateUpdate: (quota, old, { subresource }) => (subresource === 'status' ? [] : validateUpdate(quota, old)),
  },
  cells: (quota, now) => [
    quota.metadata.name,
    usage(quota, false),
    usage(quota, true),
    age(quota.metadata.creationTimestamp, now),
  ],
});
