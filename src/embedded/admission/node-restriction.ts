import { ownValue } from '../../kernel/own.ts';
import type { Lease, Node, Pod, TokenRequest } from '../../kube/api.gen.ts';
import { nodes, pods } from '../../kube/resources.ts';
import { quote, sameJson } from '../errors/field.ts';
import { notFound } from '../errors/status.ts';
import { mirrorAnnotation } from '../mirror-pod.ts';
import { nodeNameOf } from '../rbac/users.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../registry/admission.ts';
import { refusal } from './refuse.ts';

/** Holds kubelets (users system:node:x) to their own Node object, its lease, and the Pods that run there. */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  mutate(attributes) {
    const node = nodeNameOf(attributes.user);
    if (node === undefined) return;
    if (node === '') throw refusal(attributes, `could not determine node from user ${quote(attributes.user.name)}`);
    const { group, resource } = attributes.definition;
    ownValue(restrictions, group === '' ? resource : `${resource}.${group}`)?.(attributes, node);
  },
};

const restrictions: Readonly<Record<string, (attributes: AdmissionAttributes, node: string) => void>> = {
  pods: admitPods,
  nodes: admitNode,
  serviceaccounts: admitToken,
  'leases.coordination.k8s.io': admitLease,
};

function admitPods(attributes: AdmissionAttributes, node: string): void {
  const { operation, subresource = '' } = attributes;
  const me = quote(node);
  switch (subresource) {
    case '':
      if (operation === 'CREATE') {
        admitMirrorPod(attributes, attributes.object as Pod, node);
        return;
      }
      if (operation !== 'DELETE') {
        throw refusal(
          attributes,
          `unexpected operation ${quote(operation)}, node ${me} can only create and delete mirror pods`,
        );
      }
      if (existingPod(attributes).spec?.nodeName !== node) {
        throw refusal(attributes, `node ${me} can only delete pods with spec.nodeName set to itself`);
      }
      return;
    case 'status': {
      const old = attributes.oldObject as Pod | undefined;
      if (old?.spec?.nodeName !== node) {
        throw refusal(attributes, `node ${me} can only update pod status for pods with spec.nodeName set to itself`);
      }
      if (!sameJson(attributes.object?.metadata?.labels, old.metadata?.labels)) {
        throw refusal(attributes, `node ${me} cannot update labels through pod status`);
      }
      return;
    }
    case 'eviction':
      if (existingPod(attributes).spec?.nodeName !== node) {
        throw refusal(attributes, `node ${node} can only evict pods with spec.nodeName set to itself`);
      }
      return;
    default:
      throw refusal(
        attributes,
        `unexpected pod subresource ${quote(subresource)}, only 'status' and 'eviction' are allowed`,
      );
  }
}

function existingPod({ read, namespace, name = '' }: AdmissionAttributes): Pod {
  const pod = read(pods, namespace, name);
  if (!pod) throw notFound(pods, name);
  return pod;
}

function admitMirrorPod(attributes: AdmissionAttributes, pod: Pod, node: string): void {
  const me = quote(node);
  const refuse = (why: string) => refusal(attributes, why);
  if (pod.metadata?.annotations?.[mirrorAnnotation] === undefined) {
    throw refuse(`pod does not have ${quote(mirrorAnnotation)} annotation, node ${me} can only create mirror pods`);
  }
  if (pod.spec?.nodeName !== node) throw refuse(`node ${me} can only create pods with spec.nodeName set to itself`);
  const [owner, ...others] = pod.metadata.ownerReferences ?? [];
  if (others.length > 0) throw refuse(`node ${me} can only create pods with a single owner reference set to itself`);
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    throw refuse(`node ${me} can only create pods with an owner reference set to itself`);
  }
  if (!owner.controller) {
    throw refuse(`node ${me} can only create pods with a controller owner reference set to itself`);
  }
  if (owner.blockOwnerDeletion) throw refuse(`node ${me} must not set blockOwnerDeletion on an owner reference`);
  const self = attributes.read(nodes, undefined, node);
  if (!self) throw notFound(nodes, node);
  if (owner.uid !== self.metadata.uid) {
    throw refuse(`node ${node} UID mismatch: expected ${owner.uid} got ${self.metadata.uid}`);
  }
  const what = referencedKind(pod);
  if (what) throw refuse(`node ${me} can not create pods that reference ${what}`);
}

