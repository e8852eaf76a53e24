/** A kubelet's `/metrics` and its siblings: what it knows of itself, its Pods, their containers and probes. */
import type { Container, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { quantityNanos } from '../../../kube/quantity.ts';
import { kubeletVersion } from '../../node-facts.ts';
import { containersOf } from '../containers/container-record.ts';
import type { PodWorker } from '../pods/pod-worker.ts';
import { capacityOf, type NodeFacts } from '../registration/node-object.ts';
import { type Family, type Labels, metricsText, type Sample } from './metrics-text.ts';
import type { ContainerUsage, NodeStats } from './stats.ts';

export interface KubeletState {
  facts: NodeFacts;
  /** Milliseconds since 1970: when the process started. */
  startedAt: number;
  pods: readonly { pod: Stored<Pod>; isStatic: boolean }[];
  /** Containers that run, and that ended and are kept. */
  containers: Readonly<Record<string, number>>;
}

/** `/metrics` */
export function kubeletMetrics({ facts, startedAt, pods, containers }: KubeletState): string {
  const byOrigin = (chosen: KubeletState['pods']): Sample[] =>
    [false, true].map((isStatic) => ({
      labels: { static: isStatic ? 'true' : '' },
      value: chosen.filter((one) => one.isStatic === isStatic).length,
    }));
  const active = pods.filter(({ pod }) => !['Succeeded', 'Failed'].includes(pod.status?.phase ?? ''));
  const running = pods.filter(({ pod }) => pod.status?.containerStatuses?.some(({ state }) => state?.running));
  const ephemeral = pods.flatMap(({ pod }) => pod.spec?.ephemeralContainers ?? []).length;
  const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
    name,
    help,
    type: 'gauge',
    samples,
  });
  return metricsText([
    gauge(
      'kubelet_active_pods',
      '[ALPHA] The number of pods the kubelet considers active and which are being considered when admitting new pods. static is true if the pod is not from the apiserver.',
      byOrigin(active),
    ),
    gauge(
      'kubelet_desired_pods',
      '[ALPHA] The number of pods the kubelet is being instructed to run. static is true if the pod is not from the apiserver.',
      byOrigin(pods),
    ),
    gauge(
      'kubelet_managed_ephemeral_containers',
      '[ALPHA] Current number of ephemeral containers in pods managed by this kubelet.',
      [{ value: ephemeral }],
    ),
    gauge(
      'kubelet_mirror_pods',
      '[ALPHA] The number of mirror pods the kubelet will try to create (one per admitted static pod)',
      [{ value: pods.filter(({ isStatic }) => isStatic).length }],
    ),
    gauge('kubelet_node_name', "[ALPHA] The node's name. The count is always 1.", [
      { labels: { node: facts.name }, value: 1 },
    ]),
    gauge(
      'kubelet_running_containers',
      '[ALPHA] Number of containers currently running',
      Object.entries(containers).map(([state, value]) => ({ labels: { container_state: state }, value })),
    ),
    gauge('kubelet_running_pods', '[ALPHA] Number of pods that have a running pod sandbox', [
      { value: running.length },
    ]),
    gauge(
      'kubernetes_build_info',
      "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
      [{ labels: buildLabels(), value: 1 }],
    ),
    gauge('process_start_time_seconds', '[ALPHA] Start time of the process since unix epoch in seconds.', [
      { value: startedAt / 1000 },
    ]),
  ]);
}

function buildLabels(): Labels {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(kubeletVersion) ?? [];
  return {
    compiler: 'gc',
    git_tree_state: 'clean',
    git_version: kubeletVersion,
    major,
    minor,
    platform: 'linux/amd64',
  };
}

/** The containers of Pods by what they do. */
export function containerStates(workers: readonly PodWorker[]): Record<'exited' | 'running', number> {
  const runs = workers.flatMap((worker) =>
    containersOf(worker.pod).flatMap(({ spec }) => worker.record(spec.name)?.current ?? []),
  );
  return {
    exited: runs.filter(({ end }) => end !== undefined).length,
    running: runs.filter(({ running, end }) => running !== undefined && !end).length,
  };
}

/** `/metrics/slis` */
export function sliMetrics({ startedAt }: KubeletState): string {
  return metricsText([
    {
      name: 'process_start_time_seconds',
      type: 'gauge',
      help: '[ALPHA] Start time of the process since unix epoch in seconds.',
      samples: [{ value: startedAt / 1000 }],
    },
  ]);
}

/** How often each probe had which result: by Pod, container, kind and result. */
export type ProbeCounts = ReadonlyMap<string, { labels: Labels; count: number }>;

/** `/metrics/probes` */
export function probeMetrics(counts: ProbeCounts): string {
  return metricsText([
    {
      name: 'prober_probe_total',
      type: 'counter',
      help: '[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.',
      samples: [...counts.values()].map(({ labels, count }) => ({ labels, value: count })),
    },
  ]);
}

/** A container as cAdvisor sees it. */
interface Measured {
  usage: ContainerUsage;
  spec: Container | undefined;
  labels: Labels;
}

