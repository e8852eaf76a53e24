import { ownValue } from '../../kernel/own.ts';
import type { ManagedFieldsEntry, OwnerReference } from '../../kube/api.gen.ts';
import { groupResource, type KubeObject, type Resource, type Stored } from '../../kube/meta.ts';

type Json = Record<string, unknown>;

/** Annotations that controllers write for themselves. */
const machineryAnnotations = new Set([
  'deployment.kubernetes.io/revision',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deployment.kubernetes.io/revision-history',
  'deprecated.daemonset.template.generation',
  'control-plane.alpha.kubernetes.io/leader',
  'endpoints.kubernetes.io/last-change-trigger-time',
  'node.alpha.kubernetes.io/ttl',
  'kubernetes.io/service-account.uid',
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'volume.kubernetes.io/selected-node',
  'volume.kubernetes.io/storage-provisioner',
  'volume.beta.kubernetes.io/storage-provisioner',
]);

/** Labels and selectors by which the Job controller finds its Pods: made from the Job's uid. */
const jobLabels = ['controller-uid', 'batch.kubernetes.io/controller-uid'];

/** True for finalizers of Kubernetes' own controllers, which put them there and take them away themselves. */
export function isSystemFinalizer(finalizer: string): boolean {
  const [domain = '', name] = finalizer.split('/');
  return name === undefined
    ? /k8s\.io$|^(orphan|foregroundDeletion)$/.test(finalizer)
    : /(^|\.)(k8s|kubernetes)\.io$/.test(domain);
}

export function isMachineryAnnotation(key: string): boolean {
  return machineryAnnotations.has(key);
}

/**
 * What somebody wished of an object: the part that a reset compares and brings back. Without status, what the server
 * counts and stamps (uid, resourceVersion, generation, times, managedFields), and what controllers write beside it.
 */
export function contentOf(resource: Resource, object: Stored): Json {
  const { apiVersion: _, kind: _kind, metadata, status: _status, ...rest } = structuredClone(object) as Stored & Json;
  const content: Json = { ...rest };
  const owners = metadata.ownerReferences?.map(ownerText).sort();
  const labels = withoutEmpty(metadata.labels);
  const finalizers = metadata.finalizers?.filter((f) => !isSystemFinalizer(f)).sort();
  const annotations = withoutEmpty(
    Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !isMachineryAnnotation(key))),
  );
  content.metadata = {
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(finalizers?.length && { finalizers }),
    ...(owners?.length && { ownerReferences: owners }),
  };
  dropDerived(groupResource(resource), content, object);
  return content;
}

/** The paths at which two objects of one resource differ: `spec.replicas`; empty if a reset has nothing to do. */
export function changedFields(resource: Resource, a: Stored, b: Stored): string[] {
  const { uid, resourceVersion } = a.metadata;
  if (uid === b.metadata.uid && resourceVersion === b.metadata.resourceVersion) return [];
  const paths: string[] = [];
  compare(contentOf(resource, a), contentOf(resource, b), '', paths);
  return paths;
}

/**
 * An object with its content brought to that of `saved`, the rest as it is now: what to PUT. With `unbind` a volume lets
 * go of a claim that is gone, so that the next one of that name can have it.
 */
export function withContentOf(resource: Resource, saved: Stored, live: Stored, unbind = false): KubeObject {
  const wanted = structuredClone(saved) as Stored & Json;
  const now = structuredClone(live) as Stored & Json;
  const annotations = merged(saved.metadata.annotations, live.metadata.annotations, isMachineryAnnotation);
  const finalizers = [
    ...(live.metadata.finalizers ?? []).filter(isSystemFinalizer),
    ...(saved.metadata.finalizers ?? []).filter((f) => !isSystemFinalizer(f)),
  ];
  const { ownerReferences } = saved.metadata;
  const labels = merged(saved.metadata.labels, live.metadata.labels, (key) => jobLabels.includes(key));
  const { resourceVersion, uid, name, namespace } = live.metadata;
  const metadata = {
    name,
    ...(namespace !== undefined && { namespace }),
    uid,
    resourceVersion,
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(finalizers.length > 0 && { finalizers }),
    ...(ownerReferences && { ownerReferences }),
  };
  keepDerived(groupResource(resource), wanted, now);
  const spec = wanted.spec as Json | undefined;
  if (unbind && spec?.claimRef) spec.claimRef = unbound(spec.claimRef as Json);
  const { status: _, ...rest } = wanted;
  return { ...rest, metadata };
}

