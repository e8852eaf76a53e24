import type { Container, ContainerPort, EphemeralContainer, PodSpec, Volume } from '../../../kube/api.gen.ts';
import { dnsLabel, validPortName, validPortNumber } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import { validateDevices, validateMounts } from './mounts.ts';
import { validateLifecycle, validateProbe } from './probes.ts';
import { validateResources } from './resources.ts';
import { validateSecurityContext } from './security.ts';

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const messagePolicies = ['File', 'FallbackToLogsOnError'];
const restartPolicies = ['Always', 'Never', 'OnFailure'];

type Mountable = ReadonlyMap<string, Volume>;

function validatePorts(ports: readonly ContainerPort[] | undefined, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, port] of (ports ?? []).entries()) {
    const where = at.index(i);
    if (port.name) {
      const problems = validPortName(port.name);
      errors.push(...field.invalidEach(where.child('name'), port.name, problems));
      if (problems.length === 0 && names.has(port.name)) {
        errors.push(field.duplicate(where.child('name'), port.name));
      }
      names.add(port.name);
    }
    if (!port.containerPort) errors.push(field.required(where.child('containerPort')));
    else {
      const problems = validPortNumber(port.containerPort);
      errors.push(...field.invalidEach(where.child('containerPort'), port.containerPort, problems));
    }
    if (port.hostPort) {
      errors.push(...field.invalidEach(where.child('hostPort'), port.hostPort, validPortNumber(port.hostPort)));
    }
    if (!port.protocol) errors.push(field.required(where.child('protocol')));
    else if (!protocols.includes(port.protocol)) {
      errors.push(field.notSupported(where.child('protocol'), port.protocol, protocols));
    }
  }
  return errors;
}

/** What holds for containers of all three kinds, in Kubernetes' order. */
function validateCommon(
  container: Container | EphemeralContainer,
  volumes: Mountable,
  at: field.FieldPath,
  spec: PodSpec,
): FieldError[] {
  const errors: FieldError[] = [];
  if (!container.name) errors.push(field.required(at.child('name')));
  else errors.push(...field.invalidEach(at.child('name'), container.name, dnsLabel(container.name)));
  const image = container.image ?? '';
  if (image === '') errors.push(field.required(at.child('image')));
  else if (image.trim() !== image) {
    errors.push(field.invalid(at.child('image'), image, 'must not have leading or trailing whitespace'));
  }
  const policy = container.terminationMessagePolicy;
  if (!policy) errors.push(field.required(at.child('terminationMessagePolicy')));
  else if (!messagePolicies.includes(policy)) {
    errors.push(field.notSupported(at.child('terminationMessagePolicy'), policy, messagePolicies));
  }
  errors.push(
    ...validatePorts(container.ports, at.child('ports')),
    ...validateEnv(container.env, at.child('env')),
    ...validateEnvFrom(container.envFrom, at.child('envFrom')),
    ...validateMounts(container, volumes, at.child('volumeMounts')),
    ...validateDevices(container, volumes, at.child('volumeDevices')),
  );
  const pull = container.imagePullPolicy;
  if (!pull) errors.push(field.required(at.child('imagePullPolicy')));
  else if (!pullPolicies.includes(pull)) {
    errors.push(field.notSupported(at.child('imagePullPolicy'), pull, pullPolicies));
  }
  return [
    ...errors,
    ...validateResources(container.resources, at.child('resources')),
    ...validateResizePolicy(container, at.child('resizePolicy'), spec),
    ...validateSecurityContext(container.securityContext, at.child('securityContext'), spec.hostUsers !== false),
  ];
}

