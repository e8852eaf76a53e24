import type { Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { pods } from '../../kube/resources.ts';
import * as field from '../errors/field.ts';
import { timestamp } from '../registry/metadata.ts';
import { defineResource } from './define.ts';
import { defaultPod } from './pod-spec/defaults.ts';
import { validatePod, validatePodUpdate } from './pod-spec/pod.ts';
import { qosClass } from './pod-spec/qos.ts';
import { keepPodForUpdate } from './pod-spec/subresources.ts';
import { podWarnings } from './pod-spec/warnings.ts';
import { podCells, podRowConditions } from './printing/pod.ts';

/**
 * How long a Pod may take to end: what was asked, else its own grace period. At once if no kubelet has it or it is
 * finished. Negative becomes one second.
 */
function gracePeriod(pod: Stored<Pod>, requested: number | undefined): number {
  const period = requested ?? pod.spec?.terminationGracePeriodSeconds ?? 0;
  const phase = pod.status?.phase;
  if (!pod.spec?.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  return period < 0 ? 1 : period;
}

export const podResource = defineResource<Pod>({
  ...pods,
  strategy: {
    // Counted here: a binding changes the spec without counting.
    generation: false,
    defaults(pod) {
      pod.spec ??= { containers: [] };
      defaultPod(pod.spec);
    },
    prepareForCreate(pod, { clock }) {
      pod.metadata ??= {};
      pod.metadata.generation = 1;
      pod.spec ??= { containers: [] };
      pod.status = { phase: 'Pending', qosClass: qosClass(pod.spec) };
      const gated = (pod.spec.schedulingGates ?? []).length > 0;
      if (gated) {
        pod.status.conditions = [
          {
            type: 'PodScheduled',
            status: 'False',
            lastTransitionTime: timestamp(clock.now()),
            reason: 'SchedulingGated',
            message: 'Scheduling is blocked due to non-empty scheduling gates',
          },
        ];
      }
    },
    prepareForUpdate: keepPodForUpdate,
    validate: validatePod,
    validateUpdate: validatePodUpdate,
    warnings: (pod, old) => podWarnings(pod, old, field.path('spec')),
    gracePeriod,
  },
  fieldSelectors: {
    'spec.nodeName': (pod) => pod.spec?.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec?.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec?.hostNetwork ?? false),
    'status.phase': (pod) => pod.status?.phase ?? '',
    'status.podIP': (pod) => pod.status?.podIP ?? '',
    'status.podIPs': (pod) => (pod.status?.podIPs ?? []).map((ip) => ip.ip).join(','),
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName ?? '',
  },
  cells: podCells,
  rowConditions: podRowConditions,
});
