import type { IntOrString, PodDisruptionBudget, PodDisruptionBudgetSpec } from '../../kube/api.gen.ts';
import { podDisruptionBudgets } from '../../kube/resources.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';
import { notOverHundredPercent, validateIntOrPercent } from './validate/int-or-percent.ts';
import { validateLabelSelector } from './validate/label-selector.ts';
import { nonNegative } from './validate/numbers.ts';

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget'];

/** As the internal type is printed. */
const goSpec = ({ minAvailable, selector, maxUnavailable, unhealthyPodEvictionPolicy }: PodDisruptionBudgetSpec) =>
  field.raw(
    field.goJson({
      MinAvailable: minAvailable ?? null,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable ?? null,
      UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
    }),
  );

function validateSpec({ spec = {} }: PodDisruptionBudget): FieldError[] {
  const at = field.path('spec');
  const errors: FieldError[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    errors.push(field.invalid(at, goSpec(spec), 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const name of ['minAvailable', 'maxUnavailable'] as const) {
    errors.push(
      ...validateIntOrPercent(at.child(name), spec[name]),
      ...notOverHundredPercent(at.child(name), spec[name]),
    );
  }
  errors.push(...validateLabelSelector(spec.selector, at.child('selector')));
  const policy = spec.unhealthyPodEvictionPolicy;
  if (policy !== undefined && !evictionPolicies.includes(policy)) {
    errors.push(field.notSupported(at.child('unhealthyPodEvictionPolicy'), policy, evictionPolicies));
  }
  return errors;
}

const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;

const amount = (value: IntOrString | undefined) => (value === undefined ? 'N/A' : String(value));

export const podDisruptionBudgetResource = defineResource<PodDisruptionBudget>({
  ...podDisruptionBudgets,
  strategy: {
    prepareForCreate(budget) {
      budget.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
    },
    prepareForUpdate: keepOtherPart,
    allowUnconditionalUpdate: false,
    validate: (budget, { subresource }) =>
      subresource === 'status'
        ? counts.flatMap((name) => nonNegative(field.path('status', name), budget.status?.[name]))
        : validateSpec(budget),
  },
  cells: (budget, now) => [
    budget.metadata.name,
    amount(budget.spec?.minAvailable),
    amount(budget.spec?.maxUnavailable),
    budget.status?.disruptionsAllowed ?? 0,
    age(budget.metadata.creationTimestamp, now),
  ],
});
