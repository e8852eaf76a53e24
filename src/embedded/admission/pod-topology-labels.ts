import { nodes } from '../../kube/resources.ts';
import type { AdmissionPlugin } from '../registry/admission.ts';
import { topologyLabelsOf } from '../resources/handlers/binding.ts';
import { podOf } from './refuse.ts';

/** Pods that are made for a node get its zone and region, as others do when they are bound (KEP-4742). */
export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  mutate(attributes) {
    const pod = attributes.operation === 'CREATE' ? podOf(attributes) : undefined;
    const node = pod?.spec?.nodeName && attributes.read(nodes, undefined, pod.spec.nodeName);
    if (!pod || !node) return;
    const labels = topologyLabelsOf(node);
    if (Object.keys(labels).length > 0)
      pod.metadata = { ...pod.metadata, labels: { ...pod.metadata?.labels, ...labels } };
  },
};