/** Takes out of a content what follows from somewhere else, by resource. */
function dropDerived(type: string, content: Json, object: Stored): void {
  const spec = content.spec as Json | undefined;
  switch (type) {
    case 'nodes':
      if (spec)
        content.spec = { ...spec, taints: nonEmpty((spec.taints as { key: string }[] | undefined)?.filter(isWish)) };
      break;
    case 'namespaces':
      // The finalizer `kubernetes` is always there; deletion is not a field.
      delete content.spec;
      break;
    case 'clusterroles.rbac.authorization.k8s.io':
      // The controller adds up the rules of an aggregated role.
      if (content.aggregationRule) delete content.rules;
      break;
    case 'persistentvolumeclaims':
      if (spec && isBoundByController(object)) delete spec.volumeName;
      break;
    case 'persistentvolumes':
      if (spec?.claimRef) {
        const { namespace, name } = spec.claimRef as { namespace?: string; name?: string };
        spec.claimRef = { namespace, name };
      }
      break;
    case 'secrets':
      if (content.type === 'kubernetes.io/service-account-token') delete content.data;
      break;
    case 'configmaps':
      if (object.metadata.namespace === 'kube-public' && object.metadata.name === 'cluster-info')
        content.data = withoutKeys(content.data as Json, (key) => key.startsWith('jws-kubeconfig-'));
      break;
    case 'pods':
      if (spec && !choseNode(object)) delete spec.nodeName;
      if (spec) dropTokenVolume(spec);
      break;
    case 'certificatesigningrequests.certificates.k8s.io':
      // Approving is done in the status, and can't be taken back but by making the request again.
      content.decision = decisionOf(object);
      break;
    case 'jobs.batch':
      if (spec && spec.manualSelector !== true) dropJobSelector(spec);
      dropJobLabels(content.metadata as { labels?: Json });
      break;
  }
}

/** Puts into what is to be written what a reset must leave as it is now, by resource. */
function keepDerived(type: string, wanted: Json, live: Json): void {
  const spec = wanted.spec as Json | undefined;
  const liveSpec = live.spec as Json | undefined;
  switch (type) {
    case 'nodes':
      if (spec) {
        const wishes = ((spec.taints as { key: string }[] | undefined) ?? []).filter(isWish);
        const conditions = ((liveSpec?.taints as { key: string }[] | undefined) ?? []).filter((t) => !isWish(t));
        spec.taints = [...wishes, ...conditions];
      }
      break;
    case 'namespaces':
      wanted.spec = live.spec;
      break;
    case 'clusterroles.rbac.authorization.k8s.io':
      if (wanted.aggregationRule) wanted.rules = live.rules;
      break;
    case 'persistentvolumeclaims':
      if (spec && isBoundByController(live as unknown as Stored)) spec.volumeName = liveSpec?.volumeName;
      break;
    case 'secrets':
      if (wanted.type === 'kubernetes.io/service-account-token') wanted.data = live.data;
      break;
    case 'persistentvolumes':
      if (spec?.claimRef) spec.claimRef = liveSpec?.claimRef ?? unbound(spec.claimRef as Json);
      break;
    case 'jobs.batch':
      if (spec && liveSpec && spec.manualSelector !== true) keepJobSelector(spec, liveSpec);
      break;
  }
}

/** A claim reference that any claim of that name fulfils. */
export function unbound({ apiVersion, kind, namespace, name }: Json): Json {
  return { apiVersion, kind, namespace, name };
}

