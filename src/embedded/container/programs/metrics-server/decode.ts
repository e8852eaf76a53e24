import type { Batch, Point } from './points.ts';

const empty = (): Partial<Point> => ({});

/** Reads a kubelet's `/metrics/resource`: the node's own point, and its containers' as far as they are complete. */
export function decodeMetrics(node: string, text: string): Batch {
  const own = empty();
  const containers = new Map<string, Map<string, Partial<Point>>>();
  for (const line of text.split('\n')) {
    const match = /^(\w+)(?:\{([^}]*)\})? (\S+)(?: (\d+))?$/.exec(line);
    if (!match) continue;
    const [, name = '', labelText = '', valueText = '', at] = match;
    const value = Number(valueText);
    const point = name.startsWith('node_') ? own : containerPoint(containers, labelText);
    if (!point) continue;
    if (name.endsWith('_cpu_usage_seconds_total')) Object.assign(point, { cpuSeconds: value, at: Number(at) });
    else if (name.endsWith('_memory_working_set_bytes')) point.memoryBytes = value;
    else if (name === 'container_start_time_seconds') point.startedAt = value * 1000;
  }
  const pods = new Map<string, Map<string, Point>>();
  for (const [pod, points] of containers) {
    const complete = [...points].filter((entry): entry is [string, Point] => isComplete(entry[1]));
    if (complete.length === points.size) pods.set(pod, new Map(complete));
  }
  // Kubelets don't say when the node began: with it, its counter did.
  const point = { startedAt: 0, ...own };
  return { nodes: new Map(isComplete(point) ? [[node, point]] : []), pods };
}

const isComplete = (point: Partial<Point>): point is Point =>
  [point.startedAt, point.at, point.cpuSeconds, point.memoryBytes].every((value) => value !== undefined);

function containerPoint(
  containers: Map<string, Map<string, Partial<Point>>>,
  labelText: string,
): Partial<Point> | undefined {
  const labels = new Map([...labelText.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));
  const name = labels.get('container');
  if (name === undefined) return undefined;
  const pod = `${labels.get('namespace')}/${labels.get('pod')}`;
  const points = containers.get(pod) ?? new Map<string, Partial<Point>>();
  const point = points.get(name) ?? empty();
  containers.set(pod, points.set(name, point));
  return point;
}
