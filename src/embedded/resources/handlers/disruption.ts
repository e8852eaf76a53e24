import type { Clock } from '../../../kernel/clock.ts';
import type { Condition, Pod, PodDisruptionBudget } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { podDisruptionBudgets } from '../../../kube/resources.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import { ApiError, forbidden, plainError } from '../../errors/status.ts';
import { timestamp } from '../../registry/metadata.ts';
import type { Registry, RequestContext } from '../../registry/types.ts';

const tooManyBudgets =
  'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';

/** The budget notes evicted Pods until its controller has seen them go; not more than so many. */
const mostDisrupted = 2000;

/** As kube-apiserver writes to itself. */
const apiServer = { user: { name: 'system:apiserver', groups: ['system:masters'] }, fieldManager: 'kube-apiserver' };

function refused(message: string, retryAfterSeconds?: number): ApiError {
  return new ApiError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [{ reason: 'DisruptionBudget', message }],
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    },
  });
}

const isReady = (pod: Pod) => pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;

/** Pods that serve nobody any more, or not yet, are nobody's disruption. */
function isUncounted(pod: Stored<Pod>): boolean {
  const phase = pod.status?.phase;
  return (
    phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined
  );
}

/** Unready Pods may go if the budget is met without them, or always (KEP-3017). */
function mayGoUnready({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const desired = status?.desiredHealthy ?? 0;
  return desired > 0 && (status?.currentHealthy ?? 0) >= desired;
}

function blocked(budget: Stored<PodDisruptionBudget>, now: string): Condition[] {
  const others = (budget.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionAllowed');
  const known = budget.status?.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  return [
    ...others,
    {
      type: 'DisruptionAllowed',
      status: 'False',
      reason: 'InsufficientPods',
      message: '',
      observedGeneration: budget.status?.observedGeneration,
      lastTransitionTime: known?.status === 'False' ? known.lastTransitionTime : now,
    },
  ];
}

/** The budget with one disruption taken from it. Throws where none is left. */
function spend(budget: Stored<PodDisruptionBudget>, pod: Stored<Pod>, now: string): Stored<PodDisruptionBudget> {
  const { name, generation = 0 } = budget.metadata;
  const status = budget.status ?? { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  if ((status.observedGeneration ?? 0) < generation) {
    throw refused(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  if (status.disruptionsAllowed < 0) throw forbidden(podDisruptionBudgets, name, 'pdb disruptions allowed is negative');
  if (Object.keys(status.disruptedPods ?? {}).length > mostDisrupted) {
    const text = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    throw forbidden(podDisruptionBudgets, name, text);
  }
  if (status.disruptionsAllowed === 0) {
    const { desiredHealthy: needs, currentHealthy: has } = status;
    throw refused(`The disruption budget ${name} needs ${needs} healthy pods and has ${has} currently`);
  }
  const left = status.disruptionsAllowed - 1;
  return {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: left,
      ...(left === 0 && { conditions: blocked(budget, now) }),
      disruptedPods: { ...status.disruptedPods, [pod.metadata.name]: now },
    },
  };
}

/**
 * Asks the PodDisruptionBudget of a Pod whether it may be evicted, and takes the disruption from it.
 * Throws 429 where it may not, 500 where two budgets claim the Pod.
 */
export async function spendBudget(
  registry: Registry,
  pod: Stored<Pod>,
  context: RequestContext,
  clock: Clock,
): Promise<void> {
  const definition = registry.definition(podDisruptionBudgets);
  if (!definition || isUncounted(pod)) return;
  const { namespace } = pod.metadata;
  const budgets = (registry.list(definition, { namespace }).items as Stored<PodDisruptionBudget>[]).filter(({ spec }) =>
    selectorMatches(spec?.selector, pod.metadata.labels),
  );
  if (budgets.length > 1) throw plainError(tooManyBudgets);
  const [budget] = budgets;
  if (!budget || (!isReady(pod) && mayGoUnready(budget))) return;
  const spent = spend(budget, pod, timestamp(clock.now()));
  if (context.dryRun) return;
  await registry.update(definition, namespace, budget.metadata.name, structuredClone(spent), {
    ...context,
    ...apiServer,
    warn: () => undefined,
    subresource: 'status',
  });
}
