import { ownValue } from '../../../kernel/own.ts';
import type { Namespace, ObjectMeta, Pod, PodSpec, PodTemplateSpec } from '../../../kube/api.gen.ts';
import { namespaces, pods } from '../../../kube/resources.ts';
import { quote } from '../../registry/field.ts';
import { invalid, notFound } from '../../registry/status.ts';
import { refusal } from '../refuse.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../types.ts';
import { describeViolations, evaluate } from './evaluate.ts';
import { formatLevel, isStricter, type LevelVersion, type Policy, readPolicy } from './policy.ts';

/**
 * The Pod Security Standards by the labels of the namespace: `enforce` refuses Pods, `warn` warns of Pods and of the
 * templates of workloads (KEP-2579). `audit` only marks audit events, of which there are none here.
 */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  validate(attributes) {
    const { definition, operation, subresource = '' } = attributes;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return;
    if (definition.group === '' && definition.resource === namespaces.resource) {
      if (subresource === '') validateNamespace(attributes);
    } else if (definition.group === '' && definition.resource === pods.resource) {
      if (subresource === '' || subresource === 'ephemeralcontainers') validatePod(attributes);
    } else if (subresource === '') warnOfTemplate(attributes);
  },
};

function policyOf(attributes: AdmissionAttributes): Policy {
  const { namespace = '' } = attributes;
  const found = attributes.read(namespaces, undefined, namespace);
  if (!found) throw notFound(namespaces, namespace);
  return readPolicy(found.metadata.labels).policy;
}

function validatePod(attributes: AdmissionAttributes): void {
  const pod = attributes.object as Pod;
  const old = attributes.oldObject as Pod | undefined;
  if (!pod.spec || (old && attributes.subresource !== 'ephemeralcontainers' && !isSignificant(pod, old))) return;
  const policy = policyOf(attributes);
  const violations = evaluate(policy.enforce, pod.metadata ?? {}, pod.spec);
  if (violations.length > 0) {
    const level = quote(formatLevel(policy.enforce));
    throw refusal(attributes, `violates PodSecurity ${level}: ${describeViolations(violations)}`);
  }
  warn(attributes, policy.warn, pod.metadata ?? {}, pod.spec);
}

/** Of what may change in a Pod only images and seccomp or AppArmor annotations can break a rule. */
function isSignificant(pod: Pod, old: Pod): boolean {
  const relevant = ({ spec, metadata }: Pod) =>
    JSON.stringify([
      [spec?.initContainers, spec?.containers].map((list) => list?.map((c) => [c.name, c.image])),
      Object.entries(metadata?.annotations ?? {}).filter(([key]) =>
        /^(seccomp\.security|container\.(seccomp|apparmor)\.security)/.test(key),
      ),
    ]);
  return relevant(pod) !== relevant(old);
}

function warn(attributes: AdmissionAttributes, level: LevelVersion, metadata: ObjectMeta, spec: PodSpec): void {
  const violations = evaluate(level, metadata, spec);
  if (violations.length === 0) return;
  attributes.warn(`would violate PodSecurity ${quote(formatLevel(level))}: ${describeViolations(violations)}`);
}

/** The kinds that make Pods, and where their template is. */
const templates: Readonly<Record<string, (spec: Record<string, unknown>) => unknown>> = {
  'replicationcontrollers.': (spec) => spec.template,
  'replicasets.apps': (spec) => spec.template,
  'deployments.apps': (spec) => spec.template,
  'statefulsets.apps': (spec) => spec.template,
  'daemonsets.apps': (spec) => spec.template,
  'jobs.batch': (spec) => spec.template,
  'cronjobs.batch': (spec) => (spec.jobTemplate as { spec?: { template?: unknown } } | undefined)?.spec?.template,
};

function warnOfTemplate(attributes: AdmissionAttributes): void {
  const { definition, object } = attributes;
  const kind = `${definition.resource}.${definition.group}`;
  const template =
    kind === 'podtemplates.'
      ? (object as { template?: PodTemplateSpec } | undefined)?.template
      : (ownValue(templates, kind)?.((object as { spec?: Record<string, unknown> } | undefined)?.spec ?? {}) as
          | PodTemplateSpec
          | undefined);
  if (template?.spec) warn(attributes, policyOf(attributes).warn, template.metadata ?? {}, template.spec);
}

function validateNamespace(attributes: AdmissionAttributes): void {
  const namespace = attributes.object as Namespace;
  const old = attributes.oldObject as Namespace | undefined;
  const name = namespace.metadata?.name ?? '';
  const { policy, errors } = readPolicy(namespace.metadata?.labels);
  const before = old && readPolicy(old.metadata?.labels);
  if (errors.length > 0 && JSON.stringify(errors) !== JSON.stringify(before?.errors)) {
    throw invalid(namespaces, name, errors);
  }
  if (!before) return;
  const { enforce } = policy;
  const was = before.policy.enforce;
  if (enforce.level === 'privileged') return;
  if (enforce.version === was.version && !isStricter(enforce.level, was.level)) return;
  warnOfExisting(attributes, name, enforce);
}

/** Tells which Pods that are already there the new level would refuse, those with the same reasons together. */
function warnOfExisting(attributes: AdmissionAttributes, namespace: string, enforce: LevelVersion): void {
  const byReasons = new Map<string, string[]>();
  for (const pod of attributes.listAll(pods, namespace)) {
    if (!pod.spec) continue;
    const reasons = evaluate(enforce, pod.metadata, pod.spec)
      .map((violation) => violation.reason)
      .join(', ');
    if (reasons !== '') byReasons.set(reasons, [...(byReasons.get(reasons) ?? []), pod.metadata.name]);
  }
  if (byReasons.size === 0) return;
  attributes.warn(
    `existing pods in namespace ${quote(namespace)} violate the new PodSecurity enforce level ${quote(formatLevel(enforce))}`,
  );
  const lines = [...byReasons].map(([reasons, names]) => {
    const others = names.length - 1;
    const more = others === 0 ? '' : ` (and ${others} other ${others === 1 ? 'pod' : 'pods'})`;
    return `${names.sort()[0]}${more}: ${reasons}`;
  });
  for (const line of lines.sort()) attributes.warn(line);
}