/** Objects of the API that a mirror pod must not need. */
function referencedKind({ spec }: Pod): string | undefined {
  if (spec?.serviceAccountName) return 'a service account';
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const env = containers.flatMap((c) => c.env ?? []).map((e) => e.valueFrom);
  const from = containers.flatMap((c) => c.envFrom ?? []);
  const volumes = spec?.volumes ?? [];
  const projected = volumes.flatMap((v) => v.projected?.sources ?? []);
  if (
    spec?.imagePullSecrets?.length ||
    env.some((e) => e?.secretKeyRef) ||
    from.some((e) => e.secretRef) ||
    volumes.some((v) => v.secret) ||
    projected.some((p) => p.secret)
  ) {
    return 'secrets';
  }
  if (
    env.some((e) => e?.configMapKeyRef) ||
    from.some((e) => e.configMapRef) ||
    volumes.some((v) => v.configMap) ||
    projected.some((p) => p.configMap)
  ) {
    return 'configmaps';
  }
  return volumes.some((v) => v.persistentVolumeClaim) ? 'persistentvolumeclaims' : undefined;
}

function admitNode(attributes: AdmissionAttributes, self: string): void {
  const { operation } = attributes;
  const me = quote(self);
  const requested = (operation === 'CREATE' && attributes.object?.metadata?.name) || attributes.name || '';
  if (requested !== self) throw refusal(attributes, `node ${me} is not allowed to modify node ${quote(requested)}`);
  if (operation !== 'CREATE' && operation !== 'UPDATE') return;
  const node = attributes.object as Node;
  const old = attributes.oldObject as Node | undefined;
  const labels = node.metadata?.labels ?? {};
  const before = old?.metadata?.labels ?? {};
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(before)])]
    .filter((key) => ownValue(labels, key) !== ownValue(before, key) && isReserved(key))
    .sort();
  if (operation === 'UPDATE') {
    if (!sameJson(node.spec?.taints, old?.spec?.taints)) {
      throw refusal(attributes, `node ${me} is not allowed to modify taints`);
    }
    if (!sameJson(node.metadata?.ownerReferences, old?.metadata?.ownerReferences)) {
      throw refusal(attributes, `node ${me} is not allowed to modify ownerReferences`);
    }
    if (changed.length > 0) {
      throw refusal(attributes, `is not allowed to modify labels: ${changed.join(', ')}`);
    }
  } else if (changed.length > 0) {
    throw refusal(attributes, `node ${me} is not allowed to set the following labels: ${changed.join(', ')}`);
  }
}

const kubeletLabels = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
]);

/** Labels of Kubernetes' own domains, except those that kubelets are known to set. */
function isReserved(label: string): boolean {
  const domain = label.includes('/') ? label.slice(0, label.indexOf('/')) : '';
  const within = (...suffixes: string[]) => suffixes.some((s) => domain === s || domain.endsWith(`.${s}`));
  if (!within('kubernetes.io', 'k8s.io') || kubeletLabels.has(label)) return false;
  return !within('kubelet.kubernetes.io', 'node.kubernetes.io');
}

function admitToken(attributes: AdmissionAttributes, node: string): void {
  if (attributes.operation !== 'CREATE' || attributes.subresource !== 'token') return;
  const reference = (attributes.object as TokenRequest | undefined)?.spec?.boundObjectRef;
  if (reference?.apiVersion !== 'v1' || reference.kind !== 'Pod' || !reference.name) {
    throw refusal(attributes, 'node requested token not bound to a pod');
  }
  if (!reference.uid) throw refusal(attributes, 'node requested token with a pod binding without a uid');
  const pod = attributes.read(pods, attributes.namespace, reference.name);
  if (!pod) throw notFound(pods, reference.name);
  if (pod.metadata.uid !== reference.uid) {
    throw refusal(
      attributes,
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (pod.spec?.nodeName !== node) {
    throw refusal(attributes, 'node requested token bound to a pod scheduled on a different node');
  }
}

function admitLease(attributes: AdmissionAttributes, node: string): void {
  if (attributes.namespace !== 'kube-node-lease') {
    throw refusal(attributes, 'can only access leases in the "kube-node-lease" system namespace');
  }
  const name = attributes.name || (attributes.object as Lease | undefined)?.metadata?.name;
  if (name !== node) {
    throw refusal(attributes, 'can only access node lease with the same name as the requesting node');
  }
}
