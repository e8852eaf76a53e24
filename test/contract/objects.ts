import type { Kubectl } from './kubectl.ts';

type Json = Record<string, unknown>;

interface KubeObject extends Json {
  apiVersion: string;
  kind: string;
  metadata: Json & {
    name: string;
    namespace?: string;
    ownerReferences?: (Json & { kind: string; name: string; controller?: boolean })[];
  };
}

/** What the cluster only keeps for itself: it lives on while anybody works. */
const uncounted = new Set([
  'Event',
  'Lease',
  'Endpoints',
  'EndpointSlice',
  'CSINode',
  'IPAddress',
  'ComponentStatus',
  'NodeMetrics',
  'PodMetrics',
]);

const stamps = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
];

/** Numbers that controllers count up, and hints for themselves. */
const counters = [
  'deployment.kubernetes.io/revision',
  'deployment.kubernetes.io/revision-history',
  'deprecated.daemonset.template.generation',
  'node.alpha.kubernetes.io/ttl',
];

/**
 * Every object of a cluster as kubectl shows it, without uid, resourceVersion, generation, times, managedFields and
 * status; Pods that a controller created are counted by their owner, since their names are random.
 */
export async function normalisedObjects(kubectl: Kubectl): Promise<Record<string, unknown>> {
  const types = (await kubectl.run('api-resources', '--verbs=list', '-o', 'name'))
    .split('\n')
    .filter((t) => !/^(events|componentstatuses)|metrics/.test(t));
  const list = JSON.parse(await kubectl.run('get', types.join(','), '-A', '-o', 'json')) as { items: KubeObject[] };
  const result: Record<string, unknown> = {};
  for (const object of list.items) {
    if (uncounted.has(object.kind)) continue;
    const owner = object.metadata.ownerReferences?.find((reference) => reference.controller);
    const { name, namespace = '' } = object.metadata;
    if (object.kind === 'Pod' && owner) {
      if (owner.kind === 'Node' || owner.kind === 'Job') continue;
      const key = `Pods of ${owner.kind} ${namespace}/${owner.name}`;
      result[key] = Number(result[key] ?? 0) + 1;
    } else {
      result[`${object.apiVersion} ${object.kind} ${namespace}/${name}`] = normalise(object);
    }
  }
  return result;
}

function normalise(object: KubeObject): Json {
  const { status: _, metadata, ...rest } = structuredClone(object);
  for (const stamp of stamps) delete metadata[stamp];
  const annotations = metadata.annotations as Json | undefined;
  for (const counter of counters) delete annotations?.[counter];
  if (annotations && Object.keys(annotations).length === 0) delete metadata.annotations;
  for (const owner of metadata.ownerReferences ?? []) delete owner.uid;
  if (object.kind === 'ControllerRevision') delete rest.revision;
  if (object.kind === 'Job') return dropUid({ ...rest, metadata }, String(object.metadata.uid)) as Json;
  const spec = rest.spec as Json | undefined;
  if (object.kind === 'PersistentVolume' && spec?.claimRef) {
    delete (spec.claimRef as Json).uid;
    delete (spec.claimRef as Json).resourceVersion;
  }
  // The scheduler's choice; with one node it says nothing.
  if (object.kind === 'Pod' && spec) delete spec.nodeName;
  return { ...rest, metadata };
}

/** The labels by which a Job finds its Pods hold its uid. */
function dropUid(value: unknown, uid: string): unknown {
  if (Array.isArray(value)) return value.map((item) => dropUid(item, uid));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== uid)
      .map(([k, v]) => [k, dropUid(v, uid)]),
  );
}
