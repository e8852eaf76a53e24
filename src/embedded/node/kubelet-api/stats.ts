import type { Clock } from '../../../kernel/clock.ts';
import type { Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { ContainerRuntime } from '../../container-api.ts';
import { containersOf } from '../containers/container-record.ts';
import type { PodWorker } from '../pods/pod-worker.ts';

/** What kubelet, container runtime and the system itself take of an idle node. */
const systemCores = 0.03;
const systemBytes = 480 * 1024 ** 2;

const pageBytes = 4096;

/** CPU since the start, in milliseconds of one core; memory now; times in ms since 1970. */
export interface Usage {
  startedAt: number;
  cpuMs: number;
  memoryBytes: number;
}

export interface ContainerUsage extends Usage {
  name: string;
  /** Of its run. */
  id: string;
  image: string;
}

export interface PodStats {
  pod: Stored<Pod>;
  containers: ContainerUsage[];
}

export interface NodeStats extends Usage {
  at: number;
  pods: PodStats[];
}

/** What a node and the containers on it use, as cAdvisor would read it from their control groups. */
export class NodeStatistics {
  readonly #runtime: ContainerRuntime;
  readonly #clock: Clock;
  readonly #workers: ReadonlyMap<string, PodWorker>;
  readonly #startedAt: number;
  /** By container, what was seen last; and of those that have ended. */
  #seen = new Map<string, number>();
  #endedMs = 0;

  constructor(runtime: ContainerRuntime, clock: Clock, workers: ReadonlyMap<string, PodWorker>) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#workers = workers;
    this.#startedAt = clock.now();
  }

  async collect(): Promise<NodeStats> {
    const usage = await this.#runtime.usage();
    const at = this.#clock.now();
    const seen = new Map<string, number>();
    const pods: PodStats[] = [];
    for (const worker of this.#workers.values()) {
      const containers: PodStats['containers'] = [];
      for (const { spec } of containersOf(worker.pod)) {
        const current = worker.record(spec.name)?.current;
        const used = current?.running && !current.end ? usage[current.running.id] : undefined;
        if (!current?.running || !used) continue;
        seen.set(current.running.id, used.cpuMs);
        const memoryBytes = Math.ceil(used.memoryBytes / pageBytes) * pageBytes;
        const { id, image, startedAt = at } = current;
        containers.push({ name: spec.name, id, image, startedAt, cpuMs: used.cpuMs, memoryBytes });
      }
      if (containers.length > 0) pods.push({ pod: worker.pod, containers });
    }
    for (const [id, cpuMs] of this.#seen) if (!seen.has(id)) this.#endedMs += cpuMs;
    this.#seen = seen;
    const all = pods.flatMap(({ containers }) => containers);
    const sum = (value: (usage: Usage) => number) => all.reduce((total, one) => total + value(one), 0);
    const system = (at - this.#startedAt) * systemCores;
    return {
      ...{ at, startedAt: this.#startedAt, pods },
      cpuMs: system + this.#endedMs + sum(({ cpuMs }) => cpuMs),
      memoryBytes: systemBytes + sum(({ memoryBytes }) => memoryBytes),
    };
  }
}

/** The kubelet's `/metrics/resource` (KEP-727), in Prometheus' text format. */
export function resourceMetrics({ at, cpuMs, memoryBytes, pods }: NodeStats): string {
  const label = (names: Record<string, string>) =>
    `{${Object.entries(names)
      .map(([name, value]) => `${name}="${value}"`)
      .join(',')}}`;
  const containers = pods.flatMap(({ pod: { metadata }, containers: all }) =>
    all.map((one) => {
      const { name: container } = one;
      return { ...one, labels: label({ container, namespace: metadata.namespace ?? '', pod: metadata.name }) };
    }),
  );
  const sums = pods.map(({ pod: { metadata }, containers: all }) => ({
    labels: label({ namespace: metadata.namespace ?? '', pod: metadata.name }),
    cpuMs: all.reduce((sum, one) => sum + one.cpuMs, 0),
    memoryBytes: all.reduce((sum, one) => sum + one.memoryBytes, 0),
  }));
  const node = [{ labels: '', cpuMs, memoryBytes }];
  const cpu = (rows: readonly { labels: string; cpuMs: number }[]) =>
    rows.map((row) => `${row.labels} ${row.cpuMs / 1000} ${at}`);
  const memory = (rows: readonly { labels: string; memoryBytes: number }[]) =>
    rows.map((row) => `${row.labels} ${row.memoryBytes} ${at}`);
  const starts = containers.map(({ labels, startedAt }) => `${labels} ${startedAt / 1000}`);
  const families: [name: string, type: string, help: string, rows: string[]][] = [
    [
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the container in core-seconds',
      cpu(containers),
    ],
    [
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set of the container in bytes',
      memory(containers),
    ],
    ['container_start_time_seconds', 'gauge', 'Start time of the container since unix epoch in seconds', starts],
    ['node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', cpu(node)],
    ['node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', memory(node)],
    ['pod_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the pod in core-seconds', cpu(sums)],
    ['pod_memory_working_set_bytes', 'gauge', 'Current working set of the pod in bytes', memory(sums)],
    ['resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [' 0']],
  ];
  return families
    .filter(([, , , rows]) => rows.length > 0)
    .map(([name, type, help, rows]) =>
      [`# HELP ${name} [STABLE] ${help}`, `# TYPE ${name} ${type}`, ...rows.map((row) => `${name}${row}`), ''].join(
        '\n',
      ),
    )
    .join('');
}
