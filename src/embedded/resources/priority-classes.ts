import { ownValue } from '../../kernel/own.ts';
import type { PriorityClass } from '../../kube/api.gen.ts';
import { priorityClasses } from '../../kube/resources.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../registry/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';

/** The highest priority that is not reserved for the system. */
const highestUserPriority = 1_000_000_000;

const systemClasses: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

function validate(priorityClass: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  const name = priorityClass.metadata?.name ?? '';
  if (name.startsWith('system-')) {
    const value = ownValue(systemClasses, name);
    const reserved = "priority class names with 'system-' prefix are reserved for system use only. error: ";
    const problem =
      value === undefined
        ? `${name} is not a known system priority class`
        : value !== priorityClass.value
          ? `value of ${name} PriorityClass must be ${value}`
          : priorityClass.globalDefault
            ? `globalDefault of ${name} PriorityClass must be false`
            : undefined;
    if (problem !== undefined) errors.push(field.forbidden('metadata.name', reserved + problem));
  } else if (priorityClass.value > highestUserPriority) {
    errors.push(field.forbidden('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`));
  }
  const policy = priorityClass.preemptionPolicy;
  if (policy && policy !== 'PreemptLowerPriority' && policy !== 'Never') {
    errors.push(field.notSupported('preemptionPolicy', policy, ['PreemptLowerPriority', 'Never']));
  }
  return errors;
}

function validateUpdate(priorityClass: PriorityClass, old: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  if (priorityClass.value !== old.value) errors.push(field.forbidden('value', 'may not be changed in an update.'));
  errors.push(...field.immutable('preemptionPolicy', priorityClass.preemptionPolicy, old.preemptionPolicy));
  return errors;
}

export const priorityClassResource = defineResource<PriorityClass>({
  ...priorityClasses,
  strategy: {
    defaults(priorityClass) {
      priorityClass.preemptionPolicy ??= 'PreemptLowerPriority';
    },
    prepareForCreate(priorityClass) {
      priorityClass.metadata ??= {};
      priorityClass.metadata.generation = 1;
    },
    validate: (priorityClass, { operation }) => (operation === 'create' ? validate(priorityClass) : []),
    validateUpdate,
  },
  cells: (priorityClass, now) => [
    priorityClass.metadata.name,
    priorityClass.value,
    priorityClass.globalDefault ?? false,
    age(priorityClass.metadata.creationTimestamp, now),
    priorityClass.preemptionPolicy ?? '',
  ],
});
