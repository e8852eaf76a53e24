import { ownValue } from '../../kernel/own.ts';
import type { PodSpec } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { parseRefusal, type Refusal } from '../../kube/refusal-message.ts';
import * as resources from '../../kube/resources.ts';
import { traceMissing } from './missing.ts';
import type { Trace } from './reader.ts';
import { clip, describeCommand, listed, quote } from './words.ts';

/** From the API server's refusal of an object to the quota, limit, label or policy that it goes by. `spec`: of the Pod that was asked for. */
export async function traceRefusal(t: Trace, namespace: string, message: string, spec?: PodSpec): Promise<void> {
  const refusal = parseRefusal(message);
  if (!refusal) return;
  switch (refusal.by) {
    case 'quota':
      return reportQuota(t, namespace, refusal, spec);
    case 'quota-unspecified':
      return reportUnspecified(t, namespace, refusal, spec);
    case 'limit-range':
      return reportLimits(t, namespace, refusal, spec);
    case 'pod-security':
      return reportPodSecurity(t, namespace, refusal);
    case 'policy':
      return reportPolicy(t, refusal);
    case 'webhook': {
      const fact = `the webhook ${refusal.webhook} refuses it: ${clip(refusal.message)}`;
      const command = 'kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o yaml';
      return t.chain.add({ fact, command, shows: [refusal.webhook] });
    }
    case 'namespace':
      return t.follow({ about: 'object', resource: resources.namespaces, name: refusal.namespace });
    case 'service-account':
      return traceMissing(t, resources.serviceAccounts, refusal.namespace, refusal.name);
    case 'priority-class':
      return traceMissing(t, resources.priorityClasses, undefined, refusal.name);
  }
}

type Of<By extends Refusal['by']> = Extract<Refusal, { by: By }>;

async function reportQuota(
  t: Trace,
  namespace: string,
  { quota, over }: Of<'quota'>,
  spec: PodSpec | undefined,
): Promise<void> {
  for (const { resource, requested, used, hard } of over.slice(0, 3)) {
    const now = await t.reader.get(resources.resourceQuotas, namespace, quota);
    const [usedNow, hardNow] = [now?.status?.used?.[resource] ?? used, now?.status?.hard?.[resource] ?? hard];
    t.chain.add({
      fact: `ResourceQuota ${quota}: of ${resource} ${usedNow} of ${hardNow} are used, ${requested} more ${requested === '1' ? 'is' : 'are'} asked for`,
      command: `kubectl describe resourcequota ${quota} -n ${namespace}`,
      shows: [resource, String(hardNow)],
    });
    if (spec && /cpu|memory|ephemeral/.test(resource)) reportRequests(t, namespace, spec);
  }
  const pods = await t.reader.list(resources.pods, namespace);
  const live = pods.filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed');
  if (!over.some(({ resource }) => /^pods$|cpu|memory/.test(resource)) || live.length === 0) return;
  t.chain.add({
    fact: `${live.length === 1 ? 'one Pod counts' : `${live.length} Pods count`} in namespace ${namespace}: ${listed(live.map((pod) => pod.metadata.name))}`,
    command: `kubectl get pods -n ${namespace}`,
    shows: live.slice(0, 3).map((pod) => pod.metadata.name),
  });
}

/** What the refused Pod's containers name of requests and limits. */
function reportRequests(t: Trace, namespace: string, { containers }: PodSpec): void {
  const text = containers.map(({ name, resources: own }) => {
    const parts = [
      own?.requests && `requests ${amounts(own.requests)}`,
      own?.limits && `limits ${amounts(own.limits)}`,
    ];
    return `${name}: ${parts.filter(Boolean).join(', ') || 'neither requests nor limits'}`;
  });
  t.chain.add({
    fact: `in its template container ${listed(text)}`,
    command: `kubectl get deployments,statefulsets,daemonsets,jobs,replicasets -n ${namespace} -o jsonpath='{..containers[*].resources}'`,
    shows: containers.flatMap(({ resources: own }) => Object.values({ ...own?.requests }).map(String)).slice(0, 1),
  });
}

function amounts(of: Readonly<Record<string, string>>): string {
  return Object.entries(of)
    .map(([resource, amount]) => `${resource} ${amount}`)
    .join(' and ');
}

