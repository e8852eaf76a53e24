import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '../../kube/api.gen.ts';

/** Whether the condition is there and True. */
export function isTrue(crd: CustomResourceDefinition, type: string): boolean {
  return crd.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

/** The conditions with one of them set; the time changes with its status only. */
export function withCondition(
  conditions: readonly CustomResourceDefinitionCondition[] | null | undefined,
  wanted: CustomResourceDefinitionCondition,
  now: string,
): CustomResourceDefinitionCondition[] {
  const all = conditions ?? [];
  const old = all.find(({ type }) => type === wanted.type);
  const same = old?.status === wanted.status && old.lastTransitionTime !== undefined;
  const condition = { ...wanted, lastTransitionTime: same ? old.lastTransitionTime : now };
  return old ? all.map((one) => (one === old ? condition : one)) : [...all, condition];
}
