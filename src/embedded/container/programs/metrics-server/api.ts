/** What metrics-server answers to GETs of metrics.k8s.io/v1beta1. */
import type { Node, Pod } from '../../../../kube/api.gen.ts';
import { goDuration } from '../../../../kube/duration.ts';
import { matchesFields, parseFieldSelector } from '../../../../kube/field-selectors.ts';
import type { Stored } from '../../../../kube/meta.ts';
import { quantityNanos } from '../../../../kube/quantity.ts';
import { quantityText } from '../../../../kube/quantity-text.ts';
import { matchesLabels, parseLabelSelector, SelectorError } from '../../../../kube/selectors.ts';
import { ApiError, badRequest, methodNotAllowed, notFound, notFoundPath } from '../../../errors/status.ts';
import type { Points, Usage } from './points.ts';

const group = 'metrics.k8s.io';
const apiVersion = `${group}/v1beta1`;
export const root = `/apis/${apiVersion}`;

/** What there is, besides the numbers. */
export interface Known {
  pods: readonly Stored<Pod>[];
  nodes: readonly Stored<Node>[];
  points: Points;
  /** ms since 1970. */
  now: number;
}

export interface MetricsRequest {
  method: string;
  url: URL;
  accept: string;
}

interface Metrics {
  kind: 'PodMetrics' | 'NodeMetrics';
  metadata: { name: string; namespace?: string };
  timestamp: string;
  window: string;
  containers?: { name: string; usage: Usage['usage'] }[];
  usage?: Usage['usage'];
}

type Body = Record<string, unknown>;

/** Throws an ApiError for all that has no answer. */
export function answerMetrics({ method, url, accept }: MetricsRequest, known: Known): Body {
  const { pathname, searchParams } = url;
  const path = pathname.replace(/\/$/, '');
  if (path === root) return resources;
  const [, namespace, resource, name] =
    new RegExp(`^${root}(?:/namespaces/([^/]+))?/(pods|nodes)(?:/([^/]+))?$`).exec(path) ?? [];
  if (resource === undefined || (resource === 'nodes' && namespace !== undefined)) throw notFoundPath();
  if (name !== undefined && resource === 'pods' && namespace === undefined) throw notFoundPath();
  if ((method !== 'GET' && method !== 'HEAD') || /^(1|t|true)$/i.test(searchParams.get('watch') ?? '')) {
    throw methodNotAllowed();
  }
  const find = resource === 'pods' ? podMetrics : nodeMetrics;
  if (name !== undefined) {
    const object = find(known, namespace, name);
    return asTable(accept) ? table([object]) : object;
  }
  const items = listed(resource === 'pods' ? known.pods : known.nodes, namespace, searchParams).flatMap((one) => {
    try {
      return [find(known, one.metadata.namespace, one.metadata.name)];
    } catch (error) {
      // Not measured yet.
      if (error instanceof ApiError) return [];
      throw error;
    }
  });
  if (asTable(accept)) return table(items);
  return { kind: resource === 'pods' ? 'PodMetricsList' : 'NodeMetricsList', apiVersion, metadata: {}, items };
}

const resourceOf = (name: string, kind: string) => ({
  ...{ name, singularName: '', namespaced: name === 'pods', kind, verbs: ['get', 'list'] },
});
const resources: Body = {
  ...{ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersion },
  resources: [resourceOf('nodes', 'NodeMetrics'), resourceOf('pods', 'PodMetrics')],
};

function listed(all: readonly Stored[], namespace: string | undefined, query: URLSearchParams): Stored[] {
  try {
    const labels = parseLabelSelector(query.get('labelSelector') ?? '');
    const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
    const read = ({ metadata }: Stored, field: string) =>
      field === 'metadata.name' ? metadata.name : field === 'metadata.namespace' ? (metadata.namespace ?? '') : '';
    return all
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .filter((one) => matchesLabels(labels, one.metadata.labels) && matchesFields(fields, (field) => read(one, field)))
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}

const keyOf = ({ metadata }: Stored) => `${metadata.namespace ?? ''}/${metadata.name}`;
const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

function metadataOf({ metadata: { name, namespace, labels } }: Stored, now: number) {
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    creationTimestamp: time(now),
    ...(labels && { labels }),
  };
}

function podMetrics({ pods, points, now }: Known, namespace: string | undefined, name: string): Metrics & Body {
  const pod = pods.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  if (!pod) throw notFound({ group: '', resource: 'pods' }, name);
  const containers = points.pod(`${namespace}/${name}`);
  if (!containers) throw notFound({ group, resource: 'podmetrics' }, `${namespace}/${name}`);
  const [first, ...others] = [...containers.values()];
  const earliest = others.reduce((a, b) => (b.at < (a?.at ?? 0) ? b : a), first);
  return {
    kind: 'PodMetrics',
    apiVersion,
    metadata: metadataOf(pod, now),
    timestamp: time(earliest?.at ?? 0),
    window: goDuration(earliest?.windowMs ?? 0),
    containers: [...containers].map(([container, { usage }]) => ({ name: container, usage })),
  };
}

function nodeMetrics({ nodes, points, now }: Known, _: string | undefined, name: string): Metrics & Body {
  const node = nodes.find(({ metadata }) => metadata.name === name);
  if (!node) throw notFound({ group: '', resource: 'nodes' }, name);
  const found = points.node(name);
  if (!found) throw notFound({ group, resource: 'nodemetrics' }, name);
  return {
    kind: 'NodeMetrics',
    apiVersion,
    metadata: metadataOf(node, now),
    timestamp: time(found.at),
    window: goDuration(found.windowMs),
    usage: found.usage,
  };
}

const asTable = (accept: string): boolean =>
  accept.split(',').some((clause) => /;\s*as=Table/.test(clause) && clause.includes('application/json'));

function table(items: readonly Metrics[]): Body {
  const column = (name: string, format: string, description = '') => ({
    ...{ name, type: 'string', format, description, priority: 0 },
  });
  const columns = [
    column('Name', 'name', 'Name of the resource'),
    ...['cpu', 'memory'].map((name) => column(name, 'quantity')),
    column('Window', 'duration'),
  ];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {},
    columnDefinitions: items.length > 0 ? columns : [],
    rows: items.map((item) => ({
      cells: [item.metadata.name, sum(item, 'cpu'), sum(item, 'memory'), item.window],
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: item.metadata },
    })),
  };
}

function sum({ containers = [], usage }: Metrics, resource: 'cpu' | 'memory'): string {
  const parts = usage ? [usage] : containers.map((one) => one.usage);
  const nanos = parts.reduce((total, one) => total + quantityNanos(one[resource]), 0n);
  return quantityText(nanos, resource === 'cpu' ? 'decimal' : 'binary');
}
