import { ownValue } from '../../kernel/own.ts';
import type { Pod, RuntimeClass } from '../../kube/api.gen.ts';
import type { Resource } from '../../kube/meta.ts';
import { sameJson } from '../registry/field.ts';
import { podOf, refusal } from './refuse.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './types.ts';

const runtimeClasses: Resource<RuntimeClass> = {
  group: 'node.k8s.io',
  version: 'v1',
  resource: 'runtimeclasses',
  kind: 'RuntimeClass',
  namespaced: false,
};

/** Gives Pods what their RuntimeClass adds (overhead, node selector, tolerations). */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  mutate(attributes) {
    const pod = attributes.operation === 'CREATE' ? podOf(attributes) : undefined;
    const found = pod && classOf(attributes, pod);
    if (!pod?.spec || !found) return;
    const { overhead, scheduling } = found;
    if (overhead?.podFixed) {
      if (pod.spec.overhead && !sameJson(pod.spec.overhead, overhead.podFixed)) throw mismatch(attributes);
      pod.spec.overhead = { ...overhead.podFixed };
    }
    for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
      const own = ownValue(pod.spec.nodeSelector, key);
      if (own !== undefined && own !== value) {
        throw refusal(
          attributes,
          `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
        );
      }
      pod.spec.nodeSelector = { ...pod.spec.nodeSelector, [key]: value };
    }
    const tolerations = pod.spec.tolerations ?? [];
    const added = (scheduling?.tolerations ?? []).filter((t) => !tolerations.some((own) => sameJson(own, t)));
    if (added.length > 0) pod.spec.tolerations = [...tolerations, ...structuredClone(added)];
  },
  validate(attributes) {
    const pod = attributes.operation === 'CREATE' ? podOf(attributes) : undefined;
    if (!pod) return;
    const fixed = classOf(attributes, pod)?.overhead?.podFixed;
    if (fixed) {
      if (!sameJson(pod.spec?.overhead, fixed)) throw mismatch(attributes);
    } else if (Object.keys(pod.spec?.overhead ?? {}).length > 0) {
      throw refusal(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
    }
  },
};

function mismatch(attributes: AdmissionAttributes) {
  return refusal(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}

function classOf(attributes: AdmissionAttributes, pod: Pod): RuntimeClass | undefined {
  const name = pod.spec?.runtimeClassName;
  if (!name) return undefined;
  const found = attributes.read(runtimeClasses, undefined, name);
  if (!found) throw refusal(attributes, `pod rejected: RuntimeClass "${name}" not found`);
  return found;
}
