import type { PodSpec } from '../../../kube/api.gen.ts';
import { quantityNanos } from '../../../kube/quantity.ts';

type Quantities = Readonly<Record<string, string | number>>;
const counted = ['cpu', 'memory'] as const;

function addTo(sum: Map<string, bigint>, quantities: Quantities | undefined): void {
  for (const name of counted) {
    const amount = quantities?.[name] === undefined ? 0n : quantityNanos(quantities[name]);
    if (amount > 0n) sum.set(name, (sum.get(name) ?? 0n) + amount);
  }
}

const hasBoth = (limits: Quantities | undefined) =>
  counted.every((name) => limits?.[name] !== undefined && quantityNanos(limits[name]) > 0n);

/** The quality of service class: by cpu and memory of all containers, or of the Pod where it sets them itself (KEP-2837). */
export function qosClass(spec: PodSpec | undefined): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const requests = new Map<string, bigint>();
  const limits = new Map<string, bigint>();
  let guaranteed = true;
  const own = spec?.resources;
  const parts =
    own?.limits !== undefined || own?.requests !== undefined
      ? [own]
      : [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map((container) => container.resources);
  for (const resources of parts) {
    addTo(requests, resources?.requests);
    addTo(limits, resources?.limits);
    guaranteed &&= hasBoth(resources?.limits);
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  const equal = requests.size === limits.size && counted.every((name) => requests.get(name) === limits.get(name));
  return guaranteed && equal ? 'Guaranteed' : 'Burstable';
}