/** Admission mounts a token into every Pod, under a random name. */
function dropTokenVolume(spec: Json): void {
  const isOther = ({ name }: { name: string }) => !name.startsWith('kube-api-access-');
  const others = (list: unknown) => nonEmpty((list as { name: string }[] | undefined)?.filter(isOther));
  spec.volumes = others(spec.volumes);
  for (const key of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of (spec[key] ?? []) as Json[]) container.volumeMounts = others(container.volumeMounts);
  }
}

/** Taints under this prefix follow from the node's conditions and from `spec.unschedulable`. */
const isWish = (taint: { key: string }) => !taint.key.startsWith('node.kubernetes.io/');

/** True where the claim's volume was chosen by a controller, not by the claim's author. */
export function isBoundByController(object: Stored): boolean {
  return object.metadata.annotations?.['pv.kubernetes.io/bound-by-controller'] !== undefined;
}

/** Whether the Pod's author named a node: the scheduler's binding is nobody's field. */
export function choseNode(object: Stored): boolean {
  return (object.metadata.managedFields ?? []).some(
    (entry: ManagedFieldsEntry) =>
      (entry.fieldsV1 as { 'f:spec'?: Json } | undefined)?.['f:spec']?.['f:nodeName'] !== undefined,
  );
}

/** `Approved`, `Denied` or empty. */
function decisionOf(object: Stored): string {
  const { status } = object as Stored & { status?: { conditions?: { type: string }[] } };
  return (status?.conditions ?? [])
    .map((c) => c.type)
    .filter((t) => t === 'Approved' || t === 'Denied')
    .join();
}

/** Takes out what the API server made from the Job's uid. */
export function dropJobSelector(spec: Json): void {
  delete spec.selector;
  const labels = labelsOfTemplate(spec);
  for (const label of jobLabels) delete labels[label];
}

/** A Job without labels of its own gets those of its template, with what was made from its uid. */
function dropJobLabels(metadata: { labels?: Json }): void {
  for (const label of jobLabels) delete metadata.labels?.[label];
}

/** Whether the server copied the labels from the template. */
export function hasCopiedLabels(object: Stored): boolean {
  return jobLabels.some((label) => object.metadata.labels?.[label] !== undefined);
}

/** The selector and the labels that it looks for belong to the Job that is there now. */
function keepJobSelector(spec: Json, live: Json): void {
  dropJobSelector(spec);
  spec.selector = live.selector;
  const labels = labelsOfTemplate(live);
  const kept = Object.fromEntries(jobLabels.flatMap((label) => (label in labels ? [[label, labels[label]]] : [])));
  Object.assign(labelsOfTemplate(spec), kept);
}

function labelsOfTemplate(spec: Json): Json {
  const template = (spec.template ?? {}) as { metadata?: { labels?: Json } };
  return template.metadata?.labels ?? {};
}

function ownerText({ apiVersion, kind, name, controller }: OwnerReference): string {
  return `${apiVersion} ${kind} ${name}${controller ? ' controller' : ''}`;
}

function merged(
  saved: Record<string, string> | undefined,
  live: Record<string, string> | undefined,
  fromLive: (key: string) => boolean,
): Record<string, string> | undefined {
  const entries = [
    ...Object.entries(saved ?? {}).filter(([key]) => !fromLive(key)),
    ...Object.entries(live ?? {}).filter(([key]) => fromLive(key)),
  ];
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function withoutKeys(map: Json | undefined, drop: (key: string) => boolean): Json {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !drop(key)));
}

function withoutEmpty<T extends object>(map: T | undefined): T | undefined {
  return map && Object.keys(map).length > 0 ? map : undefined;
}

function nonEmpty<T>(list: T[] | undefined): T[] | undefined {
  return list && list.length > 0 ? list : undefined;
}

/** Notes the paths of all leaves that differ; a field that is undefined or null is one that is not there. */
function compare(a: unknown, b: unknown, path: string, out: string[]): void {
  if (a === b || (a ?? undefined) === (b ?? undefined)) return;
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    for (const [index, item] of a.entries()) compare(item, b[index], `${path}[${index}]`, out);
    return;
  }
  if (isMap(a) && isMap(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      compare(ownValue(a, key), ownValue(b, key), path ? `${path}.${key}` : key, out);
    return;
  }
  out.push(path);
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
