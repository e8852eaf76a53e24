import { isDeepStrictEqual } from 'node:util';
import { ownValue } from '../kernel/own.ts';
import type { CertificateSigningRequest, PolicyRule, Subject } from '../kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../kube/meta.ts';
import type { Change } from '../kube/reflector.ts';
import * as resources from '../kube/resources.ts';
import { formatRight, rightsOf } from '../kube/rules.ts';
import { same } from './mirror.ts';
import type { Activity } from './types.ts';

/** What the activity feed follows: what people write. What controllers make of it would drown it. */
export const activityResources: readonly Resource[] = [
  resources.namespaces,
  resources.nodes,
  resources.serviceAccounts,
  resources.roles,
  resources.roleBindings,
  resources.clusterRoles,
  resources.clusterRoleBindings,
  resources.certificateSigningRequests,
  resources.pods,
  resources.deployments,
  resources.daemonSets,
  resources.statefulSets,
  resources.jobs,
  resources.cronJobs,
  resources.horizontalPodAutoscalers,
  resources.podDisruptionBudgets,
  resources.configMaps,
  resources.secrets,
  resources.services,
  resources.ingresses,
  resources.networkPolicies,
  resources.persistentVolumes,
  resources.persistentVolumeClaims,
  resources.storageClasses,
  resources.resourceQuotas,
  resources.limitRanges,
  resources.priorityClasses,
];

/** Managers that are the cluster itself: what they write is a consequence, not the learner's doing. */
const machinery =
  /^(kube-|kubeadm|kubelet|k8s-|kubedrill|clusterrole-aggregation|coredns|kindnet|local-path|Go-http-client)/;

/** A change as the feed tells it; undefined for the cluster's own doings. */
export function activityOf(change: Change, time: number): Activity | undefined {
  const { object, old, resource } = change;
  const subject = object ?? old;
  if (!subject) return undefined;
  // Controllers' objects come and go as they like, and Pods change all the time.
  if (isPod(resource) || !object ? subject.metadata.ownerReferences?.some((r) => r.controller) : false)
    return undefined;
  const manager = object ? managerOf(object, old) : deleterOf(subject, resource);
  if (manager === undefined) return undefined;
  const detail = object ? (old ? decisionOf(old, object) || difference(old, object) : describe(object)) : '';
  if (object && old && detail === '') return undefined;
  return {
    time,
    change: !old ? '+' : object ? '~' : '-',
    kind: resource.kind,
    ...(subject.metadata.namespace ? { namespace: subject.metadata.namespace } : {}),
    name: subject.metadata.name,
    manager,
    detail,
  };
}

/** Who wrote last; undefined if that was the cluster itself. */
function managerOf(object: Stored, old: Stored | undefined): string | undefined {
  const before = old?.metadata.managedFields ?? [];
  const fresh = (object.metadata.managedFields ?? []).filter(
    (entry) => !before.some((b) => isDeepStrictEqual(b, entry)),
  );
  const people = fresh.filter((entry) => !machinery.test(entry.manager ?? ''));
  if (people.length > 0) return people.at(-1)?.manager ?? '';
  if (fresh.length > 0) return undefined;
  // Nothing of its own is managed: an empty object, or fields taken away.
  return old || !object.metadata.ownerReferences?.length ? '' : undefined;
}

/** Nobody tells who deleted something; what only the cluster has written and also deletes by itself does not count. */
function deleterOf({ metadata }: Stored, resource: Resource): string | undefined {
  if (!isPod(resource) && !same(resource, resources.persistentVolumes)) return '';
  const own = metadata.managedFields?.every((entry) => machinery.test(entry.manager ?? ''));
  return own ? undefined : '';
}

function isPod(resource: Resource): boolean {
  return same(resource, resources.pods);
}

/** What is worth saying of a new object in one line. */
function describe(object: Stored): string {
  const { rules, subjects, roleRef } = object as {
    rules?: PolicyRule[];
    subjects?: Subject[];
    roleRef?: { kind: string; name: string };
  };
  if (rules) return `rules: ${rulesText(rules)}`;
  if (roleRef) return `${roleRef.kind} ${roleRef.name} → ${subjectsText(subjects)}`;
  return '';
}

function rulesText(rules: PolicyRule[]): string {
  const text = rightsOf(rules).map(formatRight).join(', ');
  return text === '' ? 'none' : text;
}

function subjectsText(subjects: Subject[] = []): string {
  const texts = subjects.map((s) => `${s.kind} ${s.namespace ? `${s.namespace}/` : ''}${s.name}`);
  return texts.length > 0 ? texts.join(', ') : 'nobody';
}

/** `Approved` or `Denied`, if that is what an update said of a CertificateSigningRequest. */
function decisionOf(old: Stored, object: Stored): string {
  const decisions = ({ status }: Partial<CertificateSigningRequest>) =>
    (status?.conditions ?? []).map((c) => c.type).filter((type) => type === 'Approved' || type === 'Denied');
  const before = decisions(old);
  return decisions(object)
    .filter((type) => !before.includes(type))
    .join(', ');
}

/** The fields that an update changed, by name; of rules and subjects the new state. */
function difference(old: Stored, object: Stored): string {
  const paths: string[] = [];
  walk(content(old), content(object), [], paths);
  if (paths.length === 0) return '';
  if (paths.some((p) => /^(rules|subjects)/.test(p))) return describe(object);
  const shown = paths.slice(0, 3).map((p) => p.replace(/^spec\.template\.(spec|metadata)\./, 'template '));
  return shown.join(', ') + (paths.length > 3 ? `, ${paths.length - 3} more` : '');
}

/** An object without what the server keeps by itself. */
function content(object: Stored): Record<string, unknown> {
  const { metadata, status: _, apiVersion: _a, kind: _k, ...rest } = object as KubeObject & Record<string, unknown>;
  return { ...rest, metadata: { labels: metadata?.labels, annotations: withoutNoise(metadata?.annotations) } };
}

function withoutNoise(annotations: Record<string, string> | undefined): Record<string, string> | undefined {
  const kept = Object.entries(annotations ?? {}).filter(
    ([key]) => !/^(kubectl|deployment)\.kubernetes\.io\/(last-applied|revision)/.test(key),
  );
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

function walk(a: unknown, b: unknown, path: string[], out: string[]): void {
  if (isDeepStrictEqual(a, b)) return;
  const isMap = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
  if (isMap(a) && isMap(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      walk(ownValue(a, key), ownValue(b, key), [...path, key], out);
    return;
  }
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    a.forEach((item, index) => {
      walk(item, b[index], [...path.slice(0, -1), `${path.at(-1)}[${index}]`], out);
    });
    return;
  }
  out.push(path.join('.'));
}
