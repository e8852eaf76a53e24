import { quantityNanos } from '../../../kube/quantity.ts';
import { validQualifiedName } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

const computeResources = [
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
];

const countedResources = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];

const quotaResources = new Set([...computeResources, 'requests.storage', ...countedResources]);
const standardResources = new Set([...quotaResources, 'storage']);
const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);
const integerResources = new Set(countedResources);

const isHugePage = (name: string) => /^(requests\.)?hugepages-/.test(name);

const isQualified = (name: string) => name.includes('/');

/** Extended resources (`example.com/gpu`): whole numbers, never overcommitted. */
export const isExtended = (name: string) =>
  isQualified(name) && !name.includes('kubernetes.io/') && !name.startsWith('requests.');

/** Whether requests may be smaller than limits. */
export const allowsOvercommit = (name: string) => !isExtended(name) && !name.startsWith('hugepages-');

export const isStandardQuotaResource = (name: string) => quotaResources.has(name) || isHugePage(name);

function validateName(name: string, where: field.FieldPath): FieldError[] {
  const errors = field.invalidEach(where, name, validQualifiedName(name));
  if (errors.length > 0 || isQualified(name) || standardResources.has(name) || isHugePage(name)) return errors;
  return [field.invalid(where, name, 'must be a standard resource type or fully qualified')];
}

/** A resource that a ResourceQuota may limit. */
export function validateQuotaResource(name: string, where: field.FieldPath): FieldError[] {
  const errors = validateName(name, where);
  if (!isQualified(name) && !isStandardQuotaResource(name)) {
    errors.push(field.invalid(where, name, 'must be a standard resource for quota'));
  }
  return errors;
}

/** A resource in a LimitRange: containers and Pods have fewer than claims. */
export function validateLimitedResource(type: string, name: string, where: field.FieldPath): FieldError[] {
  const errors = validateName(name, where);
  if (type !== 'Pod' && type !== 'Container') return errors;
  if (!isQualified(name) && !containerResources.has(name) && !isHugePage(name)) {
    errors.push(field.invalid(where, name, 'must be a standard resource for containers'));
  }
  return errors;
}

const nano = 1_000_000_000n;

/** Not negative, and a whole number where things are counted. */
export function validateResourceAmount(name: string, value: string, where: field.FieldPath): FieldError[] {
  const amount = quantityNanos(value);
  const errors: FieldError[] = [];
  if (amount < 0n) errors.push(field.invalid(where, value, 'must be greater than or equal to 0'));
  if ((integerResources.has(name) || isExtended(name)) && amount % nano !== 0n) {
    errors.push(field.invalid(where, value, 'must be an integer'));
  }
  return errors;
}

/** The names of quantities in order, as Go maps are printed. */
export const sortedKeys = (map: Readonly<Record<string, string>> | undefined) => Object.keys(map ?? {}).sort();
