import { describe, expect, it } from 'vitest';
import { answerMetrics, root } from '../../../src/embedded/container/programs/metrics-server/api.ts';
import { decodeMetrics } from '../../../src/embedded/container/programs/metrics-server/decode.ts';
import { type Batch, type Point, Points } from '../../../src/embedded/container/programs/metrics-server/points.ts';
import type { Node, Pod } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const batch = (pods: Record<string, Record<string, Point>>, nodes: Record<string, Point> = {}): Batch => ({
  nodes: new Map(Object.entries(nodes)),
  pods: new Map(Object.entries(pods).map(([pod, containers]) => [pod, new Map(Object.entries(containers))])),
});
const point = (seconds: number, cpuSeconds: number, more: Partial<Point> = {}): Point => ({
  ...{ startedAt: start, at: start + seconds * 1000, cpuSeconds, memoryBytes: 2 * 1024 ** 2 },
  ...more,
});

describe('the points that metrics-server keeps', () => {
  it('make usage of what lies between the last two', () => {
    const points = new Points(15_000);
    points.store(batch({ 'a/p': { c: point(100, 5) } }));
    expect([points.ready, points.pod('a/p')]).toEqual([false, undefined]);
    points.store(batch({ 'a/p': { c: point(115.5, 6.24) } }));
    expect(points.pod('a/p')?.get('c')).toEqual({
      usage: { cpu: '80m', memory: '2Mi' },
      at: start + 115_500,
      windowMs: 15_500,
    });
  });

  it('take the start of a new container for its first one', () => {
    const points = new Points(15_000);
    points.store(batch({ 'a/p': { c: point(8, 8) } }));
    expect(points.pod('a/p')).toBeUndefined();
    points.store(batch({ 'a/p': { c: point(12, 12) } }));
    expect(points.pod('a/p')?.get('c')).toMatchObject({ usage: { cpu: '1' }, windowMs: 12_000 });
  });

  it('say nothing of a Pod whose container began again', () => {
    const points = new Points(15_000);
    points.store(batch({ 'a/p': { c: point(100, 5), d: point(100, 5) } }));
    points.store(batch({ 'a/p': { c: point(115, 6), d: point(115, 0, { startedAt: start + 110_000 }) } }));
    expect(points.pod('a/p')).toBeUndefined();
  });
});

it('reads what kubelets tell', () => {
  const text = `# HELP container_cpu_usage_seconds_total [STABLE] x
container_cpu_usage_seconds_total{container="c",namespace="a",pod="p"} 1.5 1767225600000
container_cpu_usage_seconds_total{container="half",namespace="a",pod="q"} 1.5 1767225600000
container_memory_working_set_bytes{container="c",namespace="a",pod="p"} 4096 1767225600000
container_start_time_seconds{container="c",namespace="a",pod="p"} 1.7672255e+09
node_cpu_usage_seconds_total 3 1767225600000
node_memory_working_set_bytes 8192 1767225600000
resource_scrape_error 0
`;
  const { nodes, pods } = decodeMetrics('n', text);
  expect([...pods]).toEqual([
    ['a/p', new Map([['c', { startedAt: 1_767_225_500_000, at: start, cpuSeconds: 1.5, memoryBytes: 4096 }]])],
  ]);
  expect(nodes.get('n')).toEqual({ startedAt: 0, at: start, cpuSeconds: 3, memoryBytes: 8192 });
});

describe('metrics.k8s.io', () => {
  const object = (name: string, namespace?: string, labels?: Record<string, string>) => ({
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: '2025-01-01T00:00:00Z',
      ...(namespace && { namespace }),
      ...(labels && { labels }),
    },
  });
  const points = new Points(15_000);
  const containers = { c: point(115, 6), d: point(114, 5.0000005) };
  points.store(batch({ 'a/p': { c: point(100, 5), d: point(100, 5) } }, { n: point(100, 5) }));
  points.store(batch({ 'a/p': containers }, { n: point(115, 20) }));
  const known = {
    pods: [object('p', 'a', { app: 'x' }), object('new', 'a'), object('q', 'b')] as Stored<Pod>[],
    nodes: [object('n')] as Stored<Node>[],
    points,
    now: start + 120_000,
  };
  const get = (path: string, accept = 'application/json', method = 'GET') =>
    answerMetrics({ method, url: new URL(`https://x${root}${path}`), accept }, known);

  it('tells of Pods and nodes as it was recorded', () => {
    expect(get('/namespaces/a/pods')).toEqual({
      kind: 'PodMetricsList',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {},
      items: [
        {
          kind: 'PodMetrics',
          apiVersion: 'metrics.k8s.io/v1beta1',
          metadata: { name: 'p', namespace: 'a', creationTimestamp: '2026-01-01T00:02:00Z', labels: { app: 'x' } },
          timestamp: '2026-01-01T00:01:54Z',
          window: '14s',
          containers: [
            { name: 'c', usage: { cpu: '66666666n', memory: '2Mi' } },
            { name: 'd', usage: { cpu: '35n', memory: '2Mi' } },
          ],
        },
      ],
    });
    expect(get('/nodes/n')).toMatchObject({ kind: 'NodeMetrics', usage: { cpu: '1', memory: '2Mi' }, window: '15s' });
    expect(get('')).toMatchObject({ kind: 'APIResourceList', groupVersion: 'metrics.k8s.io/v1beta1' });
  });

  it('selects by labels and fields', () => {
    const names = (query: string) => (get(`/pods?${query}`).items as Stored[]).map(({ metadata }) => metadata.name);
    expect(names('labelSelector=app%3Dx')).toEqual(['p']);
    expect(names('labelSelector=app!%3Dx')).toEqual([]);
    expect(names('fieldSelector=metadata.name%3Dp')).toEqual(['p']);
    expect(names('fieldSelector=metadata.namespace%3Db')).toEqual([]);
    expect(() => names('labelSelector=%3D')).toThrow("found '='");
  });

  it('is a Table for those who want one', () => {
    const table = get('/pods', 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json') as {
      columnDefinitions: { name: string }[];
      rows: { cells: unknown[] }[];
    };
    expect(table.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'cpu', 'memory', 'Window']);
    expect(table.rows.map(({ cells }) => cells)).toEqual([['p', '66666701n', '4Mi', '14s']]);
  });

  it.each([
    ['/namespaces/a/pods/nope', 'GET', 404, 'pods "nope" not found'],
    ['/namespaces/a/pods/new', 'GET', 404, 'podmetrics.metrics.k8s.io "a/new" not found'],
    ['/nodes/nope', 'GET', 404, 'nodes "nope" not found'],
    ['/jobs', 'GET', 404, 'the server could not find the requested resource'],
    ['/pods?watch=1', 'GET', 405, 'the server does not allow this method on the requested resource'],
    ['/namespaces/a/pods/p', 'DELETE', 405, 'the server does not allow this method on the requested resource'],
  ])('refuses %s by %s with %d', (path, method, code, message) => {
    expect(() => get(path, 'application/json', method)).toThrow(
      expect.objectContaining({ message, status: expect.objectContaining({ code }) }),
    );
  });
});
