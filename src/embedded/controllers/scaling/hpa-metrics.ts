/** Where autoscalers get their numbers from: metrics.k8s.io, if the cluster serves it. */
import { ownValue } from '../../../kernel/own.ts';
import type { LabelSelector } from '../../../kube/api.gen.ts';
import type { KubeObject, Resource } from '../../../kube/meta.ts';
import { milliValue } from '../../../kube/quantity.ts';
import type { ApiClient } from '../../api.ts';

/** metrics.k8s.io/v1beta1, as metrics-server answers. */
export interface PodMetrics extends KubeObject {
  /** When it was measured, over which time: `15.2s`. */
  timestamp: string;
  window: string;
  containers: { name: string; usage: Record<string, string> }[];
}

/** What a Pod uses of a resource. */
export interface Sample {
  /** In thousandths. */
  value: number;
  /** ms since 1970. */
  at: number;
  windowMs: number;
}

export const podMetrics: Resource<PodMetrics> = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  resource: 'pods',
  kind: 'PodMetrics',
  namespaced: true,
};

/** Usage by Pod. Throws an Error in Kubernetes' words where there is none. */
export async function resourceUsage(
  client: ApiClient,
  query: { namespace: string; selector: string; resource: string; container?: string },
): Promise<Map<string, Sample>> {
  const prefix = `unable to get metrics for resource ${query.resource}`;
  const { namespace, selector: labelSelector } = query;
  const { items } = await client.list(podMetrics, namespace, { labelSelector }).catch((error: Error) => {
    throw new Error(`${prefix}: unable to fetch metrics from resource metrics API: ${error.message}`);
  });
  if (items.length === 0) throw new Error(`${prefix}: no metrics returned from resource metrics API`);
  const samples = new Map<string, Sample>();
  for (const { metadata, containers, timestamp, window } of items) {
    const counted = query.container ? containers.filter(({ name }) => name === query.container) : containers;
    if (query.container && counted.length === 0) {
      const where = `${metadata?.namespace}/${metadata?.name}`;
      throw new Error(
        `${prefix}: failed to get container metrics: container ${query.container} not present in metrics for pod ${where}`,
      );
    }
    const values = counted.map(({ usage }) => ownValue(usage, query.resource));
    if (values.some((value) => value === undefined)) continue;
    const value = values.reduce<number>((sum, one) => sum + milliValue(one ?? '0'), 0);
    samples.set(metadata?.name ?? '', { value, at: Date.parse(timestamp), windowMs: Number.parseFloat(window) * 1000 });
  }
  return samples;
}

const noCustomMetrics =
  'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';

/** Why there is no such metric: nothing in this cluster serves the APIs of custom and external ones. */
export const missingMetric = {
  pods: (name: string) => `unable to get metric ${name}: ${noCustomMetrics}`,
  object: (name: string, namespace: string, object: { kind: string; name: string }) =>
    `unable to get metric ${name}: ${object.kind} on ${namespace} ${object.name}/${noCustomMetrics}`,
  external: (name: string, namespace: string, selector: LabelSelector | undefined) =>
    `unable to get external metric ${namespace}/${name}/${goSelector(selector)}: unable to fetch metrics from external metrics API: the server could not find the requested resource (get ${name}.external.metrics.k8s.io)`,
};

/** A selector as Go prints it. */
export function goSelector(selector: LabelSelector | undefined): string {
  if (!selector) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  const list = labels.map(([key, value]) => `${key}: ${value},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${list}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
