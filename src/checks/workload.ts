import * as z from 'zod';
import type { Pod } from '../kube/api.gen.ts';
import type { Resource, Stored } from '../kube/meta.ts';
import * as resources from '../kube/resources.ts';
import type { ClusterView, WorkloadRef } from './types.ts';

const kinds: Record<string, { kind: WorkloadRef['kind']; resource: Resource }> = {
  deployment: { kind: 'Deployment', resource: resources.deployments },
  replicaset: { kind: 'ReplicaSet', resource: resources.replicaSets },
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
  return { kind: kinds[kind]?.kind ?? 'Pod', name, namespace };
}

/** The resource a workload is an object of. */
export function resourceOfWorkload(workload: WorkloadRef): Resource {
  return kinds[workload.kind.toLowerCase()]?.resource ?? resources.pods;
}

/** `Deployment api-client`, as messages name it. */
export function describeWorkload(workload: WorkloadRef): string {
  return `${workload.kind} ${workload.name}`;
}

/**
 * The Pods a workload owns now, of a Deployment only those of the newest ReplicaSet; Pods being deleted don't count.
 * Ownership is by controller reference, so a bare Pod with the right name or labels is none of them.
 */
export function podsOf(view: Pick<ClusterView, 'get' | 'list'>, workload: WorkloadRef): Stored<Pod>[] {
  const live = view.list(resources.pods, workload.namespace).filter((pod) => !pod.metadata.deletionTimestamp);
  if (workload.kind === 'Pod') return live.filter((pod) => pod.metadata.name === workload.name);
  const root = view.get(resourceOfWorkload(workload), workload.namespace, workload.name);
  if (!root) return [];
  let owners = new Set([root.metadata.uid]);
  if (workload.kind === 'Deployment') owners = newest(view, workload, owners);
  if (workload.kind === 'CronJob') {
    owners = new Set(ownedBy(view.list(resources.jobs, workload.namespace), owners).map((job) => job.metadata.uid));
  }
  return ownedBy(live, owners);
}

function newest(view: Pick<ClusterView, 'list'>, workload: WorkloadRef, owners: Set<string>): Set<string> {
  const revision = (set: Stored) => Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  const sets = ownedBy(view.list(resources.replicaSets, workload.namespace), owners);
  const last = sets.sort((a, b) => revision(b) - revision(a))[0];
  return new Set(last ? [last.metadata.uid] : []);
}

function ownedBy<T extends Stored>(objects: T[], owners: Set<string>): T[] {
  return objects.filter((o) => o.metadata.ownerReferences?.some((r) => r.controller && owners.has(r.uid)));
}
