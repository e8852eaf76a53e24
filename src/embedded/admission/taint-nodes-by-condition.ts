import type { Node } from '../../kube/api.gen.ts';
import { nodes } from '../../kube/resources.ts';
import type { AdmissionPlugin } from '../registry/admission.ts';

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A new node takes no Pods before the node controller saw that it is ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  mutate({ definition, operation, subresource, object }) {
    if (definition.group !== '' || definition.resource !== nodes.resource) return;
    if (operation !== 'CREATE' || subresource || !object) return;
    const node = object as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some((t) => t.key === notReady.key && t.effect === notReady.effect)) return;
    node.spec = { ...node.spec, taints: [...taints, { ...notReady }] };
  },
};