/** `/metrics/cadvisor`: what containers and machine have and use. */
export function cadvisorMetrics(stats: NodeStats, facts: NodeFacts): string {
  const all = stats.pods.flatMap(({ pod, containers }) =>
    containers.map((usage) => ({ usage, spec: specOf(pod, usage.name), labels: cadvisorLabels(pod, usage) })),
  );
  return metricsText([...usageFamilies(stats, all), ...specFamilies(all), ...machineFamilies(facts)]);
}

/** A sample each of the containers that have the value. @param at milliseconds since 1970: when it was measured */
function rowsOf(all: readonly Measured[], value: (one: Measured) => number | undefined, at?: number): Sample[] {
  return all.flatMap((one) => {
    const number = value(one);
    return number === undefined ? [] : [{ labels: one.labels, value: number, ...(at !== undefined && { at }) }];
  });
}

function usageFamilies(stats: NodeStats, all: readonly Measured[]): Family[] {
  const { at } = stats;
  const rows = (value: (one: Measured) => number) => rowsOf(all, value, at);
  const root = { id: '/' };
  const cpu = rows(({ usage }) => usage.cpuMs / 1000).map((row) => ({
    ...row,
    labels: { ...row.labels, cpu: 'total' },
  }));
  return [
    {
      name: 'container_cpu_usage_seconds_total',
      type: 'counter',
      help: 'Cumulative cpu time consumed in seconds.',
      samples: [{ labels: { ...root, cpu: 'total' }, value: stats.cpuMs / 1000, at }, ...cpu],
    },
    {
      name: 'container_last_seen',
      type: 'gauge',
      help: 'Last time a container was seen by the exporter',
      samples: rows(() => Math.floor(at / 1000)),
    },
    {
      name: 'container_memory_usage_bytes',
      type: 'gauge',
      help: 'Current memory usage in bytes, including all memory regardless of when it was accessed',
      samples: [{ labels: root, value: stats.memoryBytes, at }, ...rows(({ usage }) => usage.memoryBytes)],
    },
    {
      name: 'container_memory_working_set_bytes',
      type: 'gauge',
      help: 'Current working set in bytes.',
      samples: [{ labels: root, value: stats.memoryBytes, at }, ...rows(({ usage }) => usage.memoryBytes)],
    },
  ];
}

function specFamilies(all: readonly Measured[]): Family[] {
  const rows = (value: (one: Measured) => number | undefined) => rowsOf(all, value);
  const limit = (resource: string) => (one: Measured) => quantity(one.spec?.resources?.limits?.[resource]);
  const cpuLimit = limit('cpu');
  return [
    {
      name: 'container_spec_cpu_period',
      type: 'gauge',
      help: 'CPU period of the container.',
      samples: rows(() => 100_000),
    },
    {
      name: 'container_spec_cpu_quota',
      type: 'gauge',
      help: 'CPU quota of the container.',
      samples: rows((one) => {
        const cores = cpuLimit(one);
        return cores === undefined ? undefined : cores * 100_000;
      }),
    },
    {
      name: 'container_spec_cpu_shares',
      type: 'gauge',
      help: 'CPU share of the container.',
      samples: rows(({ spec }) =>
        Math.max(2, Math.floor((quantity(spec?.resources?.requests?.cpu ?? spec?.resources?.limits?.cpu) ?? 0) * 1024)),
      ),
    },
    {
      name: 'container_spec_memory_limit_bytes',
      type: 'gauge',
      help: 'Memory limit for the container.',
      samples: rows((one) => limit('memory')(one) ?? 0),
    },
    {
      name: 'container_start_time_seconds',
      type: 'gauge',
      help: 'Start time of the container since unix epoch in seconds.',
      samples: rows(({ usage }) => Math.floor(usage.startedAt / 1000)),
    },
  ];
}

function machineFamilies(facts: NodeFacts): Family[] {
  const capacity = capacityOf(facts);
  return [
    {
      name: 'machine_cpu_cores',
      type: 'gauge',
      help: 'Number of logical CPU cores.',
      samples: [{ value: quantity(capacity.cpu) ?? 0 }],
    },
    {
      name: 'machine_memory_bytes',
      type: 'gauge',
      help: 'Amount of memory installed on the machine.',
      samples: [{ value: quantity(capacity.memory) ?? 0 }],
    },
  ];
}

const quantity = (text: string | undefined) => (text === undefined ? undefined : Number(quantityNanos(text)) / 1e9);

function specOf({ spec }: Stored<Pod>, name: string): Container | undefined {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find((one) => one.name === name);
}

/** As cAdvisor names a container: by its control group, its image and whose it is. */
function cadvisorLabels({ metadata, status }: Stored<Pod>, { id, image, name }: ContainerUsage): Labels {
  const qos = (status?.qosClass ?? 'BestEffort').toLowerCase();
  const of = qos === 'guaranteed' ? '' : `-${qos}`;
  const slice = `kubepods${of}-pod${metadata.uid.replaceAll('-', '_')}.slice`;
  const parent = of === '' ? '' : `kubepods${of}.slice/`;
  return {
    ...{ container: name, image, name: id, pod: metadata.name, namespace: metadata.namespace ?? '' },
    id: `/kubepods.slice/${parent}${slice}/cri-containerd-${id}.scope`,
  };
}
