/** podFailurePolicy (KEP-3329) and successPolicy (KEP-3998) of Jobs. */
import type { ContainerStatus, Job, Pod, PodFailurePolicyRule } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { parseIndexes } from './index-ranges.ts';

export interface FailureMatch {
  action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';
  /** Why the Job fails. */
  message: string;
}

/** What the first matching rule says of a failed Pod; undefined: no rule matches, the failure counts. */
export function matchFailurePolicy(job: Job, pod: Stored<Pod>): FailureMatch | undefined {
  for (const [index, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const why = rule.onExitCodes ? exitCodeMatch(rule, pod) : conditionMatch(rule, pod);
    if (why === undefined) continue;
    return {
      action: rule.action as FailureMatch['action'],
      message: `${why} matching ${rule.action} rule at index ${index}`,
    };
  }
  return undefined;
}

/** Whether a failed Pod counts against backoffLimit. */
export function countsAsFailure(job: Job, pod: Stored<Pod>): boolean {
  return matchFailurePolicy(job, pod)?.action !== 'Ignore';
}

function exitCodeMatch({ onExitCodes }: PodFailurePolicyRule, pod: Stored<Pod>): string | undefined {
  if (!onExitCodes) return undefined;
  const { containerName, operator, values } = onExitCodes;
  const matches = ({ name, state }: ContainerStatus) => {
    const code = state?.terminated?.exitCode ?? 0;
    if (code === 0 || (containerName !== undefined && containerName !== name)) return false;
    return values.includes(code) === (operator === 'In');
  };
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const found = [...containerStatuses, ...initContainerStatuses].find(matches);
  if (!found) return undefined;
  const where = `${pod.metadata.namespace}/${pod.metadata.name}`;
  return `Container ${found.name} for pod ${where} failed with exit code ${found.state?.terminated?.exitCode}`;
}

function conditionMatch({ onPodConditions = [] }: PodFailurePolicyRule, pod: Stored<Pod>): string | undefined {
  const found = pod.status?.conditions?.find((condition) =>
    onPodConditions.some(({ type, status = 'True' }) => type === condition.type && status === condition.status),
  );
  return found && `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${found.type}`;
}

/** Which rule of a successPolicy is met (its message); undefined: none. */
export function matchSuccessPolicy(job: Job, succeeded: ReadonlySet<number>): string | undefined {
  const rules = job.spec?.successPolicy?.rules ?? [];
  const met = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
    const required = [...parseIndexes(succeededIndexes)];
    const done = required.filter((index) => succeeded.has(index)).length;
    return done >= (succeededCount ?? required.length);
  });
  return met < 0 ? undefined : `Matched rules at index ${met}`;
}
