/**
 * What a kubelet may do, as kube-apiserver's node authorizer decides: what belongs to the Pods of its own node, its own
 * Node object and lease, and the fixed rules of ClusterRole system:node.
 */
import { ownValue } from '../../kernel/own.ts';
import type { Pod, PolicyRule, Volume } from '../../kube/api.gen.ts';
import { pods } from '../../kube/resources.ts';
import { allows } from '../../kube/rules.ts';
import type { ObjectReader } from '../registry/types.ts';
import { bootstrapRbac } from './bootstrap.ts';
import type { AuthorizationAttributes } from './types.ts';
import { nodeNameOf } from './users.ts';

/** `reason` may be empty; a refusal only means that the next authorizer is asked. */
export interface Opinion {
  allowed: boolean;
  reason: string;
}

type ResourceAttributes = Extract<AuthorizationAttributes, { resourceRequest: true }>;

const allow: Opinion = { allowed: true, reason: '' };
const noOpinion = (reason = ''): Opinion => ({ allowed: false, reason });

let fixedRules: PolicyRule[] | undefined;
function nodeRules(): PolicyRule[] {
  fixedRules ??= bootstrapRbac()
    .filter((o) => o.kind === 'ClusterRole' && o.metadata?.name === 'system:node')
    .flatMap((o) => (o as { rules?: PolicyRule[] }).rules ?? []);
  return fixedRules;
}

/** The node authorizer's opinion on one request. */
export function authorizeNode(attributes: AuthorizationAttributes, reader: ObjectReader): Opinion {
  const node = nodeNameOf(attributes.user);
  if (node === undefined) return noOpinion();
  if (node === '') return noOpinion(`unknown node for user "${attributes.user.name}"`);
  if (attributes.resourceRequest) {
    const byResource = ownValue(
      subdivided,
      attributes.group === '' ? attributes.resource : `${attributes.resource}.${attributes.group}`,
    );
    if (byResource) return byResource(node, attributes, reader);
  }
  return nodeRules().some((rule) => allows(rule, attributes)) ? allow : noOpinion();
}

type Rule = (node: string, a: ResourceAttributes, reader: ObjectReader) => Opinion;

const readNamespaced =
  (refers: (pod: Pod, name: string) => boolean): Rule =>
  (node, a, reader) => {
    if (!['get', 'list', 'watch'].includes(a.verb)) return noOpinion('can only read resources of this type');
    if (a.subresource) return noOpinion('cannot read subresource');
    if (!a.namespace) return noOpinion('can only read namespaced object of this type');
    return related(node, a, reader, refers);
  };

const getOnly =
  (refers: (pod: Pod, name: string) => boolean): Rule =>
  (node, a, reader) => {
    if (a.verb !== 'get') return noOpinion('can only get individual resources of this type');
    if (a.subresource) return noOpinion('cannot get subresource');
    return related(node, a, reader, refers);
  };

/** Whether a Pod on the node refers to the object; the authorizer's graph walks the same edges. */
function related(
  node: string,
  a: ResourceAttributes,
  reader: ObjectReader,
  refers: (pod: Pod, name: string) => boolean,
): Opinion {
  const { name, namespace } = a;
  if (!name) return noOpinion('No Object name found');
  const found = reader.listAll(pods, namespace).some((pod) => pod.spec?.nodeName === node && refers(pod, name));
  return found ? allow : noOpinion(`no relationship found between node '${node}' and this object`);
}

