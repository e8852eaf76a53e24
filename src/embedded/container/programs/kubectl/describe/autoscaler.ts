import type {
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { timeText, unset, writeMetadata } from './format.ts';
import type { DescribeWriter } from './writer.ts';

const unknown = '<unknown>';

export const describeAutoscaler: Describer<HorizontalPodAutoscaler> = async (w, autoscaler, context) => {
  const { metadata, spec, status } = autoscaler;
  writeMetadata(w, autoscaler);
  w.write(0, `CreationTimestamp:\t${timeText(metadata?.creationTimestamp)}\n`);
  const target = spec?.scaleTargetRef;
  w.write(0, `Reference:\t${target?.kind ?? ''}/${target?.name ?? ''}\n`);
  w.write(0, 'Metrics:\t( current / target )\n');
  (spec?.metrics ?? []).forEach((metric, i) => {
    w.write(1, `${metricText(metric, status?.currentMetrics?.[i])}\n`);
  });
  w.write(0, `Min replicas:\t${spec?.minReplicas ?? unset}\n`);
  w.write(0, `Max replicas:\t${spec?.maxReplicas ?? 0}\n`);
  if (spec?.behavior) {
    w.write(0, 'Behavior:\n');
    writeRules(w, 'Scale Up', spec.behavior.scaleUp);
    writeRules(w, 'Scale Down', spec.behavior.scaleDown);
  }
  const counts = `${status?.currentReplicas ?? 0} current / ${status?.desiredReplicas ?? 0} desired`;
  w.write(0, `${target?.kind ?? ''} pods:\t${counts}\n`);
  if (status?.conditions?.length) {
    w.write(0, 'Conditions:\n');
    w.write(1, 'Type\tStatus\tReason\tMessage\n');
    w.write(1, '----\t------\t------\t-------\n');
    for (const c of status.conditions) w.write(1, `${c.type}\t${c.status}\t${c.reason ?? ''}\t${c.message ?? ''}\n`);
  }
  await writeEvents(w, autoscaler, context);
};

/** `resource cpu on pods  (as a percentage of request):  5% (5m) / 80%` */
function metricText(metric: MetricSpec, current: MetricStatus | undefined): string {
  const { resource, containerResource, pods, object, external } = metric;
  if (resource) return `resource ${resource.name} on pods${utilization(resource.target, current?.resource?.current)}`;
  if (containerResource) {
    const { name, container, target } = containerResource;
    return `resource ${name} of container "${container}" on pods${utilization(target, current?.containerResource?.current)}`;
  }
  if (pods)
    return `"${pods.metric.name}" on pods:\t${current?.pods?.current.averageValue ?? unknown} / ${pods.target.averageValue ?? ''}`;
  if (object) {
    const { metric: measured, describedObject, target } = object;
    return `"${measured.name}" on ${describedObject.kind}/${describedObject.name} ${value(target, current?.object?.current)}`;
  }
  if (external) return `"${external.metric.name}" ${value(external.target, current?.external?.current)}`;
  return `<unknown metric type "${metric.type}">`;
}

function utilization(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue != null) return `:\t${current?.averageValue ?? unknown} / ${target.averageValue}`;
  const share = current?.averageUtilization;
  const shown = share == null ? unknown : `${share}% (${current?.averageValue ?? 0})`;
  return `  (as a percentage of request):\t${shown} / ${target.averageUtilization == null ? '<auto>' : `${target.averageUtilization}%`}`;
}

function value(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue != null)
    return `(target average value):\t${current?.averageValue ?? unknown} / ${target.averageValue}`;
  return `(target value):\t${current?.value ?? unknown} / ${target.value ?? ''}`;
}

function writeRules(w: DescribeWriter, title: string, rules: HPAScalingRules | undefined): void {
  if (!rules) return;
  w.write(1, `${title}:\n`);
  if (rules.stabilizationWindowSeconds != null)
    w.write(2, `Stabilization Window: ${rules.stabilizationWindowSeconds} seconds\n`);
  if (!rules.policies?.length) return;
  w.write(2, `Select Policy: ${rules.selectPolicy ?? 'Max'}\n`);
  w.write(2, 'Policies:\n');
  for (const { type, value: most, periodSeconds } of rules.policies)
    w.write(3, `- Type: ${type}\tValue: ${most}\tPeriod: ${periodSeconds} seconds\n`);
}
