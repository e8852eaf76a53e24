import type { Condition } from '../../../../kube/api.gen.ts';

/** What a condition says, without when it began to. */
export interface Finding {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
}

export const yes = (type: string, reason: string, message: string): Finding => ({
  type,
  status: 'True',
  reason,
  message,
});
export const no = (type: string, reason: string, message: string): Finding => ({
  type,
  status: 'False',
  reason,
  message,
});

/** The conditions of a status; the time moves only where the status of one does. */
export function conditionsOf(
  findings: readonly Finding[],
  before: readonly Condition[] | undefined,
  observedGeneration: number | undefined,
  now: string,
): Condition[] {
  return findings.map((finding) => {
    const old = before?.find(({ type }) => type === finding.type);
    const lastTransitionTime = old?.status === finding.status ? old.lastTransitionTime : now;
    return { ...finding, lastTransitionTime, ...(observedGeneration !== undefined && { observedGeneration }) };
  });
}