async function reportUnspecified(
  t: Trace,
  namespace: string,
  { quota, resources: names }: Of<'quota-unspecified'>,
  spec: PodSpec | undefined,
) {
  t.chain.add({
    fact: `ResourceQuota ${quota} counts ${listed(names)}: every Pod has to name them, or a LimitRange for it`,
    command: `kubectl describe resourcequota ${quota} -n ${namespace}`,
    shows: names.slice(0, 3),
  });
  if (spec) reportRequests(t, namespace, spec);
  const ranges = await t.reader.list(resources.limitRanges, namespace);
  const gives = ranges.filter((r) => r.spec?.limits?.some((l) => l.default ?? l.defaultRequest));
  const text =
    gives.length > 0
      ? `LimitRange ${listed(gives.map((r) => r.metadata.name))} gives defaults, but not these`
      : `no LimitRange of namespace ${namespace} gives defaults`;
  t.chain.add({
    kind: 'missing',
    fact: text,
    command: `kubectl get limitranges -n ${namespace}`,
    shows: gives.map((r) => r.metadata.name),
  });
}

async function reportLimits(
  t: Trace,
  namespace: string,
  { broken }: Of<'limit-range'>,
  spec: PodSpec | undefined,
): Promise<void> {
  const ranges = await t.reader.list(resources.limitRanges, namespace);
  const keys = { maximum: 'max', minimum: 'min', ratio: 'maxLimitRequestRatio' } as Record<
    string,
    'max' | 'min' | 'maxLimitRequestRatio'
  >;
  for (const { rule, type, resource, text } of broken.slice(0, 3)) {
    const key = ownValue(keys, rule) ?? 'max';
    const range = ranges.find((r) => r.spec?.limits?.some((l) => l.type === type && l[key]?.[resource] !== undefined));
    if (!range) continue;
    const bound = range.spec?.limits?.find((l) => l.type === type && l[key]?.[resource] !== undefined)?.[key]?.[
      resource
    ];
    t.chain.add({
      fact: `LimitRange ${range.metadata.name} has ${rule} ${resource} ${bound} per ${type}: ${text}`,
      command: describeCommand('limitrange', range),
      shows: [resource, String(bound)],
    });
  }
  if (spec) reportRequests(t, namespace, spec);
}

async function reportPodSecurity(
  t: Trace,
  namespace: string,
  { level, version, violations }: Of<'pod-security'>,
): Promise<void> {
  const found = await t.reader.get(resources.namespaces, undefined, namespace);
  const label = 'pod-security.kubernetes.io/enforce';
  const enforced = found?.metadata.labels?.[label];
  t.chain.add({
    fact: `it breaks ${violations.length} rules of PodSecurity level ${level} (${version}): ${listed(violations, 5)}`,
    command: `kubectl events -n ${namespace} --types=Warning`,
    shows: violations.slice(0, 1),
  });
  t.chain.add({
    fact: enforced
      ? `namespace ${namespace} enforces it by its label ${label}=${enforced}`
      : `namespace ${namespace} has no label ${label}: the cluster's own default enforces it`,
    command: `kubectl get namespace ${namespace} --show-labels`,
    shows: enforced ? [`${label}=${enforced}`] : [namespace],
  });
}

async function reportPolicy(t: Trace, { policy, binding, message }: Of<'policy'>): Promise<void> {
  t.chain.add({
    fact: `ValidatingAdmissionPolicyBinding ${binding} puts policy ${policy} in force`,
    command: `kubectl get validatingadmissionpolicybinding ${binding} -o yaml`,
    shows: [`policyName: ${policy}`],
  });
  const found = await t.reader.get(resources.validatingAdmissionPolicies, undefined, policy);
  const rules = found?.spec?.validations ?? [];
  const broken =
    rules.find(({ message: own = '', expression }) => message.includes(own || expression)) ??
    (rules.length === 1 ? rules[0] : undefined);
  if (!broken) return;
  t.chain.add({
    fact: `the policy demands ${clip(broken.expression)}`,
    command: getPolicy(found),
    shows: [quote(broken.expression)],
  });
}

function getPolicy(policy: Stored | undefined): string {
  return `kubectl get validatingadmissionpolicy ${policy?.metadata.name} -o jsonpath='{.spec.validations[*].expression}'`;
}
