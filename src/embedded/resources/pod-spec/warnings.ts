/** Warning headers about Pods and Pod templates (pkg/api/pod's warnings; those that recordings or a learner can meet). */
import { ownValue } from '../../../kernel/own.ts';
import type { Container, ObjectMeta, Pod, PodSpec, PodTemplateSpec, Volume } from '../../../kube/api.gen.ts';
import type { KubeObject } from '../../../kube/meta.ts';
import { quantityNanos } from '../../../kube/quantity.ts';
import { dnsLabel } from '../../../kube/validation.ts';
import * as field from '../../registry/field.ts';

const deprecatedLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  'seccomp.security.alpha.kubernetes.io/pod': 'non-functional in v1.27+; use the "seccompProfile" field instead',
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};

const deprecatedVolumes: readonly [keyof Volume, string][] = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

const noSelector = 'a null labelSelector results in matching no pod';
const nano = 1_000_000_000n;

function schedulingWarnings(spec: PodSpec, at: field.FieldPath): string[] {
  const found: string[] = [];
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    const deprecated = ownValue(deprecatedLabels, key);
    if (deprecated) found.push(`${at.child('nodeSelector').key(key)}: ${deprecated}`);
  }
  for (const [i, constraint] of (spec.topologySpreadConstraints ?? []).entries()) {
    const where = at.child('topologySpreadConstraints').index(i);
    const deprecated = ownValue(deprecatedLabels, constraint.topologyKey);
    if (deprecated) found.push(`${where.child('topologyKey')}: ${constraint.topologyKey} is ${deprecated}`);
    if (constraint.labelSelector === undefined) found.push(`${where.child('labelSelector')}: ${noSelector}`);
  }
  const affinity = at.child('affinity');
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    const terms = spec.affinity?.[name];
    for (const [i, term] of (terms?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      if (term.labelSelector !== undefined) continue;
      const where = affinity.child(name, 'requiredDuringSchedulingIgnoredDuringExecution').index(i);
      found.push(`${where.child('labelSelector')}: ${noSelector}`);
    }
    for (const [i, { podAffinityTerm }] of (terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      if (podAffinityTerm.labelSelector !== undefined) continue;
      const where = affinity.child(name, 'preferredDuringSchedulingIgnoredDuringExecution').index(i);
      found.push(`${where.child('podAffinityTerm', 'labelSelector')}: ${noSelector}`);
    }
  }
  return found;
}

function volumeWarnings(volumes: readonly Volume[], at: field.FieldPath): string[] {
  const found: string[] = [];
  for (const [i, volume] of volumes.entries()) {
    for (const [name, text] of deprecatedVolumes) {
      if (volume[name] !== undefined) found.push(`${at.index(i).child(name)}: ${text}`);
    }
    const sources = volume.projected?.sources ?? [];
    const empty = sources.every((source) => Object.values(source).every((value) => value === undefined));
    if (volume.projected !== undefined && empty) {
      found.push(`volume ${field.quote(volume.name)} (Projected) has no sources provided`);
    }
  }
  return found;
}

function containerWarnings(container: Container, at: field.FieldPath): string[] {
  const found: string[] = [];
  const names = new Set<string>();
  for (const [i, { name, value }] of (container.env ?? []).entries()) {
    // Using the earlier value in the new one is a known idiom and no mistake.
    if (names.has(name) && !(value ?? '').includes(`$(${name})`)) {
      const where = at.child('env').index(i);
      found.push(`${where}: hides previous definition of ${field.quote(name)}, which may be dropped when using apply`);
    }
    names.add(name);
  }
  const ports = new Map<string, field.FieldPath>();
  for (const [i, port] of (container.ports ?? []).entries()) {
    const where = at.child('ports').index(i);
    const key = `${port.containerPort} ${port.protocol} ${port.hostPort ?? 0} ${port.hostIP ?? ''}`;
    const earlier = ports.get(key);
    if (earlier) found.push(`${where}: duplicate port definition with ${earlier}`);
    else ports.set(key, where);
  }
  for (const kind of ['limits', 'requests'] as const) {
    for (const name of ['memory', 'ephemeral-storage']) {
      const value = container.resources?.[kind]?.[name];
      if (value === undefined || quantityNanos(value) % nano === 0n) continue;
      const where = at.child('resources', kind).key(name);
      found.push(`${where}: fractional byte value ${field.quote(value)} is invalid, must be an integer`);
    }
  }
  return found;
}

function specWarnings(spec: PodSpec, at: field.FieldPath): string[] {
  const found = schedulingWarnings(spec, at);
  for (const [i, alias] of (spec.hostAliases ?? []).entries()) {
    const first = (spec.hostAliases ?? []).findIndex((other) => other.ip === alias.ip);
    if (first < i) found.push(`${at.child('hostAliases').index(i).child('ip')}: duplicate ip ${field.quote(alias.ip)}`);
  }
  found.push(...volumeWarnings(spec.volumes ?? [], at.child('volumes')));
  for (const [i, secret] of (spec.imagePullSecrets ?? []).entries()) {
    if (!secret.name) found.push(`${at.child('imagePullSecrets').index(i).child('name')}: invalid empty name ""`);
  }
  for (const name of ['initContainers', 'containers'] as const) {
    for (const [i, container] of (spec[name] ?? []).entries()) {
      found.push(...containerWarnings(container, at.child(name).index(i)));
    }
  }
  return found;
}

function annotationWarnings(
  metadata: ObjectMeta | undefined,
  old: ObjectMeta | undefined,
  at: field.FieldPath,
): string[] {
  return Object.keys(metadata?.annotations ?? {}).flatMap((key) =>
    ownValue(deprecatedAnnotations, key) && ownValue(old?.annotations, key) === undefined
      ? [`${at.child('annotations').key(key)}: ${deprecatedAnnotations[key]}`]
      : [],
  );
}

/** Names that Pods take as part of their hostname should be DNS labels. */
function nameWarning(object: KubeObject, what: string): string[] {
  const problems = dnsLabel(object.metadata?.name ?? '');
  if (object.metadata?.name === undefined || problems.length === 0) return [];
  const text = 'which can result in surprising behavior; a DNS label is recommended';
  return [`metadata.name: this is used in ${what}, ${text}: [${problems.join(' ')}]`];
}

export function podWarnings(pod: Pod, old: Pod | undefined, at: field.FieldPath): string[] {
  const found = old === undefined ? nameWarning(pod, "the Pod's hostname") : [];
  if (old !== undefined && field.sameJson(pod.spec, old.spec)) return found;
  found.push(...annotationWarnings(pod.metadata, old?.metadata, field.path('metadata')));
  return pod.spec === undefined ? found : [...found, ...specWarnings(pod.spec, at)];
}

/** Of a workload whose Pods are made from `template`; on updates only if its spec changed. */
export function workloadWarnings<T extends KubeObject & { spec?: object }>(
  object: T,
  old: T | undefined,
  template: (object: T) => PodTemplateSpec | undefined,
  at: field.FieldPath = field.path('spec', 'template'),
): string[] {
  if (old !== undefined && field.sameJson(object.spec, old.spec)) return [];
  const found = old === undefined ? nameWarning(object, 'Pod names and hostnames') : [];
  return [...found, ...templateWarnings(template(object), old && template(old), at)];
}

export function templateWarnings(
  template: PodTemplateSpec | undefined,
  old: PodTemplateSpec | undefined,
  at: field.FieldPath,
): string[] {
  if (template?.spec === undefined) return [];
  return [
    ...annotationWarnings(template.metadata, old?.metadata, at.child('metadata')),
    ...specWarnings(template.spec, at.child('spec')),
  ];
}
