import type { Container, Pod } from '../../kube/api.gen.ts';
import { type Amounts, add, larger } from './amounts.ts';

/**
 * What a whole Pod asks for or may use: the sum of its containers and sidecars, or what its init containers need at
 * their worst (KEP-753), its own resources where it sets them (KEP-2837), and its overhead.
 */
export function podResources(pod: Pod, kind: 'requests' | 'limits'): Amounts {
  const spec = pod.spec;
  const of = (container: Container): Amounts => container.resources?.[kind] ?? {};
  let total: Amounts = {};
  for (const container of spec?.containers ?? []) total = add(total, of(container));
  let sidecars: Amounts = {};
  let worst: Amounts = {};
  for (const container of spec?.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      total = add(total, of(container));
      sidecars = add(sidecars, of(container));
      worst = larger(worst, sidecars);
    } else worst = larger(worst, add(of(container), sidecars));
  }
  total = { ...larger(total, worst), ...spec?.resources?.[kind] };
  const overhead = spec?.overhead ?? {};
  // A limit that nobody set stays unset.
  const relevant =
    kind === 'requests'
      ? overhead
      : Object.fromEntries(Object.entries(overhead).filter(([n]) => Object.hasOwn(total, n)));
  return add(total, relevant);
}
