import type { Container, Pod, ScopedResourceSelectorRequirement } from '../../kube/api.gen.ts';
import { qosClass } from '../resources/pod-spec/qos.ts';
import { isExtended } from '../resources/validate/resource-names.ts';
import { type Amounts, add } from './amounts.ts';
import { podResources } from './pod-resources.ts';
import type { Evaluator } from './types.ts';

const computed = ['cpu', 'memory', 'ephemeral-storage'];

const podNames = new Set([
  'pods',
  'count/pods',
  ...computed.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);

/** What every container has to say for itself where a quota limits it. */
const explicit = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const usage: Record<string, string> = { pods: '1' };
  for (const [name, value] of Object.entries(requests)) {
    if (computed.includes(name) || name.startsWith('hugepages-')) {
      usage[name] = value;
      usage[`requests.${name}`] = value;
    } else if (isExtended(name)) usage[`requests.${name}`] = value;
  }
  for (const name of computed) if (limits[name] !== undefined) usage[`limits.${name}`] = limits[name];
  return usage;
}

/** Whether the Pod still holds resources: it has not ended, and is not long dead. */
function counts(pod: Pod, now: number): boolean {
  const phase = pod.status?.phase;
  if (phase === 'Failed' || phase === 'Succeeded') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata ?? {};
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return true;
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function matchesClass({ operator, values = [] }: ScopedResourceSelectorRequirement, name: string): boolean {
  switch (operator) {
    case 'In':
      return values.includes(name);
    case 'NotIn':
      return !values.includes(name);
    case 'Exists':
      return name !== '';
    default:
      return name === '';
  }
}

function reachesOtherNamespaces(pod: Pod): boolean {
  const affinity = pod.spec?.affinity;
  return [affinity?.podAffinity, affinity?.podAntiAffinity].some((part) =>
    [
      ...(part?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(part?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => term.podAffinityTerm),
    ].some((term) => (term.namespaces ?? []).length > 0 || term.namespaceSelector !== undefined),
  );
}

/** Names of the containers that leave a demanded resource unsaid, by resource. */
function unsaid(containers: readonly Container[], required: readonly string[]): Map<string, string[]> {
  const missing = new Map<string, string[]>();
  for (const container of containers) {
    const usage = computeUsage(container.resources?.requests ?? {}, container.resources?.limits ?? {});
    for (const name of required) {
      if (usage[name] !== undefined) continue;
      missing.set(name, [...(missing.get(name) ?? []), container.name].sort());
    }
  }
  return missing;
}

export const podEvaluator: Evaluator<Pod> = {
  matching: (names) =>
    names.filter((name) => podNames.has(name) || /^(requests\.)?hugepages-/.test(name) || isRequest(name)),
  handles: (operation, subresource) =>
    operation === 'CREATE' ? subresource === undefined : operation === 'UPDATE' && subresource === 'resize',
  usage(pod, now) {
    const counted: Amounts = { 'count/pods': '1' };
    if (!counts(pod, now)) return counted;
    return add(counted, computeUsage(podResources(pod, 'requests'), podResources(pod, 'limits')));
  },
  problem(pod, names) {
    const required = explicit.filter((name) => names.includes(name)).sort();
    const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
    const missing = unsaid(containers, required);
    if (missing.size === 0) return undefined;
    const parts = [...missing]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, who]) => `${name} for: ${who.join(',')}`);
    return `must specify ${parts.join('; ')}`;
  },
  inScope(requirement, pod) {
    const deadline = pod.spec?.activeDeadlineSeconds;
    switch (requirement.scopeName) {
      case 'Terminating':
        return deadline !== undefined && deadline >= 0;
      case 'NotTerminating':
        return !(deadline !== undefined && deadline >= 0);
      case 'BestEffort':
        return qosClass(pod.spec) === 'BestEffort';
      case 'NotBestEffort':
        return qosClass(pod.spec) !== 'BestEffort';
      case 'PriorityClass':
        return matchesClass(requirement, pod.spec?.priorityClassName ?? '');
      case 'CrossNamespacePodAffinity':
        return reachesOtherNamespaces(pod);
      default:
        return false;
    }
  },
};

/** `requests.example.com/gpu`. */
const isRequest = (name: string) => name.startsWith('requests.') && isExtended(name.slice('requests.'.length));
