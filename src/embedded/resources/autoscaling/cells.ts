import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { age, none, unknown } from '../printing/common.ts';

const percent = (value: number | undefined) => (value === undefined ? undefined : `${value}%`);

/** One metric as `kubectl get hpa` shows it: `cpu: 20%/50%`. */
function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
    case 'Object': {
      const name = spec.type === 'External' ? 'external' : 'object';
      const target = spec[name]?.target;
      const current = status?.[name]?.current;
      if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`;
      return `${current?.value ?? unknown}/${target?.value ?? '0'}`;
    }
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? unknown}/${spec.pods?.target.averageValue ?? '0'}`;
    case 'Resource':
    case 'ContainerResource': {
      const name = spec.type === 'Resource' ? 'resource' : 'containerResource';
      const target = spec[name]?.target;
      const current = status?.[name]?.current;
      const label = spec[name]?.name ?? '';
      if (target?.averageValue !== undefined) {
        return `${label}: ${current?.averageValue ?? unknown}/${target.averageValue}`;
      }
      const now = percent(current?.averageUtilization) ?? unknown;
      return `${label}: ${now}/${percent(target?.averageUtilization) ?? '<auto>'}`;
    }
    default:
      return '<unknown type>';
  }
}

const shown = 2;

function targetsText({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return none;
  const texts = metrics.map((metric, i) => metricText(metric, status?.currentMetrics?.[i]));
  const list = texts.slice(0, shown).join(', ');
  return texts.length > shown ? `${list} + ${texts.length - shown} more...` : list;
}

export function autoscalerCells(autoscaler: Stored<HorizontalPodAutoscaler>, now: number): unknown[] {
  const { metadata, spec, status } = autoscaler;
  return [
    metadata.name,
    `${spec?.scaleTargetRef.kind ?? ''}/${spec?.scaleTargetRef.name ?? ''}`,
    targetsText(autoscaler),
    spec?.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    spec?.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    age(metadata.creationTimestamp, now),
  ];
}
