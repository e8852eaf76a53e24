/**
 * autoscaling/v1 and v2 of one autoscaler. What v1 has no fields for travels in annotations: metrics, their present
 * values, conditions and behavior, each as JSON in v1's own shapes.
 */
import type {
  AutoscalingV1HorizontalPodAutoscaler,
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  LabelSelector,
  MetricSpec,
  MetricStatus,
} from '../../../kube/api.gen.ts';
import type { KubeObject, Stored } from '../../../kube/meta.ts';

const prefix = 'autoscaling.alpha.kubernetes.io/';
const keys = ['metrics', 'current-metrics', 'conditions', 'behavior'] as const;
type Key = (typeof keys)[number];

/** One metric in v1: a type and a flat source of it; `current...` and `target...` mirror each other. */
interface FlatMetric {
  type: string;
  object?: Flat;
  pods?: Flat;
  resource?: Flat;
  containerResource?: Flat;
  external?: Flat;
}

interface Flat {
  target?: CrossVersionObjectReference;
  name?: string;
  metricName?: string;
  targetValue?: string;
  targetAverageValue?: string;
  targetAverageUtilization?: number;
  currentValue?: string;
  currentAverageValue?: string;
  currentAverageUtilization?: number;
  averageValue?: string;
  container?: string;
  selector?: LabelSelector;
  metricSelector?: LabelSelector;
}

/** JSON as Go writes it: fields without a value left out. */
const compact = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;

