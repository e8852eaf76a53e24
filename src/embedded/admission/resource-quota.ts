import type { ResourceQuota } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { compareQuantities } from '../../kube/quantity.ts';
import { resourceQuotas } from '../../kube/resources.ts';
import { type Amounts, add, amountsText, isZero, only, subtract } from '../quota/amounts.ts';
import { evaluatorOf, inScopes } from '../quota/evaluators.ts';
import type { Evaluator } from '../quota/types.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../registry/admission.ts';
import { refusal } from './refuse.ts';

/** A quota that counts the written object, and the resources that it limits. */
interface Interested {
  quota: Stored<ResourceQuota>;
  names: string[];
}

/** Refuses what would exceed a quota; what fits is counted at once in the quota's status. */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  validate(attributes) {
    const { definition, operation, subresource, object, namespace } = attributes;
    if (!definition.namespaced || !object || !namespace) return;
    const evaluator = evaluatorOf(definition);
    if (!evaluator.handles(operation, subresource)) return;
    const interested = attributes.listAll(resourceQuotas, namespace).flatMap((quota): Interested[] => {
      const names = evaluator.matching(Object.keys(quota.status?.hard ?? {}));
      return names.length > 0 && inScopes(evaluator, quota, object) ? [{ quota, names }] : [];
    });
    if (interested.length === 0) return;
    for (const one of interested) requireCountable(attributes, evaluator, one);
    const delta = usageOf(attributes, evaluator);
    if (isZero(delta)) return;
    const counted = interested.map(({ quota }) => count(attributes, quota, delta));
    if (attributes.dryRun) return;
    for (const quota of counted) if (quota) attributes.updateStatus(resourceQuotas, quota);
  },
};

function requireCountable(attributes: AdmissionAttributes, evaluator: Evaluator, { quota, names }: Interested): void {
  const { object } = attributes;
  const problem = object && evaluator.problem?.(object, names);
  if (problem) throw refusal(attributes, `failed quota: ${quota.metadata.name}: ${problem}`);
  if (names.some((name) => quota.status?.used?.[name] === undefined)) {
    const list = [...names].sort().join(',');
    throw refusal(attributes, `status unknown for quota: ${quota.metadata.name}, resources: ${list}`);
  }
}

/** What the write adds: everything of a new object, the difference of a changed one. */
function usageOf({ object, oldObject, operation, clock }: AdmissionAttributes, evaluator: Evaluator): Amounts {
  const usage = object ? evaluator.usage(object, clock.now()) : {};
  return operation === 'UPDATE' && oldObject ? subtract(usage, evaluator.usage(oldObject, clock.now())) : usage;
}

/** The quota with the usage added; undefined if it stays as it is. */
function count(
  attributes: AdmissionAttributes,
  quota: Stored<ResourceQuota>,
  delta: Amounts,
): Stored<ResourceQuota> | undefined {
  const hard = quota.status?.hard ?? {};
  const used = quota.status?.used ?? {};
  const requested = only(delta, Object.keys(hard));
  const names = Object.keys(requested);
  const after = add(used, requested);
  const exceeded = names.filter((name) => compareQuantities(after[name] ?? '0', hard[name] ?? '0') > 0);
  // What is not asked for may be over its limit already: that is nobody's fault now.
  const guilty = exceeded.filter((name) => compareQuantities(requested[name] ?? '0', '0') > 0);
  if (guilty.length > 0) {
    const text = (amounts: Amounts) => amountsText(only(amounts, guilty));
    throw refusal(
      attributes,
      `exceeded quota: ${quota.metadata.name}, requested: ${text(requested)}, used: ${text(used)}, limited: ${text(hard)}`,
    );
  }
  if (isZero(requested)) return undefined;
  return { ...quota, status: { ...quota.status, hard, used: { ...used, ...only(after, names) } } };
}
