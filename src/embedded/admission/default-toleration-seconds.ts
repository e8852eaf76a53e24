import type { AdmissionPlugin } from '../registry/admission.ts';
import { podOf } from './refuse.ts';

const seconds = 300;
const conditions = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Pods that don't say otherwise stay five minutes on a node that is gone. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  mutate(attributes) {
    const { operation } = attributes;
    const pod = operation === 'CREATE' || operation === 'UPDATE' ? podOf(attributes) : undefined;
    if (!pod?.spec) return;
    const own = pod.spec.tolerations ?? [];
    const missing = conditions.filter(
      (key) => !own.some((t) => (!t.key || t.key === key) && (!t.effect || t.effect === 'NoExecute')),
    );
    if (missing.length === 0) return;
    pod.spec.tolerations = [
      ...own,
      ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds })),
    ];
  },
};
