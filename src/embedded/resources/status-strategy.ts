import type { KubeObject, Stored } from '../../kube/meta.ts';
import type { StrategyContext } from '../definition.ts';

type WithParts = KubeObject & { spec?: unknown; status?: unknown };

/**
 * An update of the main resource leaves the status as it was, one of /status the spec. Unlike spec, metadata may be
 * changed through /status (labels and annotations; kubelets do).
 */
export function keepOtherPart<T extends WithParts>(object: T, old: Stored<T>, { subresource }: StrategyContext): void {
  if (subresource === 'status') object.spec = structuredClone(old.spec);
  else object.status = structuredClone(old.status);
}
