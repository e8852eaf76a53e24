import type { Taint } from '../../../kube/api.gen.ts';
import { tolerates } from '../../../kube/placement.ts';
import { misfit, type Plugin } from '../plugin.ts';

const unschedulable: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Cordoned nodes. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  filter({ pod }, { node }) {
    if (!node.spec?.unschedulable || tolerates(pod.spec?.tolerations, unschedulable)) return undefined;
    return misfit('node(s) were unschedulable', true);
  },
};

export const nodeName: Plugin = {
  name: 'NodeName',
  filter({ pod }, { node }) {
    const wanted = pod.spec?.nodeName;
    return !wanted || wanted === node.metadata.name
      ? undefined
      : misfit("node(s) didn't match the requested node name", true);
  },
};

export const taintToleration: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  filter({ pod }, { node }) {
    const hard = (node.spec?.taints ?? []).filter((t) => t.effect !== 'PreferNoSchedule');
    return hard.every((t) => tolerates(pod.spec?.tolerations, t))
      ? undefined
      : misfit('node(s) had untolerated taint(s)', true);
  },
  score: ({ pod }, nodes) =>
    nodes.map(({ node }) => {
      const soft = (node.spec?.taints ?? []).filter((t) => t.effect === 'PreferNoSchedule');
      return -soft.filter((t) => !tolerates(pod.spec?.tolerations, t)).length;
    }),
};
