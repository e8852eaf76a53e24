import { ownValue } from '../../kernel/own.ts';
import type { OwnerReference } from '../../kube/api.gen.ts';
import { groupResource, type Resource, type Stored } from '../../kube/meta.ts';

/**
 * Whose an object is.
 * - `machinery`: kept by the cluster itself whatever anybody does (Leases, Events, endpoints of Services with a
 *   selector, root CA ConfigMaps, ...): never touched, never compared.
 * - `derived`: created by a controller from another object, which makes it again: it comes and goes with its owner.
 * - `own`: somebody's wish: a reset brings back exactly these.
 */
export type Role = 'machinery' | 'derived' | 'own';

/** Resources that only mirror something else, or that only the cluster's own parts write. */
const machineryResources = new Set([
  'events',
  'events.events.k8s.io',
  'csinodes.storage.k8s.io',
  'csistoragecapacities.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
  'resourceslices.resource.k8s.io',
  'storageversions.internal.apiserver.k8s.io',
  'clustertrustbundles.certificates.k8s.io',
]);

/** Labels by which controllers mark what they keep themselves. */
const machineryLabels: Record<string, (value: string) => boolean> = {
  'endpoints.kubernetes.io/managed-by': () => true,
  'endpointslice.kubernetes.io/managed-by': (value) => value.endsWith('.k8s.io'),
  'ipaddress.kubernetes.io/managed-by': () => true,
  'kube-aggregator.kubernetes.io/automanaged': () => true,
};

/** `<resource>/<namespace>/<name>` of objects that the API server or kubeadm's parts write by themselves. */
const machineryNames = new Set([
  'endpoints/default/kubernetes',
  'endpointslices.discovery.k8s.io/default/kubernetes',
  'configmaps/kube-system/extension-apiserver-authentication',
  'configmaps/kube-system/kube-apiserver-legacy-service-account-token-tracking',
]);

const leaseNamespaces = new Set(['kube-system', 'kube-node-lease']);

/** Tells whose an object is, from itself alone. */
export function roleOf(resource: Resource, object: Stored): Role {
  const { namespace = '', name, labels = {}, annotations = {} } = object.metadata;
  const type = groupResource(resource);
  if (machineryResources.has(type) || machineryNames.has(`${type}/${namespace}/${name}`)) return 'machinery';
  if (type === 'configmaps' && name === 'kube-root-ca.crt') return 'machinery';
  if (type === 'leases.coordination.k8s.io' && leaseNamespaces.has(namespace)) return 'machinery';
  if (type === 'certificatesigningrequests.certificates.k8s.io' && isKubeletRequest(object)) return 'machinery';
  // Mirrors of static Pods: the kubelet makes them again.
  if (type === 'pods' && annotations['kubernetes.io/config.mirror'] !== undefined) return 'machinery';
  // Endpoints of Services with a selector, by clusters before 1.33, which did not label them.
  if (type === 'endpoints' && annotations['endpoints.kubernetes.io/last-change-trigger-time']) return 'machinery';
  if (Object.entries(labels).some(([key, value]) => ownValue(machineryLabels, key)?.(value))) return 'machinery';
  if (type === 'persistentvolumes' && annotations['pv.kubernetes.io/provisioned-by']) return 'derived';
  return controllerOf(object) ? 'derived' : 'own';
}

/** The owner that makes this object again; undefined for what somebody made by hand. */
export function controllerOf(object: Stored): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller);
}

/**
 * Whether an object that a controller created after the inventory was taken is a trace of what was done: revisions of a
 * workload's template, runs of a CronJob. Pods are none: their names are random and their number follows from the owner.
 */
export function isTrace(resource: Resource): boolean {
  return ['replicasets.apps', 'controllerrevisions.apps', 'jobs.batch'].includes(groupResource(resource));
}

/** Signers that only kubelets ask: their requests come and go (bootstrap, rotation of certificates). */
function isKubeletRequest(object: Stored): boolean {
  const { spec } = object as Stored & { spec?: { signerName?: string } };
  return /^kubernetes\.io\/(kube-apiserver-client-kubelet|kubelet-serving)$/.test(spec?.signerName ?? '');
}
