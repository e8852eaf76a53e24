import type { Pod } from '../../kube/api.gen.ts';
import { groupResource, type Resource, type Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { matchesLabels, parseLabelSelector } from '../../kube/selectors.ts';
import type { Evidence, Suspect, WorkloadRef } from '../types.ts';
import { templateOf } from '../workloads/workload.ts';
import { Chain } from './chain.ts';
import { traceClaim } from './claim.ts';
import { traceConnection } from './connection.ts';
import { traceName } from './dns.ts';
import { followWords } from './log.ts';
import { traceObject } from './object.ts';
import { type Reader, type Trace, Unreadable } from './reader.ts';
import { traceService } from './service.ts';
import { clip } from './words.ts';
import { traceWorkload } from './workload.ts';

/**
 * Follows suspects to causes: observed facts, each with the command that shows it, cause after effect. Where the API
 * server does not let the reader see something, that is the end of the chain, and its last fact. Rejects if the cluster
 * can't be asked.
 *
 * @param now milliseconds since 1970
 */
export async function traceEvidence(suspects: readonly Suspect[], reader: Reader, now: number): Promise<Evidence[]> {
  const chain = new Chain();
  const t: Trace = { chain, reader, now, follow: (suspect) => follow(t, suspect) };
  try {
    for (const suspect of suspects) await follow(t, suspect);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    chain.add(endOfSight(error));
  }
  return chain.toEvidence();
}

function endOfSight({ resource, namespace, message }: Unreadable) {
  const where = namespace === undefined ? (resource.namespaced ? ' -A' : '') : ` -n ${namespace}`;
  const command = `kubectl auth can-i list ${groupResource(resource)}${where}`;
  return { kind: 'missing' as const, fact: `what lies behind cannot be read: ${clip(message)}`, command };
}

async function follow(t: Trace, suspect: Suspect): Promise<void> {
  switch (suspect.about) {
    case 'object':
      return followObject(t, suspect.resource, suspect.namespace, suspect.name);
    case 'pods':
      return followPods(t, suspect.namespace, suspect.selector);
    case 'connection':
      return traceConnection(t, suspect.from, suspect.to, suspect.port, suspect.denied ?? false);
    case 'name':
      return traceName(t, suspect.from, suspect.name);
    case 'log': {
      const pod = await t.reader.get(resources.pods, suspect.namespace, suspect.pod);
      if (pod) await followWords(t, pod, suspect.container, suspect.line);
    }
  }
}

const workloadKinds = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod']);

async function followObject(t: Trace, resource: Resource, namespace: string | undefined, name: string): Promise<void> {
  const { kind } = resource;
  if (namespace !== undefined && workloadKinds.has(kind))
    return traceWorkload(t, { kind: kind as WorkloadRef['kind'], namespace, name });
  if (namespace !== undefined && kind === 'PersistentVolumeClaim') return traceClaim(t, namespace, name);
  // Its controller makes it of the Service.
  if (kind === 'EndpointSlice') {
    const slice = await t.reader.get(resource, namespace, name);
    const service = slice?.metadata.labels?.['kubernetes.io/service-name'];
    if (namespace !== undefined && service) await traceService(t, namespace, service);
    return;
  }
  if (namespace !== undefined && (kind === 'Service' || kind === 'Endpoints')) {
    await traceService(t, namespace, name);
    return;
  }
  return traceObject(t, resource, namespace, name);
}

/** Pods that should be there: those that are, else whatever makes such. */
async function followPods(t: Trace, namespace: string, selector: string): Promise<void> {
  const wanted = parseLabelSelector(selector);
  for (const resource of [
    resources.deployments,
    resources.statefulSets,
    resources.daemonSets,
    resources.jobs,
  ] as Resource[]) {
    const makers = (await t.reader.list(resource, namespace)).filter((object) =>
      matchesLabels(wanted, templateOf(object)?.metadata?.labels),
    );
    for (const { metadata } of makers) await followObject(t, resource, namespace, metadata.name);
    if (makers.length > 0) return;
  }
  const pods: Stored<Pod>[] = await t.reader.list(resources.pods, namespace);
  const there = pods.filter((pod) => matchesLabels(wanted, pod.metadata.labels));
  for (const { metadata } of there.slice(0, 2)) await followObject(t, resources.pods, namespace, metadata.name);
}
