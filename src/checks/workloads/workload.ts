import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { ownValue } from '../../kernel/own.ts';
import type { Container, Pod, PodSpec, PodTemplateSpec } from '../../kube/api.gen.ts';
import type { Resource, Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { show } from '../objects/fields.ts';
import type { ClusterView, Suspect, WorkloadRef } from '../types.ts';

const kinds: Record<string, { kind: WorkloadRef['kind']; resource: Resource }> = {
  deployment: { kind: 'Deployment', resource: resources.deployments },
  replicaset: { kind: 'ReplicaSet', resource: resources.replicaSets },
  statefulset: { kind: 'StatefulSet', resource: resources.statefulSets },
  daemonset: { kind: 'DaemonSet', resource: resources.daemonSets },
  job: { kind: 'Job', resource: resources.jobs },
  cronjob: { kind: 'CronJob', resource: resources.cronJobs },
  pod: { kind: 'Pod', resource: resources.pods },
};

/** `deployment/api-client` in YAML. */
export const workloadName = z.string().regex(new RegExp(`^(${Object.keys(kinds).join('|')})/[a-z0-9.-]+$`), {
  error: `expected kind/name with a kind of ${Object.keys(kinds).join(', ')}, as in deployment/api-client`,
});

/** Takes `deployment/api-client` apart; the text was checked by `workloadName`. */
export function parseWorkload(text: string, namespace: string): WorkloadRef {
  const [kind = '', name = ''] = text.split('/');
  return { kind: ownValue(kinds, kind)?.kind ?? 'Pod', name, namespace };
}

/** The resource a workload is an object of. */
export function resourceOfWorkload(workload: WorkloadRef): Resource {
  return ownValue(kinds, workload.kind.toLowerCase())?.resource ?? resources.pods;
}

/** `Deployment api-client`, as messages name it. */
export function describeWorkload(workload: WorkloadRef): string {
  return `${workload.kind} ${workload.name}`;
}

type Objects = Pick<ClusterView, 'get' | 'list'>;

/** Where the cause is to be sought that a workload is not as it should be. */
export function suspectWorkload(workload: WorkloadRef): Suspect {
  const { namespace, name } = workload;
  return { about: 'object', resource: resourceOfWorkload(workload), namespace, name };
}

/** A workload's object, unless it is being deleted. */
export function workloadObject(view: Pick<ClusterView, 'get'>, workload: WorkloadRef): Stored | undefined {
  const object = view.get(resourceOfWorkload(workload), workload.namespace, workload.name);
  return object?.metadata.deletionTimestamp ? undefined : object;
}

/**
 * The Pods a workload owns now: of a Deployment only those of the ReplicaSet that has its template, of a CronJob those
 * of its last Job; Pods being deleted don't count. Ownership is by controller reference, so a bare Pod with the right
 * name or labels is none of them; one that was adopted is, see `deviation`.
 */
export function podsOf(view: Objects, workload: WorkloadRef): Stored<Pod>[] {
  const live = view.list(resources.pods, workload.namespace).filter((pod) => !pod.metadata.deletionTimestamp);
  if (workload.kind === 'Pod') return live.filter((pod) => pod.metadata.name === workload.name);
  const root = workloadObject(view, workload);
  if (!root) return [];
  return ownedBy(live, new Set(ownersOf(view, workload, root).map((owner) => owner.metadata.uid)));
}

/** What owns a workload's current Pods: itself, or what it made for them. */
export function ownersOf(view: Objects, workload: WorkloadRef, root: Stored): Stored[] {
  const roots = new Set([root.metadata.uid]);
  if (workload.kind === 'Deployment') {
    // By the template, as the controller itself: revisions are annotations that anybody may write.
    const wanted = templateOf(root);
    return ownedBy(view.list(resources.replicaSets, workload.namespace) as Stored[], roots).filter((set) =>
      isDeepStrictEqual(withoutHash(templateOf(set)), withoutHash(wanted)),
    );
  }
  if (workload.kind === 'CronJob') {
    const jobs = ownedBy(view.list(resources.jobs, workload.namespace) as Stored[], roots);
    // Of Jobs of the same second the last is the one that was seen last.
    return jobs.sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp)).slice(-1);
  }
  return [root];
}

function withoutHash(template: PodTemplateSpec | undefined) {
  const { 'pod-template-hash': _, ...labels } = template?.metadata?.labels ?? {};
  return { labels, annotations: template?.metadata?.annotations ?? {}, spec: template?.spec ?? {} };
}

function ownedBy<T extends Stored>(objects: T[], owners: Set<string>): T[] {
  return objects.filter((o) => o.metadata.ownerReferences?.some((r) => r.controller && owners.has(r.uid)));
}

/** The Pod template inside a workload object; undefined for a Pod. */
export function templateOf(object: Stored): PodTemplateSpec | undefined {
  const { spec } = object as { spec?: { template?: PodTemplateSpec; jobTemplate?: { spec?: object } } };
  if (object.kind === 'CronJob') return (spec?.jobTemplate?.spec as { template?: PodTemplateSpec })?.template;
  return spec?.template;
}

/** The Pod spec inside a workload object, whatever its kind. */
export function podSpecOf(object: Stored): PodSpec | undefined {
  return templateOf(object)?.spec ?? (object.kind === 'Pod' ? (object as Stored<Pod>).spec : undefined);
}

/** What of a container decides what it does. */
const decisive = ['image', 'command', 'args', 'env', 'envFrom', 'workingDir'] as const;

/**
 * How a Pod is not what its workload's template makes, or undefined. A ReplicaSet adopts any Pod with its labels, and a
 * running Pod's image may be changed: neither is the workload's own doing.
 */
export function deviation(pod: Stored<Pod>, object: Stored): string | undefined {
  const wanted = podSpecOf(object);
  if (!wanted || !pod.spec || object.kind === 'Pod') return undefined;
  const account = wanted.serviceAccountName || 'default';
  const is = pod.spec.serviceAccountName || 'default';
  const not = (text: string) => `Pod ${pod.metadata.name} is not as the ${object.kind} makes them: ${text}`;
  if (is !== account) return not(`it runs as ServiceAccount ${is}, not ${account}`);
  for (const kind of ['containers', 'initContainers'] as const) {
    for (const container of wanted[kind] ?? []) {
      const found = pod.spec[kind]?.find((c) => c.name === container.name);
      if (!found) return not(`it has no container ${container.name}`);
      const field = decisive.find((f) => !isDeepStrictEqual(found[f], container[f]));
      if (field) return not(`${field} of ${container.name} is ${show(found[field])}, not ${show(container[field])}`);
      if (!isDeepStrictEqual(mountsOf(found), mountsOf(container)))
        return not(`${container.name} has other volumes mounted`);
    }
  }
  for (const volume of wanted.volumes ?? []) {
    const found = pod.spec.volumes?.find((v) => v.name === volume.name);
    if (!isDeepStrictEqual(found, volume)) return not(`its volume ${volume.name} is another one`);
  }
  return undefined;
}

/** The API server itself mounts the ServiceAccount's token. */
function mountsOf(container: Container) {
  return (container.volumeMounts ?? []).filter((m) => !m.name.startsWith('kube-api-access-'));
}
