import type {
  AutoscalingV1HorizontalPodAutoscaler,
  HorizontalPodAutoscaler,
  HPAScalingRules,
} from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { horizontalPodAutoscalers } from '../../kube/resources.ts';
import { autoscalerCells } from './autoscaling/cells.ts';
import { defaultMetric, toV1, toV2 } from './autoscaling/convert.ts';
import { validateAutoscaler } from './autoscaling/validate.ts';
import { defineResource } from './define.ts';
import { keepOtherPart } from './status-strategy.ts';

/** How fast a workload grows and shrinks if only one of both is said (KEP-853). */
const scaleUp = (): HPAScalingRules => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
});
const scaleDown = (): HPAScalingRules => ({
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
});

function defaults({ spec }: HorizontalPodAutoscaler): void {
  if (spec === undefined) return;
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) spec.metrics = [defaultMetric()];
  if (spec.behavior) {
    spec.behavior.scaleUp = { ...scaleUp(), ...spec.behavior.scaleUp };
    spec.behavior.scaleDown = { ...scaleDown(), ...spec.behavior.scaleDown };
  }
}

export const horizontalPodAutoscalerResource = defineResource<HorizontalPodAutoscaler>({
  ...horizontalPodAutoscalers,
  strategy: {
    generation: false,
    defaults,
    prepareForCreate(autoscaler) {
      autoscaler.status = { desiredReplicas: 0 };
    },
    prepareForUpdate: keepOtherPart,
    validate: (autoscaler, { subresource }) => (subresource === 'status' ? [] : validateAutoscaler(autoscaler)),
  },
  cells: autoscalerCells,
});

/** The older version of the same objects. */
export const horizontalPodAutoscalerV1Resource = defineResource<AutoscalingV1HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v1',
  resource: 'horizontalpodautoscalers',
  storedAs: horizontalPodAutoscalers,
  convert: { fromStored: toV1, toStored: toV2 },
  strategy: {
    generation: false,
    defaults({ spec }) {
      if (spec) spec.minReplicas ??= 1;
    },
    prepareForCreate(autoscaler) {
      autoscaler.status = { currentReplicas: 0, desiredReplicas: 0 };
    },
    prepareForUpdate: keepOtherPart,
    validate: (autoscaler, { subresource }) => (subresource === 'status' ? [] : validateAutoscaler(toV2(autoscaler))),
  },
  cells: (autoscaler, now) =>
    autoscalerCells({ ...toV2(autoscaler), metadata: autoscaler.metadata } as Stored<HorizontalPodAutoscaler>, now),
});
