import type { OwnerReference } from '../../kube/api.gen.ts';
import { groupResource, type KubeObject, type Resource, type Stored } from '../../kube/meta.ts';
import { choseNode, dropJobSelector, hasCopiedLabels, isBoundByController, unbound } from './content.ts';

type Json = Record<string, unknown>;

/** Bound volumes and claims find each other again; these say which ones a controller had found before. */
const bindingAnnotations = ['pv.kubernetes.io/bind-completed', 'pv.kubernetes.io/bound-by-controller'];

/**
 * What to POST so that an object is there again as it was. `uidOf` finds the present uid of an owner; references to
 * owners that are gone for good are left out.
 */
export function bodyFor(
  resource: Resource,
  saved: Stored,
  uidOf: (owner: OwnerReference) => string | undefined,
): KubeObject {
  const { metadata, status: _, ...rest } = structuredClone(saved) as Stored & Json;
  const { name, namespace, labels, annotations, finalizers } = metadata;
  const ownerReferences = metadata.ownerReferences?.flatMap((reference) => {
    const uid = uidOf(reference);
    return uid === undefined ? [] : [{ ...reference, uid }];
  });
  const body: KubeObject & Json = {
    ...rest,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ...(ownerReferences?.length && { ownerReferences }),
    },
  };
  forget(groupResource(resource), body, saved);
  return body;
}

/** The order in which objects are recreated: what others need comes first, what may stand in their way last. */
export function rankOf(resource: Resource): number {
  const rank = ranks.findIndex((types) => types.includes(groupResource(resource)));
  return rank < 0 ? otherRank : rank;
}

const ranks: string[][] = [
  ['namespaces', 'customresourcedefinitions.apiextensions.k8s.io'],
  [
    'nodes',
    'persistentvolumes',
    'priorityclasses.scheduling.k8s.io',
    'storageclasses.storage.k8s.io',
    'runtimeclasses.node.k8s.io',
    'ingressclasses.networking.k8s.io',
    'clusterroles.rbac.authorization.k8s.io',
    'roles.rbac.authorization.k8s.io',
  ],
  ['serviceaccounts', 'configmaps', 'limitranges', 'persistentvolumeclaims', 'services'],
  [
    'secrets',
    'rolebindings.rbac.authorization.k8s.io',
    'clusterrolebindings.rbac.authorization.k8s.io',
    'deployments.apps',
    'daemonsets.apps',
    'statefulsets.apps',
  ],
  [],
  ['pods', 'replicasets.apps', 'controllerrevisions.apps', 'horizontalpodautoscalers.autoscaling'],
  ['resourcequotas'],
  ['apiservices.apiregistration.k8s.io'],
  [
    'validatingadmissionpolicies.admissionregistration.k8s.io',
    'validatingadmissionpolicybindings.admissionregistration.k8s.io',
    'mutatingadmissionpolicies.admissionregistration.k8s.io',
    'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
    'validatingwebhookconfigurations.admissionregistration.k8s.io',
    'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  ],
];
const otherRank = ranks.findIndex((types) => types.length === 0);

/** What can refuse the writes of a reset: it goes first. */
export function isObstacle(resource: Resource): boolean {
  return rankOf(resource) === ranks.length - 1 || resource.resource === 'apiservices';
}

/** Takes out what belonged to the object that is gone, by resource. */
function forget(type: string, body: KubeObject & Json, saved: Stored): void {
  const spec = body.spec as Json | undefined;
  switch (type) {
    case 'namespaces':
      delete body.spec;
      break;
    case 'pods':
      if (!spec) break;
      delete spec.ephemeralContainers;
      if (!choseNode(saved)) delete spec.nodeName;
      break;
    case 'jobs.batch':
      if (!spec || spec.manualSelector === true) break;
      dropJobSelector(spec);
      if (hasCopiedLabels(saved)) delete body.metadata?.labels;
      break;
    case 'persistentvolumes':
      if (spec?.claimRef) spec.claimRef = unbound(spec.claimRef as Json);
      break;
    case 'persistentvolumeclaims':
      if (spec && isBoundByController(saved)) delete spec.volumeName;
      dropAnnotations(body, bindingAnnotations);
      break;
    case 'secrets':
      if (body.type !== 'kubernetes.io/service-account-token') break;
      delete body.data;
      dropAnnotations(body, ['kubernetes.io/service-account.uid']);
      break;
    case 'certificatesigningrequests.certificates.k8s.io':
      // The server notes who asks.
      if (spec) for (const key of ['username', 'uid', 'groups', 'extra']) delete spec[key];
      break;
  }
}

function dropAnnotations(body: KubeObject, names: string[]): void {
  for (const name of names) delete body.metadata?.annotations?.[name];
}