/** KEP-1287: which restarts a resize may cause. */
function validateResizePolicy(
  container: Container | EphemeralContainer,
  at: field.FieldPath,
  spec: PodSpec,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const { resourceName, restartPolicy } of container.resizePolicy ?? []) {
    if (seen.has(resourceName)) errors.push(field.duplicate(at, resourceName));
    seen.add(resourceName);
    if (resourceName !== 'cpu' && resourceName !== 'memory') {
      errors.push(field.notSupported(at, resourceName, ['cpu', 'memory']));
    }
    if (!restartPolicy) errors.push(field.required(at));
    else if (restartPolicy !== 'NotRequired' && restartPolicy !== 'RestartContainer') {
      errors.push(field.notSupported(at, restartPolicy, ['NotRequired', 'RestartContainer']));
    }
    if (spec.restartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(field.invalid(at, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    }
  }
  return errors;
}

/** Two ports of the same list may not want the same port of the host. */
function validateHostPorts(containers: readonly Container[], at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, container] of containers.entries()) {
    for (const [p, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue;
      const key = `${port.protocol ?? ''}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (seen.has(key)) errors.push(field.duplicate(at.index(i).child('ports').index(p).child('hostPort'), key));
      seen.add(key);
    }
  }
  return errors;
}

/** KEP-5307: restart rules of single containers. */
function validateRestartRules(container: Container, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const policy = container.restartPolicy;
  const rules = container.restartPolicyRules ?? [];
  if (policy === undefined) {
    if (rules.length > 0) {
      errors.push(field.required(at.child('restartPolicy'), 'must specify restartPolicy when restart rules are used'));
    }
  } else if (!restartPolicies.includes(policy)) {
    errors.push(field.notSupported(at.child('restartPolicy'), policy, restartPolicies));
  }
  for (const [i, rule] of rules.entries()) {
    const where = at.child('restartPolicyRules').index(i);
    if (rule.action !== 'Restart') errors.push(field.notSupported(where.child('action'), rule.action, ['Restart']));
    if (rule.exitCodes === undefined) errors.push(field.required(where.child('exitCodes'), 'must be specified'));
  }
  return errors;
}

const validateProbes = (container: Container, at: field.FieldPath, spec: PodSpec): FieldError[] => [
  ...validateLifecycle(container.lifecycle, at, spec.terminationGracePeriodSeconds),
  ...validateProbe(container.livenessProbe, 'livenessProbe', at),
  ...validateProbe(container.readinessProbe, 'readinessProbe', at),
  ...validateProbe(container.startupProbe, 'startupProbe', at),
];

export function validateContainers(spec: PodSpec, volumes: Mountable, at: field.FieldPath): FieldError[] {
  const containers = spec.containers ?? [];
  if (containers.length === 0) return [field.required(at)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, container] of containers.entries()) {
    const where = at.index(i);
    errors.push(...validateCommon(container, volumes, where, spec));
    if (names.has(container.name)) errors.push(field.duplicate(where.child('name'), container.name));
    names.add(container.name);
    errors.push(...validateProbes(container, where, spec), ...validateRestartRules(container, where));
  }
  return [...errors, ...validateHostPorts(containers, at)];
}

export function validateInitContainers(spec: PodSpec, volumes: Mountable, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set((spec.containers ?? []).map((container) => container.name));
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const where = at.index(i);
    errors.push(...validateCommon(container, volumes, where, spec), ...validateRestartRules(container, where));
    if (names.has(container.name)) errors.push(field.duplicate(where.child('name'), container.name));
    names.add(container.name);
    errors.push(...validateHostPorts([container], at));
    if (container.restartPolicy === 'Always') {
      errors.push(...validateProbes(container, where, spec));
      continue;
    }
    for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[name] === undefined) continue;
      const text = 'may not be set for init containers without restartPolicy=Always';
      errors.push(field.forbidden(where.child(name), text));
    }
    if ((container.resizePolicy ?? []).length > 0) {
      const text = 'must not be set for init containers';
      errors.push(field.invalid(where.child('resizePolicy'), container.resizePolicy, text));
    }
  }
  return errors;
}

/** Fields of other containers that make no sense for one that is added to a running Pod. */
const notEphemeral = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

const isSet = (value: unknown) =>
  value !== undefined && value !== null && !(typeof value === 'object' && Object.keys(value).length === 0);

export function validateEphemeralContainers(spec: PodSpec, volumes: Mountable, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((c) => c.name));
  const names = new Set(others);
  for (const [i, container] of (spec.ephemeralContainers ?? []).entries()) {
    const where = at.index(i);
    const text = 'cannot be set for an Ephemeral Container';
    errors.push(...validateCommon(container, volumes, where, spec));
    for (const name of notEphemeral) {
      if (isSet(container[name])) errors.push(field.forbidden(where.child(name), text));
    }
    for (const [m, mount] of (container.volumeMounts ?? []).entries()) {
      for (const name of ['subPath', 'subPathExpr'] as const) {
        if (mount[name]) errors.push(field.forbidden(where.child('volumeMounts').index(m).child(name), text));
      }
    }
    if (names.has(container.name)) errors.push(field.duplicate(where.child('name'), container.name));
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !others.has(target)) errors.push(field.notFound(where.child('targetContainerName'), target));
  }
  return errors;
}
