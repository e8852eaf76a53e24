import { ownValue } from '../../../kernel/own.ts';
import type { Container, ObjectFieldSelector, Pod, ResourceFieldSelector } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { milliValue, quantityValue } from '../../../kube/quantity.ts';

/** What the downward API knows beside the Pod's own object. */
export interface PodFacts {
  podIP: string;
  hostIP: string;
  /** The node's allocatable resources: the limit of a container that has none. */
  allocatable: Readonly<Record<string, string>>;
}

/** The value of a fieldRef. Throws for a path that the downward API does not have. */
export function fieldValue(pod: Stored<Pod>, facts: PodFacts, ref: ObjectFieldSelector): string {
  const { metadata } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(ref.fieldPath);
  if (subscript)
    return ownValue(metadata[subscript[1] === 'labels' ? 'labels' : 'annotations'], subscript[2] ?? '') ?? '';
  switch (ref.fieldPath) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      return formatMap(metadata.labels);
    case 'metadata.annotations':
      return formatMap(metadata.annotations);
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIP;
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIP;
    default:
      throw new Error(`unsupported fieldPath: ${ref.fieldPath}`);
  }
}

/** `key="value"` lines, sorted, as files of a downwardAPI volume have them. */
function formatMap(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** The value of a resourceFieldRef, in units of its divisor, rounded up. */
export function resourceValue(
  pod: Stored<Pod>,
  container: Container | undefined,
  facts: PodFacts,
  ref: ResourceFieldSelector,
): string {
  const target = ref.containerName ? findContainer(pod, ref.containerName) : container;
  if (!target) throw new Error(`container ${ref.containerName ?? ''} not found`);
  const [kind, ...rest] = ref.resource.split('.');
  const resource = rest.join('.');
  const own = ownValue(target.resources?.[kind === 'limits' ? 'limits' : 'requests'], resource);
  // KEP-753: without a limit a container may use all that the node can give.
  const quantity = own ?? (kind === 'limits' ? ownValue(facts.allocatable, resource) : undefined) ?? '0';
  const divisor = ref.divisor && ref.divisor !== '0' ? ref.divisor : '1';
  if (resource !== 'cpu') return String(quantityValue(quantity, divisor));
  return String(Math.ceil(milliValue(quantity) / milliValue(divisor)));
}

function findContainer(pod: Stored<Pod>, name: string): Container | undefined {
  return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find((c) => c.name === name);
}