function flatSpec(spec: MetricSpec): FlatMetric {
  const { type, object, pods, resource, containerResource, external } = spec;
  const reference = (r: CrossVersionObjectReference) =>
    compact({ kind: r.kind, name: r.name, apiVersion: r.apiVersion });
  return compact<FlatMetric>({
    type,
    object:
      object &&
      compact<Flat>({
        target: reference(object.describedObject),
        metricName: object.metric.name,
        targetValue: object.target.value ?? '0',
        selector: object.metric.selector,
        averageValue: object.target.averageValue,
      }),
    pods:
      pods &&
      compact<Flat>({
        metricName: pods.metric.name,
        targetAverageValue: pods.target.averageValue ?? '0',
        selector: pods.metric.selector,
      }),
    resource:
      resource &&
      compact<Flat>({
        name: resource.name,
        targetAverageUtilization: resource.target.averageUtilization,
        targetAverageValue: resource.target.averageValue,
      }),
    containerResource:
      containerResource &&
      compact<Flat>({
        name: containerResource.name,
        targetAverageUtilization: containerResource.target.averageUtilization,
        targetAverageValue: containerResource.target.averageValue,
        container: containerResource.container,
      }),
    external:
      external &&
      compact<Flat>({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
  });
}

/** Which kind of target the values make. */
function target(value: string | undefined, averageValue: string | undefined, averageUtilization?: number) {
  const type = averageUtilization !== undefined ? 'Utilization' : averageValue !== undefined ? 'AverageValue' : 'Value';
  return compact({ type, value, averageValue, averageUtilization });
}

function fullSpec(flat: FlatMetric): MetricSpec {
  const { type, object, pods, resource, containerResource, external } = flat;
  const metric = (name = '', selector?: LabelSelector) => compact({ name, selector });
  return compact<MetricSpec>({
    type,
    object: object && {
      describedObject: object.target ?? { kind: '', name: '' },
      metric: metric(object.metricName, object.selector),
      target:
        object.averageValue === undefined
          ? target(object.targetValue, undefined)
          : target(undefined, object.averageValue),
    },
    pods: pods && {
      metric: metric(pods.metricName, pods.selector),
      target: target(undefined, pods.targetAverageValue ?? '0'),
    },
    resource: resource && {
      name: resource.name ?? '',
      target: target(undefined, resource.targetAverageValue, resource.targetAverageUtilization),
    },
    containerResource: containerResource && {
      name: containerResource.name ?? '',
      container: containerResource.container ?? '',
      target: target(undefined, containerResource.targetAverageValue, containerResource.targetAverageUtilization),
    },
    external: external && {
      metric: metric(external.metricName, external.metricSelector),
      target: target(external.targetValue, external.targetAverageValue),
    },
  });
}

function flatStatus(status: MetricStatus): FlatMetric {
  const { type, object, pods, resource, containerResource, external } = status;
  const ofResource = (s: NonNullable<MetricStatus['resource']>) => ({
    name: s.name,
    currentAverageUtilization: s.current.averageUtilization,
    currentAverageValue: s.current.averageValue ?? '0',
  });
  return compact<FlatMetric>({
    type,
    object:
      object &&
      compact<Flat>({
        target: object.describedObject,
        metricName: object.metric.name,
        currentValue: object.current.value ?? '0',
        selector: object.metric.selector,
        averageValue: object.current.averageValue,
      }),
    pods:
      pods &&
      compact<Flat>({
        metricName: pods.metric.name,
        currentAverageValue: pods.current.averageValue ?? '0',
        selector: pods.metric.selector,
      }),
    resource: resource && compact<Flat>(ofResource(resource)),
    containerResource:
      containerResource && compact<Flat>({ ...ofResource(containerResource), container: containerResource.container }),
    external:
      external &&
      compact<Flat>({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        currentValue: external.current.value ?? '0',
        currentAverageValue: external.current.averageValue,
      }),
  });
}

function fullStatus(flat: FlatMetric): MetricStatus {
  const { type, object, pods, resource, containerResource, external } = flat;
  const metric = (f: Flat) => compact({ name: f.metricName ?? '', selector: f.selector ?? f.metricSelector });
  const current = (f: Flat) =>
    compact({
      value: f.currentValue,
      averageValue: f.averageValue ?? f.currentAverageValue,
      averageUtilization: f.currentAverageUtilization,
    });
  return compact<MetricStatus>({
    type,
    object: object && {
      describedObject: object.target ?? { kind: '', name: '' },
      metric: metric(object),
      current: current(object),
    },
    pods: pods && { metric: metric(pods), current: current(pods) },
    resource: resource && { name: resource.name ?? '', current: current(resource) },
    containerResource: containerResource && {
      name: containerResource.name ?? '',
      container: containerResource.container ?? '',
      current: current(containerResource),
    },
    external: external && { metric: metric(external), current: current(external) },
  });
}

const isCpuUtilization = (spec: MetricSpec) =>
  spec.type === 'Resource' && spec.resource?.name === 'cpu' && spec.resource.target.averageUtilization !== undefined;

function parse<T>(annotations: Readonly<Record<string, string>>, key: Key): T | undefined {
  const text = annotations[prefix + key];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

const cpuMetric = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

/** What is measured where nothing is asked for. */
export const defaultMetric = () => cpuMetric(80);

/** v2, as it is stored, in the shape of v1. */
export function toV1(stored: Stored): Stored<AutoscalingV1HorizontalPodAutoscaler> {
  const autoscaler = stored as Stored<HorizontalPodAutoscaler>;
  const { metadata, spec, status } = autoscaler;
  const metrics = spec?.metrics ?? [];
  const cpu = metrics.find(isCpuUtilization);
  const others = metrics.filter((metric) => metric !== cpu);
  const cpuNow = status?.currentMetrics?.find((m) => m.type === 'Resource' && m.resource?.name === 'cpu');
  const extra: Record<string, string> = {};
  const add = (key: Key, value: unknown, present: boolean) => {
    if (present) extra[prefix + key] = JSON.stringify(value);
  };
  add('metrics', others.map(flatSpec), others.length > 0);
  add('current-metrics', (status?.currentMetrics ?? []).map(flatStatus), (status?.currentMetrics ?? []).length > 0);
  add('conditions', status?.conditions, (status?.conditions ?? []).length > 0);
  add('behavior', spec?.behavior, spec?.behavior !== undefined);
  const annotations = { ...metadata.annotations, ...extra };
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: Object.keys(extra).length > 0 ? { ...metadata, annotations } : metadata,
    spec: spec && {
      scaleTargetRef: spec.scaleTargetRef,
      ...(spec.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
      maxReplicas: spec.maxReplicas,
      ...(cpu && { targetCPUUtilizationPercentage: cpu.resource?.target.averageUtilization }),
    },
    status: {
      ...(status?.observedGeneration !== undefined && { observedGeneration: status.observedGeneration }),
      ...(status?.lastScaleTime && { lastScaleTime: status.lastScaleTime }),
      currentReplicas: status?.currentReplicas ?? 0,
      desiredReplicas: status?.desiredReplicas ?? 0,
      ...(cpuNow?.resource?.current.averageUtilization !== undefined && {
        currentCPUUtilizationPercentage: cpuNow.resource.current.averageUtilization,
      }),
    },
  };
}

/** v1 in the shape that is stored: the annotations become fields again. */
export function toV2(object: KubeObject): HorizontalPodAutoscaler {
  const { metadata, spec, status } = object as AutoscalingV1HorizontalPodAutoscaler;
  const annotations = { ...metadata?.annotations };
  const metrics = (parse<FlatMetric[]>(annotations, 'metrics') ?? []).map(fullSpec);
  const currentMetrics = parse<FlatMetric[]>(annotations, 'current-metrics')?.map(fullStatus);
  const conditions = parse<HorizontalPodAutoscalerCondition[]>(annotations, 'conditions');
  const behavior = parse<HorizontalPodAutoscalerBehavior>(annotations, 'behavior');
  const target = spec?.targetCPUUtilizationPercentage;
  if (target !== undefined) metrics.unshift(cpuMetric(target));
  else if (metrics.length === 0) metrics.push(defaultMetric());
  for (const key of keys) delete annotations[prefix + key];
  const { annotations: _old, ...rest } = metadata ?? {};
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest,
    spec: spec && {
      scaleTargetRef: spec.scaleTargetRef,
      ...(spec.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
      maxReplicas: spec.maxReplicas ?? 0,
      metrics,
      ...(behavior && { behavior }),
    },
    status: {
      ...(status?.observedGeneration !== undefined && { observedGeneration: status.observedGeneration }),
      ...(status?.lastScaleTime && { lastScaleTime: status.lastScaleTime }),
      ...(status?.currentReplicas && { currentReplicas: status.currentReplicas }),
      desiredReplicas: status?.desiredReplicas ?? 0,
      ...(currentMetrics && { currentMetrics }),
      ...(conditions && { conditions }),
    },
  };
}
