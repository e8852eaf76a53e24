import { ownValue } from '../../../kernel/own.ts';
import type { ResourceRequirements } from '../../../kube/api.gen.ts';
import { compareQuantities, quantityNanos } from '../../../kube/quantity.ts';
import { validQualifiedName } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../registry/field.ts';

const standardContainerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);
/** Every resource name without a domain that means something anywhere in the API. */
const standardResources = new Set([
  ...standardContainerResources,
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'requests.storage',
  'services.nodeports',
  'services.loadbalancers',
]);

const isHugePage = (name: string) => name.startsWith('hugepages-');
const nano = 1_000_000_000n;

/** Extended resources and huge pages may not be overcommitted: request and limit are one. */
const allowsOvercommit = (name: string) => !name.includes('/') && !isHugePage(name);

function validateName(name: string, at: field.FieldPath): FieldError[] {
  const errors = field.invalidEach(at, name, validQualifiedName(name));
  if (errors.length > 0 || name.includes('/')) return errors;
  if (!standardResources.has(name) && !isHugePage(name)) {
    return [
      field.invalid(at, name, 'must be a standard resource type or fully qualified'),
      field.invalid(at, name, 'must be a standard resource for containers'),
    ];
  }
  if (!standardContainerResources.has(name) && !isHugePage(name)) {
    return [field.invalid(at, name, 'must be a standard resource for containers')];
  }
  return [];
}

function validateQuantity(name: string, value: string, at: field.FieldPath): FieldError[] {
  const amount = quantityNanos(value);
  const errors: FieldError[] = [];
  if (amount < 0n) errors.push(field.invalid(at, value, 'must be greater than or equal to 0'));
  if (name.includes('/') && amount % nano !== 0n) errors.push(field.invalid(at, value, 'must be an integer'));
  return errors;
}

const sorted = (resources: Readonly<Record<string, string>> | undefined) =>
  Object.entries(resources ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

/** ValidateResourceRequirements of one container. */
export function validateResources(resources: ResourceRequirements | undefined, at: field.FieldPath): FieldError[] {
  const { limits, requests } = resources ?? {};
  const limitPath = at.child('limits');
  const requestPath = at.child('requests');
  const errors: FieldError[] = [];
  let needsCpuOrMemory = false;
  for (const [name, value] of sorted(limits)) {
    errors.push(...validateName(name, limitPath.key(name)), ...validateQuantity(name, value, limitPath.key(name)));
    needsCpuOrMemory ||= isHugePage(name);
  }
  for (const [name, value] of sorted(requests)) {
    errors.push(...validateName(name, requestPath.key(name)), ...validateQuantity(name, value, requestPath.key(name)));
    const limit = ownValue(limits, name);
    if (limit !== undefined) {
      if (!allowsOvercommit(name) && compareQuantities(value, limit) !== 0) {
        errors.push(field.invalid(requestPath, value, `must be equal to ${name} limit of ${limit}`));
      } else if (allowsOvercommit(name) && compareQuantities(value, limit) > 0) {
        errors.push(field.invalid(requestPath, value, `must be less than or equal to ${name} limit of ${limit}`));
      }
    } else if (!allowsOvercommit(name)) {
      errors.push(field.required(limitPath, 'Limit must be set for non overcommitable resources'));
    }
    needsCpuOrMemory ||= isHugePage(name);
  }
  const has = (name: string) => limits?.[name] !== undefined || requests?.[name] !== undefined;
  if (needsCpuOrMemory && !has('cpu') && !has('memory')) {
    errors.push(field.forbidden(at, 'HugePages require cpu or memory'));
  }
  return errors;
}
