import type { Container, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';

/** A container of a Pod, init containers included. */
export function containerOf({ spec }: Stored<Pod>, name: string): Container | undefined {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].find((c) => c.name === name);
}

/** Where it stands, for kubectl's jsonpath: `.spec.containers[?(@.name=="app")]`. */
export function containerPath({ spec }: Stored<Pod>, name: string): string {
  const list = spec?.initContainers?.some((c) => c.name === name) ? 'initContainers' : 'containers';
  return `.spec.${list}[?(@.name=="${name}")]`;
}