const subdivided: Readonly<Record<string, Rule>> = {
  secrets: readNamespaced((pod, name) => secretsOf(pod).includes(name)),
  configmaps: readNamespaced((pod, name) => configMapsOf(pod).includes(name)),
  persistentvolumeclaims: (node, a, reader) =>
    a.subresource === 'status' && (a.verb === 'update' || a.verb === 'patch')
      ? related(node, a, reader, (pod, name) => claimsOf(pod).includes(name))
      : getOnly((pod, name) => claimsOf(pod).includes(name))(node, a, reader),
  serviceaccounts: (node, a, reader) => {
    if (a.verb !== 'create' || !a.name) return noOpinion('can only create tokens for individual service accounts');
    if (a.subresource !== 'token') return noOpinion('can only create token subresource of service account');
    return related(node, a, reader, (pod, name) => (pod.spec?.serviceAccountName || 'default') === name);
  },
  pods: (node, a, reader) => {
    switch (a.subresource ?? '') {
      case '':
        if (a.verb === 'get') return related(node, a, reader, (pod, name) => pod.metadata?.name === name);
        if (a.verb === 'create' || a.verb === 'delete') return allow;
        if (a.verb !== 'list' && a.verb !== 'watch') return noOpinion();
        return a.fieldSelector?.split(',').some((part) => /^spec\.nodeName==?/.test(part) && part.endsWith(`=${node}`))
          ? allow
          : noOpinion('can only list/watch pods with spec.nodeName field selector');
      case 'status':
        return a.verb === 'update' || a.verb === 'patch' ? allow : noOpinion();
      case 'eviction':
        return a.verb === 'create' ? allow : noOpinion();
      default:
        return noOpinion();
    }
  },
  nodes: (node, a) => {
    const writes = ['create', 'update', 'patch'].includes(a.verb);
    // NodeRestriction holds a kubelet to its own Node object.
    if (writes && (!a.subresource || (a.subresource === 'status' && a.verb !== 'create'))) return allow;
    if (a.subresource || !['get', 'list', 'watch'].includes(a.verb)) return noOpinion();
    if (a.name === node) return allow;
    const what = a.name ? `'${a.name}'` : 'all nodes';
    return noOpinion(`node '${node}' cannot read ${what}, only its own Node object`);
  },
  'leases.coordination.k8s.io': (node, a) => {
    if (!['get', 'create', 'update', 'patch', 'delete'].includes(a.verb)) {
      return noOpinion('can only get, create, update, patch, or delete a node lease');
    }
    if (a.namespace !== 'kube-node-lease') {
      return noOpinion('can only access leases in the "kube-node-lease" system namespace');
    }
    // The name of a lease that is being created is not known to authorization.
    if (a.verb !== 'create' && a.name !== node) {
      return noOpinion('can only access node lease with the same name as the requesting node');
    }
    return allow;
  },
  'csinodes.storage.k8s.io': (node, a) => {
    if (!['get', 'create', 'update', 'patch', 'delete'].includes(a.verb)) {
      return noOpinion('can only get, create, update, patch, or delete a CSINode');
    }
    if (a.subresource) return noOpinion('cannot authorize CSINode subresources');
    if (a.verb !== 'create' && a.name !== node) {
      return noOpinion('can only access CSINode with the same name as the requesting node');
    }
    return allow;
  },
};

function containersOf(pod: Pod) {
  const spec = pod.spec;
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])];
}

function named(names: (string | undefined)[]): string[] {
  return names.filter((name) => name !== undefined);
}

function projections(volume: Volume) {
  return volume.projected?.sources ?? [];
}

function secretsOf(pod: Pod): string[] {
  const volumes = pod.spec?.volumes ?? [];
  return named([
    ...(pod.spec?.imagePullSecrets ?? []).map((s) => s.name),
    ...containersOf(pod).flatMap((c) => [
      ...(c.env ?? []).map((e) => e.valueFrom?.secretKeyRef?.name),
      ...(c.envFrom ?? []).map((e) => e.secretRef?.name),
    ]),
    ...volumes.map((v) => v.secret?.secretName),
    ...volumes.flatMap((v) => projections(v).map((p) => p.secret?.name)),
    ...volumes.map((v) => v.csi?.nodePublishSecretRef?.name),
  ]);
}

function configMapsOf(pod: Pod): string[] {
  const volumes = pod.spec?.volumes ?? [];
  return named([
    ...containersOf(pod).flatMap((c) => [
      ...(c.env ?? []).map((e) => e.valueFrom?.configMapKeyRef?.name),
      ...(c.envFrom ?? []).map((e) => e.configMapRef?.name),
    ]),
    ...volumes.map((v) => v.configMap?.name),
    ...volumes.flatMap((v) => projections(v).map((p) => p.configMap?.name)),
  ]);
}

function claimsOf(pod: Pod): string[] {
  return named(
    (pod.spec?.volumes ?? []).map(
      (v) => v.persistentVolumeClaim?.claimName ?? (v.ephemeral ? `${pod.metadata?.name}-${v.name}` : undefined),
    ),
  );
}
