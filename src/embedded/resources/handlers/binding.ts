import type { Clock } from '../../../kernel/clock.ts';
import type { Binding, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { nodes } from '../../../kube/resources.ts';
import * as field from '../../errors/field.ts';
import { badRequest, conflict, plainError } from '../../errors/status.ts';
import type { CreateHandler, Registry } from '../../registry/types.ts';
import { created, podDefinition, setCondition } from './pods.ts';

/** What kube-apiserver names a refused binding by. */
const bindingResource = { group: '', resource: 'pods/binding' };

/** Topology labels of the node that a Pod gets when it is bound (KEP-4742). */
const topologyLabels = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** The first thing wrong with a binding; a plain 500 in Kubernetes, as recorded. */
function checkTarget({ target }: Binding): void {
  const kind = target?.kind ?? '';
  if (kind !== '' && kind !== 'Node') {
    throw refused(field.notSupported('target.kind', kind, ['Node', '<empty>']));
  }
  if (!target?.name) throw refused(field.required('target.name'));
}

const refused = (error: { field: string; message: string }) => plainError(`${error.field}: ${error.message}`);

/** Throws the 409 for a Pod that can't be assigned (any more). */
function checkPod(pod: Stored<Pod>, { metadata }: Binding): void {
  const { name, uid, resourceVersion } = pod.metadata;
  const refuse = (why: string) => conflict(bindingResource, name, why);
  if (metadata?.uid && metadata.uid !== uid) {
    throw conflict(
      { group: '', resource: 'pods' },
      name,
      `StorageError: invalid object, Code: 4, Key: /registry/pods/${pod.metadata.namespace}/${name}, ResourceVersion: 0, ` +
        `AdditionalErrorMsg: Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid}`,
    );
  }
  if (metadata?.resourceVersion && metadata.resourceVersion !== resourceVersion) {
    throw conflict(
      { group: '', resource: 'pods' },
      name,
      `Precondition failed: ResourceVersion in precondition: ${metadata.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
    );
  }
  if (pod.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec?.nodeName) throw refuse(`pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  if ((pod.spec?.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
}

function labelsOfNode(registry: Registry, name: string): Record<string, string> {
  const definition = registry.definition(nodes);
  if (definition === undefined) return {};
  const found = registry.list(definition, { fieldSelector: `metadata.name=${name}` }).items[0];
  return found ? topologyLabelsOf(found) : {};
}

export function topologyLabelsOf({ metadata: { labels = {} } }: Stored): Record<string, string> {
  return Object.fromEntries(topologyLabels.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])));
}

/** POST pods/<name>/binding, and POST bindings, which names the Pod in the body. */
export const bindingHandler =
  (clock: Clock): CreateHandler =>
  async ({ registry, namespace, name, object, context }) => {
    const binding = object as Binding;
    const own = binding.metadata?.name ?? '';
    if (name !== undefined && own !== name) {
      throw badRequest('name in URL does not match name in Binding object');
    }
    checkTarget(binding);
    const definition = podDefinition(registry);
    const podName = name ?? own;
    const pod = structuredClone(registry.get(definition, namespace, podName)) as Stored<Pod>;
    checkPod(pod, binding);
    const node = binding.target.name ?? '';
    const labels = { ...labelsOfNode(registry, node), ...binding.metadata?.labels };
    if (Object.keys(labels).length > 0) pod.metadata.labels = { ...pod.metadata.labels, ...labels };
    const annotations = binding.metadata?.annotations;
    if (annotations !== undefined) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
    pod.spec = { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: node };
    setCondition(pod, { type: 'PodScheduled', status: 'True' }, clock);
    // Where it might have gone no longer matters (KEP-5278).
    delete pod.status?.nominatedNodeName;
    await registry.update(definition, namespace, podName, pod, { ...context, subresource: 'binding' });
    return created();
  };
