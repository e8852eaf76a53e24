import type { Taint, Toleration } from '../../../kube/api.gen.ts';
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

/** Whether one of the tolerations covers the taint. */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some((t) => {
    if (t.effect && t.effect !== taint.effect) return false;
    if (t.key && t.key !== taint.key) return false;
    if (t.operator === 'Exists') return true;
    // KEP-5471: numeric comparison, where both sides are whole numbers.
    if (t.operator === 'Lt' || t.operator === 'Gt') {
      const [have, limit] = [Number(taint.value), Number(t.value)];
      return Number.isInteger(have) && Number.isInteger(limit) && (t.operator === 'Lt' ? have < limit : have > limit);
    }
    return Boolean(t.key) && (t.value ?? '') === (taint.value ?? '');
  });
}
