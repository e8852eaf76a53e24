/** ValidatePodSpec: the parts in Kubernetes' order, as the order of causes is visible. */
import type { PodSchedulingGate, PodSpec } from '../../../kube/api.gen.ts';
import { dnsLabel, dnsSubdomain, validQualifiedName } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { validateLabels } from '../validate/label-selector.ts';
import { between } from '../validate/numbers.ts';
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts';
import { validateDnsConfig, validateDnsPolicy, validateHostAliases } from './dns.ts';
import { validateResources } from './resources.ts';
import { validateAffinity, validateTolerations, validateTopologySpread } from './scheduling.ts';
import { validateHostUsers, validatePodSecurityContext } from './security.ts';
import { validateVolumes } from './volumes.ts';

const restartPolicies = ['Always', 'OnFailure', 'Never'];

/** On the host's network a container's port is the host's port. */
function validateHostNetwork(spec: PodSpec, at: field.FieldPath): FieldError[] {
  if (!spec.hostNetwork) return [];
  return (spec.containers ?? []).flatMap((container, i) =>
    (container.ports ?? []).flatMap((port, p) =>
      (port.hostPort ?? 0) === port.containerPort
        ? []
        : [
            field.invalid(
              at.child('containers').index(i).child('ports').index(p).child('hostPort'),
              port.hostPort ?? 0,
              'must match `containerPort` when `hostNetwork` is true',
            ),
          ],
    ),
  );
}

function validateRestartPolicy(policy: string | undefined, where: field.FieldPath): FieldError[] {
  if (!policy) return [field.required(where)];
  return restartPolicies.includes(policy) ? [] : [field.notSupported(where, policy, restartPolicies)];
}

function validateGates(gates: readonly PodSchedulingGate[] | undefined, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { name }] of (gates ?? []).entries()) {
    errors.push(...field.invalidEach(at.index(i), name, validQualifiedName(name)));
    if (seen.has(name)) errors.push(field.duplicate(at.index(i), name));
    seen.add(name);
  }
  return errors;
}

const named = (where: field.FieldPath, value: string | undefined, rule: (name: string) => string[]) =>
  value ? field.invalidEach(where, value, rule(value)) : [];

function validateOs(spec: PodSpec, at: field.FieldPath): FieldError[] {
  if (spec.os === undefined) return [];
  const { name } = spec.os;
  if (!name) return [field.required(at.child('name'))];
  return name === 'linux' || name === 'windows'
    ? []
    : [field.notSupported(at.child('name'), name, ['linux', 'windows'])];
}

export function validatePodSpec(spec: PodSpec, at: field.FieldPath): FieldError[] {
  const { errors, mountable } = validateVolumes(spec.volumes, at.child('volumes'));
  const preemption = spec.preemptionPolicy;
  return [
    ...errors,
    ...validateContainers(spec, mountable, at.child('containers')),
    ...validateInitContainers(spec, mountable, at.child('initContainers')),
    ...validateEphemeralContainers(spec, mountable, at.child('ephemeralContainers')),
    ...validateResources(spec.resources, at.child('resources')),
    ...validateHostNetwork(spec, at),
    ...validateRestartPolicy(spec.restartPolicy, at.child('restartPolicy')),
    ...validateDnsPolicy(spec.dnsPolicy, at.child('dnsPolicy')),
    ...validateLabels(spec.nodeSelector, at.child('nodeSelector')),
    ...validatePodSecurityContext(spec, at.child('securityContext')),
    ...validateAffinity(spec.affinity, at.child('affinity')),
    ...validateDnsConfig(spec, at.child('dnsConfig')),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, i) =>
      field.invalidEach(
        at.child('readinessGates').index(i).child('conditionType'),
        conditionType,
        validQualifiedName(conditionType),
      ),
    ),
    ...validateGates(spec.schedulingGates, at.child('schedulingGates')),
    ...validateTopologySpread(spec.topologySpreadConstraints, at.child('topologySpreadConstraints')),
    ...validateHostUsers(spec, at),
    ...named(at.child('serviceAccountName'), spec.serviceAccountName, dnsSubdomain),
    ...named(at.child('nodeName'), spec.nodeName, dnsSubdomain),
    ...between(at.child('activeDeadlineSeconds'), spec.activeDeadlineSeconds, 1, 2_147_483_647),
    ...named(at.child('hostname'), spec.hostname, dnsLabel),
    ...named(at.child('subdomain'), spec.subdomain, dnsLabel),
    ...validateTolerations(spec.tolerations, at.child('tolerations')),
    ...validateHostAliases(spec.hostAliases, at.child('hostAliases')),
    ...named(at.child('priorityClassName'), spec.priorityClassName, dnsSubdomain),
    ...named(at.child('runtimeClassName'), spec.runtimeClassName, dnsSubdomain),
    ...(preemption !== undefined && preemption !== 'PreemptLowerPriority' && preemption !== 'Never'
      ? [field.notSupported(at.child('preemptionPolicy'), preemption, ['PreemptLowerPriority', 'Never'])]
      : []),
    ...validateOs(spec, at.child('os')),
  ];
}
